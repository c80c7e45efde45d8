import { parseRole } from '../domain/roles.js';
import { visible } from '../terminal/visible-text.js';
import { formatCount } from '../utils/format-count.js';
import { fieldNames, fields, type Field } from './fields.js';
import { rowLimit } from './limits.js';
import { emailSchema, type Person } from './person.js';
import { FileError, type RowProblem } from './problem.js';
import type { TableRow } from './result/table.js';
import { normalizeRow, parseRow, type RawRow } from './row.js';

export interface ListedPerson extends Person {
  /** Physical line where the person's row starts, from 1. */
  line: number;
  /** Index of the row in the table. */
  row: number;
}

/** The first row with an e-mail. */
interface FirstRow {
  line: number;
  row: number;
  raw: RawRow;
  column: string | undefined;
  /** Whether a later row has other data for the same person. Then neither can be trusted. */
  isContested: boolean;
}

/** Collects the people of a file row by row, and all problems with them. */
export class PeopleList {
  readonly rows: TableRow[] = [];
  /** Rows so far, including those without a readable person. */
  count = 0;
  private readonly found: RowProblem[] = [];
  private readonly listed: ListedPerson[] = [];
  private readonly firstRows = new Map<string, FirstRow>();
  private isUsable = true;

  /** @param defaultRole for rows without one */
  constructor(readonly defaultRole: string | undefined) {}

  /** Everybody who can be onboarded, or nobody if a problem concerns the whole file. */
  get people(): ListedPerson[] {
    return this.isUsable ? this.listed.filter(({ email }) => !this.firstRows.get(email)?.isContested) : [];
  }

  /** Ordered by line. */
  get problems(): RowProblem[] {
    return this.found.sort((a, b) => a.line - b.line);
  }

  report({ line, row, column, message, repeats }: RowProblem): void {
    this.found.push({ line, row, column: column && visible(column), message: visible(message), repeats });
  }

  /** Reports a problem that concerns the whole file, so nobody in it can be trusted. */
  refuseAll(problem: RowProblem): void {
    this.isUsable = false;
    this.report(problem);
  }

  /**
   * Counts a row, whatever it contains.
   *
   * @throws {FileError} if there are too many
   */
  countRow(line: number): void {
    this.count += 1;
    if (this.count > rowLimit) {
      throw new FileError(line, `there are more than ${formatCount(rowLimit)} rows: split the file`);
    }
  }

  /** @returns the index of the row in the table */
  addRow(row: TableRow): number {
    return this.rows.push(row) - 1;
  }

  /**
   * Reads the person in a row of the table.
   *
   * @param columns the file's names for the fields
   * @param reported fields that the whole file lacks, which are reported only once
   */
  addPerson(row: number, raw: RawRow, columns: Partial<Record<Field, string>>, reported: readonly Field[] = []): void {
    const line = this.rows[row]!.line;
    const normalized = normalizeRow(raw, this.defaultRole);
    const { person, problems } = parseRow(normalized);
    for (const { field, message } of problems) {
      if (!reported.includes(field)) this.report({ line, row, column: columns[field], message });
    }
    const email = person?.email ?? emailSchema.safeParse(normalized.email).data;
    const isFirst =
      email === undefined || this.isFirst(email, { line, row, raw: person ?? normalized, column: columns.email });
    if (person && isFirst) this.listed.push({ ...person, line, row });
  }

  /** Whether no earlier row has the e-mail. If one has it, this reports the problem. */
  private isFirst(email: string, { line, row, raw, column }: Omit<FirstRow, 'isContested'>): boolean {
    const first = this.firstRows.get(email);
    if (!first) {
      this.firstRows.set(email, { line, row, raw, column, isContested: false });
      return true;
    }
    const differing = fields.filter((field) => comparable(field, raw) !== comparable(field, first.raw));
    const difference = differing.map((field) => `another ${fieldNames[field]}`).join(' and ');
    if (difference === '') {
      const message = `${email} is in line ${first.line} already, with the same data`;
      this.report({ line, row, column, message, repeats: first.line });
      return false;
    }
    this.report({ line, row, column, message: `${email} is in line ${first.line} already, with ${difference}` });
    if (!first.isContested) {
      const message = `${email} is in line ${line} again, with ${difference}`;
      this.report({ line: first.line, row: first.row, column: first.column, message });
      first.isContested = true;
    }
    return false;
  }
}

/** The normalized form of a value, for comparing two rows. */
function comparable(field: Field, raw: RawRow): unknown {
  const value = raw[field];
  if (Array.isArray(value)) return value.join(';');
  if (typeof value !== 'string') return value;
  if (field === 'role') return parseRole(value) ?? value;
  return field === 'email' ? undefined : value.normalize('NFC');
}
