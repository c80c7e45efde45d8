import { existsSync, readFileSync } from 'node:fs';
import { readCsv } from '../csv/csv.js';
import { decodeText } from '../decoding/decode-text.js';
import { FileError } from '../problem.js';
import { toCsv, toSafeCell, type Row } from './csv-file.js';
import { rowsToFix, type RowState } from './rows-to-fix.js';
import { resultColumns, userColumnCount, type Table } from './table.js';

/** The states in an earlier result for the same rows; `undefined` if this program wrote none. */
export function readEarlierResult(path: string, table: Table): RowState[] | undefined {
  if (!existsSync(path)) return undefined;
  const { columns, rows } = table;
  const [header = [], ...records] = readRecords(path, table.encoding);
  const count = userColumnCount(header);
  const isResult = header.length - count >= resultColumns.length && records.length === rows.length;
  if (!isResult || !areSame(header.slice(0, count), columns)) return undefined;
  if (!rows.every(({ cells }, index) => areSame(records[index]!.slice(0, count), cells.slice(0, count))))
    return undefined;
  const cell = (record: Row, column: (typeof resultColumns)[number]): string =>
    record[count + resultColumns.indexOf(column)] ?? '';
  return records.map((record) => ({ state: cell(record, 'state'), message: cell(record, 'message') }));
}

/** Whether a file of rows to fix is unedited since it was written beside the earlier result. */
export function isUnedited(path: string, table: Table, earlier: readonly RowState[] | undefined): boolean {
  return earlier !== undefined && readFileSync(path).equals(toCsv(table, rowsToFix(table, earlier)));
}

function readRecords(path: string, encoding: string): Row[] {
  const records: Row[] = [];
  try {
    readCsv(decodeText(readFileSync(path), encoding).text, (_line, cells) => records.push(cells));
  } catch (error) {
    if (error instanceof FileError) return [];
    throw error;
  }
  return records;
}

/** Whether written cells have the same text as those of a table. */
function areSame(written: Row, cells: Row): boolean {
  return written.every((cell, index) => cell.trim() === toSafeCell(cells[index] ?? '').trim());
}
