import { randomBytes, randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Numbers of `EmployeeType` (docspace-api.md §3.2). */
export const employeeTypes = { All: 0, RoomAdmin: 1, Guest: 2, DocSpaceAdmin: 3, User: 4 } as const;
export type EmployeeType = keyof typeof employeeTypes;
export type ShownType = Exclude<EmployeeType, 'All'> | 'Owner';

export type Group = 'Admin' | 'User' | 'Guest';

/** A row of the portal. Its type is not a column: it follows from the groups (docspace-api.md §9). */
export interface Employee {
  id: string;
  firstName: string;
  lastName: string;
  userName: string;
  email: string;
  notes: string;
  groups: Group[];
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

/**
 * Somebody in no group is a RoomAdmin: what a create leaves that stops before its last step. A User who was made a Guest
 * is in both groups (docspace-api.md §3.1).
 */
export function typeOf(employee: Employee): ShownType {
  if (employee.owner) return 'Owner';
  if (employee.groups.includes('Admin')) return 'DocSpaceAdmin';
  if (employee.groups.includes('Guest')) return 'Guest';
  return employee.groups.includes('User') ? 'User' : 'RoomAdmin';
}

export function groupsOf(type: ShownType): Group[] {
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
  private readonly mails = new Map<string, number>();
  private readonly hidden = new Map<string, number>();
  private holderOfKey = new Map<string, string>();
  keys!: Keys;

  constructor(private readonly file?: string) {
    const text = file !== undefined && existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (file === undefined || text === '') this.found();
    else this.load(file, text);
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

  /** Whether two words, each an e-mail, an id or a user name, mean one person. */
  sameWord(one: string, other: string): boolean {
    const person = (word: string): string =>
      (this.withEmail(word) ?? this.byNameOrId(word))?.id ?? word.trim().toLowerCase();
    return person(one) === person(other);
  }

  /** As a cache that has not heard of somebody yet: the next reads by the id find nobody. */
  hideFromReads(id: string, reads: number): void {
    this.hidden.set(id, reads);
  }

  read(word: string): Employee | undefined {
    const employee = this.byNameOrId(word);
    const hidden = this.hidden.get(employee?.id ?? '') ?? 0;
    if (!employee || hidden === 0) return employee;
    this.hidden.set(employee.id, hidden - 1);
    return undefined;
  }

  /** Activation mails are only counted, and no restart outlives the count. */
  sendActivationMail(email: string): void {
    this.mails.set(email.toLowerCase(), this.mailsTo(email) + 1);
  }

  mailsTo(email: string): number {
    return this.mails.get(email.toLowerCase()) ?? 0;
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
    const founders: [KeyHolder, ShownType, string, string][] = [
      ['owner', 'Owner', 'Olivia', 'Owner'],
      ['docSpaceAdmin', 'DocSpaceAdmin', 'Dana', 'Docspace'],
      ['roomAdmin', 'RoomAdmin', 'Rosa', 'Room'],
      ['user', 'User', 'Ugo', 'User'],
      ['guest', 'Guest', 'Gina', 'Guest'],
    ];
    const employees = founders.map(([holder, type, firstName, lastName]) => ({
      ...newEmployee({
        firstName,
        lastName,
        email: `${firstName.toLowerCase()}@sandbox.example`,
        notes: `holds the sandbox key "${holder}"`,
      }),
      userName: firstName.toLowerCase(),
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
    for (const employee of employees) this.keep(employee);
    if (this.file === undefined) return;
    const lines: Line[] = [{ keys: this.keys, holders }, ...employees.map((employee) => ({ employee }))];
    mkdirSync(dirname(this.file), { recursive: true });
    // A kill leaves a portal or none, never one without its founders.
    writeFileSync(`${this.file}.new`, lines.map(written).join(''), { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
  }

  private load(file: string, text: string): void {
    const committed = text.slice(0, text.lastIndexOf('\n') + 1);
    for (const line of committed.split('\n').slice(0, -1)) {
      const read = parseLine(line);
      if (read && 'employee' in read) this.keep(read.employee);
      else if (read && 'keys' in read) this.hold(read.keys, read.holders);
      else throw new Error(`${file} has a line that is none of a sandbox's`);
    }
    if (this.holderOfKey.size === 0) throw new Error(`${file} holds no sandbox`);
    // A kill cut off the last line: it was not committed, and the next one must not be written behind it.
    if (committed !== text) truncateSync(file, Buffer.byteLength(committed));
  }

  private hold(keys: Keys, holders: Record<KeyHolder, string>): void {
    this.keys = keys;
    this.holderOfKey = new Map(keyHolders.map((holder) => [keys[holder], holders[holder]]));
  }

  private append(line: Line): void {
    if (this.file !== undefined) appendFileSync(this.file, written(line), { mode: 0o600 });
  }
}

export function isFree(type: ShownType): boolean {
  return type === 'Guest' || type === 'User';
}

export function newEmployee(person: Pick<Employee, 'firstName' | 'lastName' | 'email' | 'notes'>): Employee {
  return {
    id: randomUUID(),
    ...person,
    userName: '',
    groups: [],
    owner: false,
    status: 1,
    activationStatus: 2,
    registrationDate: new Date().toISOString().replace('Z', '0000Z'),
    createdBy: null,
    removed: false,
  };
}

function written(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

function parseLine(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}
