import { isFree, typeOf, type Employee } from './employee.js';
import { collationKey } from './collation.js';
import { keyHolders, newPortal, type Founding, type Keys } from './founders.js';
import { PeopleFile } from './people-file.js';

/** The portal's people, in memory and where it is given in a file. No call looks through all of them but a list. */
export class People {
  private readonly employees = new Map<string, Employee>();
  private readonly byEmail = new Map<string, Set<string>>();
  private readonly byUserName = new Map<string, string>();
  private readonly mails = new Map<string, number>();
  private readonly hidden = new Map<string, number>();
  /** From which number on a user name is free. */
  private readonly suffixes = new Map<string, number>();
  private readonly file: PeopleFile | undefined;
  private holderOfKey = new Map<string, string>();
  private paidSeats = 0;
  keys!: Keys;
  /** Grows with every change. */
  version = 0;

  constructor(path?: string) {
    this.file = path === undefined ? undefined : new PeopleFile(path);
    const lines = this.file?.read() ?? [];
    if (lines.length === 0) this.found();
    for (const line of lines) {
      if ('employee' in line) this.keep(line.employee);
      else this.hold(line);
    }
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

  withEmail(email: string): Employee | undefined {
    for (const id of this.byEmail.get(collationKey(email.trim())) ?? []) {
      const employee = this.byId(id);
      if (employee) return employee;
    }
    return undefined;
  }

  /** Whom the key of an `Authorization` header acts as. */
  actingWith(authorization = ''): Employee | undefined {
    const key = /^Bearer (sk-[0-9a-f]{64})$/.exec(authorization)?.[1];
    const holder = this.byId(this.holderOfKey.get(key ?? '') ?? '');
    return holder?.status === 2 ? undefined : holder;
  }

  /** E-mails that stand more than once. */
  duplicates(): string[] {
    const live = ([, ids]: [string, Set<string>]): string[] => [...ids].filter((id) => this.byId(id));
    return [...this.byEmail].filter((each) => live(each).length > 1).map(([email]) => email);
  }

  /** Paid: everybody who is no Guest and no User, the owner included (docspace-api.md §1.1). */
  paid(): number {
    return this.paidSeats;
  }

  /** The local part of the e-mail, made unique by a number. */
  freeUserName(email: string): string {
    const local = email.split('@')[0] ?? email;
    for (let suffix = this.suffixes.get(local) ?? 0; ; suffix++) {
      const name = suffix === 0 ? local : `${local}${suffix}`;
      if (this.withUserName(name)) continue;
      this.suffixes.set(local, suffix);
      return name;
    }
  }

  commit(employee: Employee): void {
    this.keep(employee);
    this.file?.append({ employee });
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

  close(): void {
    this.file?.close();
  }

  private withUserName(name: string): Employee | undefined {
    const id = this.byUserName.get(name);
    return id === undefined ? undefined : this.byId(id);
  }

  private keep(employee: Employee): void {
    this.version++;
    this.paidSeats += Number(takesSeat(employee)) - Number(takesSeat(this.employees.get(employee.id)));
    this.employees.set(employee.id, employee);
    this.byUserName.set(employee.userName, employee.id);
    const email = collationKey(employee.email.trim());
    this.byEmail.set(email, (this.byEmail.get(email) ?? new Set()).add(employee.id));
    // A deleted one leaves a user name free, of whichever number.
    if (employee.removed) this.suffixes.clear();
  }

  private found(): void {
    const { founding, employees } = newPortal();
    this.hold(founding);
    for (const employee of employees) this.keep(employee);
    this.file?.found([founding, ...employees.map((employee) => ({ employee }))]);
  }

  private hold({ keys, holders }: Founding): void {
    this.keys = keys;
    this.holderOfKey = new Map(keyHolders.map((holder) => [keys[holder], holders[holder]]));
  }
}

function takesSeat(employee: Employee | undefined): boolean {
  return employee !== undefined && !employee.removed && employee.status !== 2 && !isFree(typeOf(employee));
}
