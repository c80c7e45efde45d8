import { stringify } from 'csv-stringify';
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { RowProblem } from '../problem.js';
import type { PeopleFile } from '../read.js';
import { failedPathOf } from './result-path.js';
import { mendColumn, resultColumns, type Table } from './table.js';

/** What became of one person of a file. */
export interface RowResult {
  state: string;
  /** What the portal showed last; `null` where it never showed anything. */
  role: string | null;
  userId: string | null;
  /** Whether the account was made for this person; `null` where there is none. */
  created: boolean | null;
  message: string;
}

export interface WrittenResult {
  out: string;
  /** The file of rows to mend, where there are any. */
  failed?: string;
  toMend: number;
}

type Row = readonly string[];

/** The states of rows that have to be mended before they can be imported. */
const mendable = new Set(['failed', 'invalid']);

/**
 * Writes the user's own rows with what became of each, and beside them the rows to mend, which can be imported again. Files
 * that were there are replaced at once or not at all.
 *
 * @param results one per person of the file, in their order
 * @throws what the file system answers
 */
export async function writeResult(
  out: string,
  file: Pick<PeopleFile, 'people' | 'problems' | 'table'>,
  results: Iterable<RowResult> | AsyncIterable<RowResult>,
): Promise<WrittenResult> {
  const { table } = file;
  const toMend: Row[] = [];
  await replaceFile(out, table, [...table.columns, ...resultColumns], resultRows(file, results, toMend));
  const failed = failedPathOf(out);
  if (toMend.length === 0) {
    // One of an earlier run would be taken for this one's.
    await rm(failed, { force: true });
    return { out, toMend: 0 };
  }
  await replaceFile(failed, table, [...table.columns, mendColumn], toMend);
  return { out, failed, toMend: toMend.length };
}

/** The rows of a result; those to mend are added to `toMend` on the way. */
async function* resultRows(
  { people, problems, table }: Pick<PeopleFile, 'people' | 'problems' | 'table'>,
  results: Iterable<RowResult> | AsyncIterable<RowResult>,
  toMend: Row[],
): AsyncGenerator<Row> {
  const width = table.columns.length;
  const invalid = invalidRows(problems);
  let row = 0;
  const next = ({ state, role, userId, created, message }: RowResult): Row => {
    const { cells } = table.rows[row]!;
    const own = [...cells, ...Array<string>(Math.max(0, width - cells.length)).fill('')];
    if (mendable.has(state)) toMend.push([...own, message]);
    row += 1;
    return [...own.slice(0, width), state, role ?? '', userId ?? '', created === null ? '' : String(created), message];
  };
  let person = 0;
  for await (const result of results) {
    const of = people[person];
    if (!of) throw new Error(`there are more results than the ${people.length} people of the file`);
    while (row < of.row) yield next(invalid.get(row) ?? unknown);
    yield next(result);
    person += 1;
  }
  if (person < people.length) throw new Error(`${people.length - person} results are missing`);
  while (row < table.rows.length) yield next(invalid.get(row) ?? unknown);
}

const unknown: RowResult = { state: 'invalid', role: null, userId: null, created: null, message: '' };

/** What is said of rows that no person could be read from. */
function invalidRows(problems: readonly RowProblem[]): Map<number, RowResult> {
  const rows = new Map<number, RowResult>();
  for (const { row, message, repeats } of problems) {
    if (row === undefined) continue;
    const before = rows.get(row);
    rows.set(row, {
      ...unknown,
      state: repeats !== undefined && before?.state !== 'invalid' ? 'duplicate' : 'invalid',
      message: before ? `${before.message}; ${message}` : message,
    });
  }
  return rows;
}

/** Writes a CSV beside the place of an old one, readable by its owner only, and puts it there when it is whole. */
async function replaceFile(
  path: string,
  { delimiter, lineEnd }: Table,
  header: Row,
  rows: Iterable<Row> | AsyncIterable<Row>,
): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await pipeline(
      withHeader(header, rows),
      stringify({
        delimiter,
        record_delimiter: lineEnd,
        // So that Excel reads UTF-8.
        bom: true,
        // No cell that a spreadsheet would calculate, and no NUL, which JSON can hold and no text may.
        escape_formulas: true,
        cast: { string: (text) => text.replaceAll('\0', '') },
      }),
      createWriteStream(beside, { flags: 'wx', mode: 0o600, flush: true }),
    );
    await rename(beside, path);
  } finally {
    await rm(beside, { force: true });
  }
}

async function* withHeader(header: Row, rows: Iterable<Row> | AsyncIterable<Row>): AsyncGenerator<Row> {
  yield header;
  yield* rows;
}
