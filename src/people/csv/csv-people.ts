import { countOf, formatCount } from '../../utils/format-count.js';
import { lineFeedsIn } from '../decoding/line-ends.js';
import { fieldNames, fieldOf, isFullName, isOptional, requiredFields, type Field } from '../fields.js';
import type { PeopleList } from '../people-list.js';
import { FileError, quoted } from '../problem.js';
import { userColumnCount, type Table } from '../result/table.js';
import type { RawRow } from '../row.js';
import { countFields, lineOfLaterHeader, readCsv } from './csv.js';

/** Reads the people of a CSV. The first row names the columns, in any order. */
export function readCsvPeople(text: string, list: PeopleList, table: Table): void {
  let header: Header | undefined;
  table.delimiter = readCsv(text, (line, cells, delimiter) => {
    if (header) return addRow(line, cells, header, list);
    const swallowed = findSwallowedRows(line, cells, { width: cells.length, delimiter });
    if (swallowed) throw new FileError(swallowed.line, swallowed.message);
    header = { delimiter, ...readHeader(line, cells, list, text) };
    table.columns = header.columns.slice(0, header.userColumnCount);
  });
  if (!header) throw new FileError(1, 'the file is empty');
}

/** What the first row tells about the other rows. */
interface Header {
  delimiter: string;
  columns: readonly string[];
  userColumnCount: number;
  /** The index of each field that has exactly one column. */
  indexes: ReadonlyMap<Field, number>;
  names: Partial<Record<Field, string>>;
  /** Fields with no column, or more than one. */
  unclear: readonly Field[];
}

function readHeader(line: number, cells: readonly string[], list: PeopleList, text: string): Omit<Header, 'delimiter'> {
  const columns = cells.map((cell) => cell.trim());
  const count = userColumnCount(columns);
  const indexes = new Map<Field, number>();
  const names: Partial<Record<Field, string>> = {};
  const unclear = new Set<Field>();
  for (const [index, column] of columns.slice(0, count).entries()) {
    const field = fieldOf(column);
    if (field === undefined) continue;
    const other = names[field];
    if (other !== undefined) {
      const both = `${quoted(other)} and ${quoted(column)}`;
      list.refuseAll({ line, column, message: `two columns mean the ${fieldNames[field]}: ${both}; rename one` });
      unclear.add(field);
    }
    names[field] = column;
    indexes.set(field, index);
  }
  const missing = requiredFields.filter(
    (field) => names[field] === undefined && !(field === 'role' && list.defaultRole !== undefined),
  );
  const laterHeader = missing.length > 0 ? lineOfLaterHeader(text, { line, known: indexes.size }) : undefined;
  if (laterHeader !== undefined) {
    const fix = `line ${laterHeader} looks like the header: delete the lines above it`;
    throw new FileError(line, `this line is not the header; ${fix}`);
  }
  if (indexes.size === 0) throw new FileError(line, noHeader(columns));
  for (const field of unclear) indexes.delete(field);
  for (const field of missing) {
    list.report({ line, message: noColumn(field, columns) });
    unclear.add(field);
  }
  return { columns, userColumnCount: count, indexes, names, unclear: [...unclear] };
}

function noHeader(columns: readonly string[]): string {
  if (columns.length === 1 && countFields(columns[0] ?? '') > 1) {
    return 'the whole row is one cell: remove the quotes around each row, or a wrong sep= line';
  }
  const expected = requiredFields.map((field) => fieldNames[field]).join(', ');
  return `there is no header: the first line must name the columns ${expected} (found: ${listOf(columns)})`;
}

function noColumn(field: Field, columns: readonly string[]): string {
  const name = fieldNames[field];
  const fullName = field === 'firstName' || field === 'lastName' ? columns.find(isFullName) : undefined;
  const otherwise = field === 'role' ? ', or set one role for all with --role' : '';
  const split =
    fullName === undefined ? '' : `; ${quoted(fullName)} is not split, so first and last name need a column each`;
  return `no column contains the ${name}: name it ${quoted(name)}${otherwise}${split} (found: ${listOf(columns)})`;
}

function listOf(columns: readonly string[]): string {
  const named = columns.filter((column) => column !== '').map(quoted);
  return [...named.slice(0, 20), ...(named.length > 20 ? ['…'] : [])].join(', ');
}

function addRow(line: number, cells: readonly string[], header: Header, list: PeopleList): void {
  list.countRow(line);
  const { columns, delimiter, indexes } = header;
  const swallowed = findSwallowedRows(line, cells, { width: columns.length, delimiter, fields: [...indexes.values()] });
  const problem = swallowed?.message ?? shapeProblem(line, cells, header, list);
  // Additional cells may be data, so they are kept for the person who fixes the row.
  const row = list.addRow({ line, cells: problem === undefined ? cells.slice(0, header.userColumnCount) : cells });
  for (let count = 0; count < (swallowed?.count ?? 0); count += 1) list.countRow(line);
  if (problem !== undefined) return list.report({ line: swallowed?.line ?? line, row, message: problem });
  const raw: RawRow = {};
  for (const [field, index] of indexes) raw[field] = cells[index] ?? '';
  list.addPerson(row, raw, header.names, header.unclear);
}

const emailInText = /[^\s@]@[^\s@]+\.\p{L}{2}/u;

/**
 * Finds rows that a stray quote has swallowed. The quote joins all rows up to the next quote into one cell, and their people
 * would be lost. Such a cell contains line ends and as many delimiters as a row, or an e-mail.
 *
 * @param options.fields indexes of the columns that are read; an e-mail there without a delimiter is the cell's own
 * content
 */
function findSwallowedRows(
  line: number,
  cells: readonly string[],
  { width, delimiter, fields: fieldIndexes = [] }: { width: number; delimiter: string; fields?: readonly number[] },
): { line: number; count: number; message: string } | undefined {
  let opened = line;
  for (const [index, cell] of cells.entries()) {
    const lines = cell.split('\n');
    const count = lines.length - 1;
    const hasEmail = emailInText.test(cell) && (cell.includes(delimiter) || !fieldIndexes.includes(index));
    if (count > 0 && (hasEmail || lines.some((each) => each.split(delimiter).length >= width))) {
      const next = count === 1 ? 'the next line' : `the next ${count} lines`;
      return {
        line: opened,
        count,
        message: `a quote (") opens in this line and swallows ${next}: remove it or double it`,
      };
    }
    opened += count;
  }
  return undefined;
}

/** The problem with the shape of a row. Excel omits empty cells at its end, or writes too many. */
function shapeProblem(
  line: number,
  cells: readonly string[],
  { columns, indexes }: Header,
  { defaultRole }: PeopleList,
): string | undefined {
  const isTooLong = cells.slice(columns.length).some((cell) => cell.trim() !== '');
  const isTooShort = [...indexes].some(
    ([field, index]) => index >= cells.length && !isOptional(field) && !(field === 'role' && defaultRole !== undefined),
  );
  const last = line + cells.reduce((lines, cell) => lines + lineFeedsIn(cell), 0);
  const quoteHint = last > line ? `; the row continues to line ${last}: is a quote (") missing?` : '';
  const count = `the row has ${countOf(cells.length, 'cell')}, but the header has ${formatCount(columns.length)}`;
  if (isTooLong) return `${count} (a cell that contains the delimiter needs quotes)${quoteHint}`;
  if (isTooShort) return count + quoteHint;
  const broken = [...indexes].find(([, index]) => cells[index]?.trim().includes('\n'));
  return broken && `the ${fieldNames[broken[0]]} contains a line end${quoteHint}`;
}
