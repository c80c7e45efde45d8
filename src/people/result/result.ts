import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { RowProblem } from '../problem.js';
import type { PeopleFile } from '../read.js';
import { replaceFile, toCsv, type Row } from './csv-file.js';
import { isUnedited, readEarlierResult } from './earlier-result.js';
import { fixPathOf } from './result-path.js';
import { padded, rowsToFix, type RowState } from './rows-to-fix.js';
import { placeColumns, resultColumns, type Table } from './table.js';

/** The result of one row of a file. */
export interface RowResult extends RowState {
  /** The role that the portal showed last. */
  role?: string;
  userId?: string;
  /** When the account was created: `now`, `earlier`, or `no` if somebody else created it. */
  created?: string;
  /** The name that the portal shows, if it differs. */
  otherName?: string;
  /** As the portal shows them; absent if the row requests none. */
  groups?: string[];
  rooms?: string[];
}

export interface WrittenResult {
  /** The file of rows to fix, if there are any. */
  failed?: string;
  rowsToFix: number;
}

/**
 * Writes the user's own rows with the result of each. Beside them it writes the rows to fix, which can be imported
 * again.
 *
 * @param results one per person in the file, in the same order
 * @throws errors of the file system
 */
export async function writeResult(
  out: string,
  file: Pick<PeopleFile, 'people' | 'problems' | 'table'>,
  results: readonly RowResult[],
): Promise<WrittenResult> {
  const { table } = file;
  const rows = resultsOfRows(file, results);
  const failed = fixPathOf(out);
  const toFix = rowsToFix(table, rows);
  // A file from an earlier run would seem to belong to this one.
  const isStale = existsSync(failed) && isUnedited(failed, table, readEarlierResult(out, table));
  await replaceFile(out, toCsv(table, resultRows(table, rows)));
  if (toFix.length > 1) {
    await replaceFile(failed, toCsv(table, toFix));
    return { failed, rowsToFix: toFix.length - 1 };
  }
  if (isStale) await rm(failed);
  return { rowsToFix: 0 };
}

function resultRows({ columns, rows }: Table, results: readonly RowResult[]): Row[] {
  const cellsOf = ({ state, role = '', userId = '', created = '', otherName = '', message = '' }: RowResult): Row => [
    state,
    role,
    userId,
    created,
    otherName,
    message,
  ];
  const width = columns.length;
  const hasPlaces = results.some(({ groups, rooms }) => groups ?? rooms);
  const placesOf = ({ groups = [], rooms = [] }: RowResult): Row => [groups.join('; '), rooms.join('; ')];
  return [
    [...columns, ...resultColumns, ...(hasPlaces ? placeColumns : [])],
    ...rows.map(({ cells }, index) => [
      ...padded(cells, width).slice(0, width),
      ...cellsOf(results[index]!),
      ...(hasPlaces ? placesOf(results[index]!) : []),
    ]),
  ];
}

const invalid: RowResult = { state: 'invalid' };

/** The result of each row of the table: its person's result, or its problems. */
function resultsOfRows(
  { people, problems, table }: Pick<PeopleFile, 'people' | 'problems' | 'table'>,
  results: readonly RowResult[],
): RowResult[] {
  if (results.length !== people.length) {
    throw new Error(`there are ${results.length} results for ${people.length} people of the file`);
  }
  const byRow = table.rows.map(() => invalid);
  for (const problem of problems)
    if (problem.row !== undefined) byRow[problem.row] = added(byRow[problem.row]!, problem);
  for (const [index, { row }] of people.entries()) byRow[row] = results[index]!;
  return byRow;
}

function added(before: RowResult, { message, repeats }: RowProblem): RowResult {
  const isOnlyRepeat = repeats !== undefined && (before === invalid || before.state === 'duplicate');
  return {
    state: isOnlyRepeat ? 'duplicate' : 'invalid',
    message: before === invalid ? message : `${before.message}; ${message}`,
  };
}
