import { collationKey } from './collation.js';
import { isFree, typeOf, type Employee, type Group } from './employee.js';
import { GroupCache } from './group-cache.js';
import { seed, type KeyRing } from './seed.js';
import type { DataFile } from './data-file.js';

/** The portal's people, as its database has them and as its server shows them. Only a list searches all of them. */
export class People {
  private readonly rows = new Map<string, Employee>();
  private readonly byEmail = new Map<string, Set<string>>();
  private readonly byUserName = new Map<string, string>();
  private readonly cache = new GroupCache();
  private readonly hiddenReads = new Map<string, number>();
  /** The first number that may be free for a user name. */
  private readonly suffixes = new Map<string, number>();
  /** Everybody but Guests and Users takes a seat, the owner included (docspace-api.md §1.1). */
  paidSeats = 0;
  keyRing!: KeyRing;
  /** Increases with every change. */
  version = 0;

  constructor(private readonly file: DataFile | undefined) {
    const lines = file?.lines ?? [];
    if (lines.length === 0) this.seed();
    for (const line of lines) {
      if ('employee' in line) this.store(line.employee);
      else if ('keys' in line) this.keyRing = line;
    }
  }

  /** Everybody, as the server shows them. */
  all(): Employee[] {
    return this.database().map((row) => this.cache.show(row));
  }

  /** Everybody, as the database has them. */
  database(): Employee[] {
    return [...this.rows.values()].filter(({ isRemoved }) => !isRemoved);
  }

  byId(id: string): Employee | undefined {
    const row = this.rows.get(id.toLowerCase());
    return row && !row.isRemoved ? this.cache.show(row) : undefined;
  }

  /** Whether an account with this id was deleted. */
  wasRemoved(id: string): boolean {
    return this.rows.get(id.toLowerCase())?.isRemoved ?? false;
  }

  /** The portal tries a user name before an id (docspace-api.md §2). */
  byNameOrId(word: string): Employee | undefined {
    return this.withUserName(word) ?? this.byId(word);
  }

  withEmail(email: string): Employee | undefined {
    for (const id of this.byEmail.get(collationKey(email.trim())) ?? []) {
      const employee = this.byId(id);
      if (employee) return employee;
    }
    return undefined;
  }

  withUserName(name: string): Employee | undefined {
    return this.byId(this.byUserName.get(collationKey(name)) ?? '');
  }

  /** E-mails that belong to more than one account. */
  duplicates(): string[] {
    const accounts = ([, ids]: [string, Set<string>]): string[] => [...ids].filter((id) => this.byId(id));
    return [...this.byEmail].filter((each) => accounts(each).length > 1).map(([email]) => email);
  }

  /** The local part of the e-mail, made unique by a number. */
  freeUserName(email: string): string {
    const local = email.slice(0, email.lastIndexOf('@'));
    const key = collationKey(local);
    for (let suffix = this.suffixes.get(key) ?? 0; ; suffix++) {
      const name = suffix === 0 ? local : `${local}${suffix}`;
      if (this.withUserName(name)) continue;
      this.suffixes.set(key, suffix);
      return name;
    }
  }

  insert(employee: Employee): void {
    this.store(employee);
    this.file?.append({ employee });
  }

  update(id: string, change: Partial<Omit<Employee, 'id' | 'groups'>>): void {
    const row = this.rows.get(id);
    if (row) this.insert({ ...row, ...change });
  }

  /** The server shows the old groups until {@link clearGroupCache}. */
  changeGroups(id: string, { remove = [], add = [] }: { remove?: readonly Group[]; add?: readonly Group[] }): void {
    const row = this.rows.get(id);
    if (!row) return;
    this.cache.keep(row);
    const groups = new Set([...row.groups.filter((group) => !remove.includes(group)), ...add]);
    this.insert({ ...row, groups: [...groups] });
  }

  clearGroupCache(): void {
    this.version++;
    this.cache.clear();
  }

  /** Whether two words, each an e-mail, an id or a user name, mean the same person. */
  isSamePerson(one: string, other: string): boolean {
    const person = (word: string): string =>
      (this.withEmail(word) ?? this.byNameOrId(word))?.id ?? collationKey(word.trim());
    return person(one) === person(other);
  }

  /** The next reads by the id find nobody, as if a cache did not have the account yet. */
  hideFromReads(id: string, reads: number): void {
    this.hiddenReads.set(id, reads);
  }

  read(word: string): Employee | undefined {
    const employee = this.byNameOrId(word);
    const hidden = this.hiddenReads.get(employee?.id ?? '') ?? 0;
    if (!employee || hidden === 0) return employee;
    this.hiddenReads.set(employee.id, hidden - 1);
    return undefined;
  }

  private store(employee: Employee): void {
    this.version++;
    this.paidSeats += Number(takesSeat(employee)) - Number(takesSeat(this.rows.get(employee.id)));
    this.rows.set(employee.id, employee);
    this.byUserName.set(collationKey(employee.userName), employee.id);
    const email = collationKey(employee.email.trim());
    this.byEmail.set(email, (this.byEmail.get(email) ?? new Set()).add(employee.id));
    // A deletion may free a user name with any number.
    if (employee.isRemoved) this.suffixes.clear();
  }

  private seed(): void {
    const { keyRing, employees } = seed();
    this.keyRing = keyRing;
    for (const employee of employees) this.store(employee);
    this.file?.create([keyRing, ...employees.map((employee) => ({ employee }))]);
  }
}

function takesSeat(employee: Employee | undefined): boolean {
  return employee !== undefined && !employee.isRemoved && employee.status !== 2 && !isFree(typeOf(employee));
}
