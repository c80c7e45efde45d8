import { parseRole } from '../domain/roles.js';
import { fieldNames, fields, type Field } from './fields.js';
import { check, tidied, type Given } from './row.js';
import { rowLimit } from './limits.js';
import { emailSchema, type Person } from './person.js';
import { Unreadable, type RowProblem } from './problem.js';
import type { TableRow } from './result/table.js';
import { visible } from '../terminal/visible-text.js';

export interface ListedPerson extends Person {
  /** Physical line that the person's row starts on, from 1. */
  line: number;
  /** Index of the row in the table. */
  row: number;
}

/** The first row with an e-mail. */
interface Seen {
  line: number;
  row: number;
  given: Given;
  column: string | undefined;
  /** Whether a later row says something else of the same person, so that neither can be believed. */
  isContested: boolean;
}

/** Gathers the people of a file, row by row, and everything that is wrong with them. */
export class PeopleList {
  readonly rows: TableRow[] = [];
  /** Rows so far, with those that no person can be read from. */
  count = 0;
  private readonly found: RowProblem[] = [];
  private readonly listed: ListedPerson[] = [];
  private readonly seen = new Map<string, Seen>();
  private isWhole = true;

  /** @param defaultRole for rows without one */
  constructor(readonly defaultRole: string | undefined) {}

  /** Everybody who can be onboarded; nobody where the file could not be read to its end. */
  get people(): ListedPerson[] {
    return this.isWhole ? this.listed.filter(({ email }) => !this.seen.get(email)?.isContested) : [];
  }

  /** In the order of lines. */
  get problems(): RowProblem[] {
    return this.found.sort((a, b) => a.line - b.line);
  }

  report({ column, message, ...where }: Omit<RowProblem, 'column'> & { column?: string | undefined }): void {
    this.found.push({ ...where, ...(column !== undefined && { column: visible(column) }), message: visible(message) });
  }

  /** Reports what keeps the file from being read any further. */
  breakOff({ line, message }: Unreadable): void {
    this.isWhole = false;
    this.report({ line, message });
  }

  /**
   * Counts a row, whatever is in it.
   *
   * @throws {Unreadable} where it is one too many
   */
  begin(line: number): void {
    this.count += 1;
    if (this.count > rowLimit) {
      throw new Unreadable(line, `there are more than ${rowLimit.toLocaleString('en')} rows: split the file`);
    }
  }

  /** Adds a row to the table, and answers its index. */
  keep(row: TableRow): number {
    return this.rows.push(row) - 1;
  }

  /**
   * Reads the person of a row that was kept.
   *
   * @param columns what the file calls the fields
   * @param said fields that the whole file lacks, which is reported once
   */
  add(row: number, given: Given, columns: Partial<Record<Field, string>>, said: readonly Field[] = []): void {
    const line = this.rows[row]!.line;
    const tidy = tidied(given, this.defaultRole);
    const { person, problems } = check(tidy);
    for (const { field, message } of problems) {
      if (!said.includes(field)) this.report({ line, row, column: columns[field], message });
    }
    const email = person?.email ?? emailSchema.safeParse(tidy.email).data;
    const isFirst =
      email === undefined || this.isFirst(email, { line, row, given: person ?? tidy, column: columns.email });
    if (person && isFirst) this.listed.push({ ...person, line, row });
  }

  /** Reports an e-mail that stands in the file already. */
  private isFirst(email: string, { line, row, given, column }: Omit<Seen, 'isContested'>): boolean {
    const first = this.seen.get(email);
    if (!first) {
      this.seen.set(email, { line, row, given, column, isContested: false });
      return true;
    }
    const differing = fields.filter((field) => meaning(field, given) !== meaning(field, first.given));
    const difference = differing.map((field) => `another ${fieldNames[field]}`).join(' and ');
    if (difference === '') {
      const message = `${email} stands in line ${first.line} already, with the same data`;
      this.report({ line, row, column, message, repeats: first.line });
      return false;
    }
    this.report({ line, row, column, message: `${email} stands in line ${first.line} already, with ${difference}` });
    if (!first.isContested) {
      const message = `${email} stands in line ${line} again, with ${difference}`;
      this.report({ line: first.line, row: first.row, column: first.column, message });
      first.isContested = true;
    }
    return false;
  }
}

/** What a value comes to, where two rows are compared. */
function meaning(field: Field, given: Given): unknown {
  const value = given[field];
  if (typeof value !== 'string') return value;
  if (field === 'role') return parseRole(value) ?? value;
  return field === 'email' ? undefined : value.normalize('NFC');
}
