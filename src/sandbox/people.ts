import { randomBytes, randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Numbers of `EmployeeType` (docspace-api.md §3.2). */
export const employeeTypes = { All: 0, RoomAdmin: 1, Guest: 2, DocSpaceAdmin: 3, User: 4 } as const;
export type EmployeeType = keyof typeof employeeTypes;
export type ShownType = Exclude<EmployeeType, 'All'> | 'Owner';

/** A row of the portal. Its type is not a column: it follows from the groups (docspace-api.md §9). */
export interface Employee {
  id: string;
  firstName: string;
  lastName: string;
  userName: string;
  email: string;
  notes: string;
  groups: ('Admin' | 'User' | 'Guest')[];
  owner: boolean;
  /** 1 active, 2 terminated, 4 pending. */
  status: 1 | 2 | 4;
  activationStatus: number;
  registrationDate: string;
  createdBy: string | null;
  removed: boolean;
}

export const keyHolders = ['owner', 'docSpaceAdmin', 'roomAdmin', 'user', 'guest'] as const;
export type KeyHolder = (typeof keyHolders)[number];
export type Keys = Record<KeyHolder, string>;

/** Somebody in no group is a RoomAdmin: what a create leaves that stops before its last step. */
export function typeOf(employee: Employee): ShownType {
  if (employee.owner) return 'Owner';
  if (employee.groups.includes('Admin')) return 'DocSpaceAdmin';
  if (employee.groups.includes('User')) return 'User';
  return employee.groups.includes('Guest') ? 'Guest' : 'RoomAdmin';
}

export function groupsOf(type: ShownType): Employee['groups'] {
  switch (type) {
    case 'DocSpaceAdmin':
      return ['Admin'];
    case 'User':
      return ['User'];
    case 'Guest':
      return ['Guest'];
    default:
      return [];
  }
}

type Line = { keys: Keys; holders: Record<KeyHolder, string> } | { employee: Employee };

/** The portal's people, in memory and in a file of JSON lines to which every commit appends, so that they outlive a kill. */
export class People {
  private readonly employees = new Map<string, Employee>();
  private readonly byEmail = new Map<string, Set<string>>();
  private readonly byUserName = new Map<string, string>();
  private holderOfKey = new Map<string, string>();
  keys!: Keys;

  constructor(private readonly file?: string) {
    if (file !== undefined && existsSync(file)) this.load(readFileSync(file, 'utf8'));
    else this.found();
  }

  all(): Employee[] {
    return [...this.employees.values()].filter(({ removed }) => !removed);
  }

  byId(id: string): Employee | undefined {
    const employee = this.employees.get(id.toLowerCase());
    return employee?.removed ? undefined : employee;
  }

  /** A user name is tried before an id, as the portal does (docspace-api.md §2). */
  byNameOrId(word: string): Employee | undefined {
    return this.withUserName(word) ?? this.byId(word);
  }

  /** Compares as MySQL's utf8_general_ci does: without case (docspace-api.md §1.1). */
  withEmail(email: string): Employee | undefined {
    for (const id of this.byEmail.get(email.trim().toLowerCase()) ?? []) {
      const employee = this.byId(id);
      if (employee) return employee;
    }
    return undefined;
  }

  withKey(key: string): Employee | undefined {
    const id = this.holderOfKey.get(key);
    return id === undefined ? undefined : this.byId(id);
  }

  /** Paid: everybody who is no Guest and no User, the owner included (docspace-api.md §1.1). */
  paid(): number {
    return this.all().filter((employee) => employee.status !== 2 && !isFree(typeOf(employee))).length;
  }

  /** The local part of the e-mail, made unique by a number. */
  freeUserName(email: string): string {
    const local = email.split('@')[0] ?? email;
    for (let suffix = 0; ; suffix++) {
      const name = suffix === 0 ? local : `${local}${suffix}`;
      if (!this.withUserName(name)) return name;
    }
  }

  commit(employee: Employee): void {
    this.keep(employee);
    this.append({ employee });
  }

  private withUserName(name: string): Employee | undefined {
    const id = this.byUserName.get(name);
    return id === undefined ? undefined : this.byId(id);
  }

  private keep(employee: Employee): void {
    this.employees.set(employee.id, employee);
    this.byUserName.set(employee.userName, employee.id);
    const email = employee.email.trim().toLowerCase();
    this.byEmail.set(email, (this.byEmail.get(email) ?? new Set()).add(employee.id));
  }

  private found(): void {
    if (this.file !== undefined) mkdirSync(dirname(this.file), { recursive: true });
    const founders: [KeyHolder, ShownType, string, string][] = [
      ['owner', 'Owner', 'Olivia', 'Owner'],
      ['docSpaceAdmin', 'DocSpaceAdmin', 'Dana', 'Docspace'],
      ['roomAdmin', 'RoomAdmin', 'Rosa', 'Room'],
      ['user', 'User', 'Ugo', 'User'],
      ['guest', 'Guest', 'Gina', 'Guest'],
    ];
    const employees = founders.map(([holder, type, firstName, lastName]) => ({
      ...newEmployee({ firstName, lastName, email: `${firstName.toLowerCase()}@sandbox.example` }),
      userName: firstName.toLowerCase(),
      notes: `holds the sandbox key "${holder}"`,
      groups: groupsOf(type),
      owner: type === 'Owner',
      activationStatus: 1,
    }));
    const each = <Value>(value: (index: number) => Value): Record<KeyHolder, Value> =>
      Object.fromEntries(founders.map(([holder], index) => [holder, value(index)])) as Record<KeyHolder, Value>;
    const holders = each((index) => employees[index]?.id ?? '');
    this.hold(
      each(() => `sk-${randomBytes(32).toString('hex')}`),
      holders,
    );
    this.append({ keys: this.keys, holders });
    for (const employee of employees) this.commit(employee);
  }

  private load(text: string): void {
    for (const line of text.split('\n')) {
      // The last line may have been cut off by a kill: it was not committed.
      const read = parseLine(line);
      if (read && 'employee' in read) this.keep(read.employee);
      else if (read) this.hold(read.keys, read.holders);
    }
  }

  private hold(keys: Keys, holders: Record<KeyHolder, string>): void {
    this.keys = keys;
    this.holderOfKey = new Map(keyHolders.map((holder) => [keys[holder], holders[holder]]));
  }

  private append(line: Line): void {
    if (this.file !== undefined) appendFileSync(this.file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  }
}

export function isFree(type: ShownType): boolean {
  return type === 'Guest' || type === 'User';
}

export function newEmployee(person: Pick<Employee, 'firstName' | 'lastName' | 'email'>): Employee {
  return {
    id: randomUUID(),
    ...person,
    userName: '',
    notes: '',
    groups: [],
    owner: false,
    status: 1,
    activationStatus: 2,
    registrationDate: new Date().toISOString().replace('Z', '0000Z'),
    createdBy: null,
    removed: false,
  };
}

function parseLine(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}
