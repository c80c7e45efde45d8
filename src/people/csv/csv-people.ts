import { readCsv } from './csv.js';
import { fieldNames, fieldOf, fields, isWholeName, type Field } from '../fields.js';
import type { Given } from '../row.js';
import type { PeopleList } from '../people-list.js';
import { quoted, Unreadable } from '../problem.js';
import { ownWidth, type Table } from '../result/table.js';
import { lineFeedsIn } from '../decoding/text.js';

/** Reads the people of a CSV: the first row names the columns, in any order. */
export async function readCsvPeople(text: AsyncIterable<string>, list: PeopleList, table: Table): Promise<void> {
  let header: Header | undefined;
  table.delimiter = await readCsv(text, (line, cells) => {
    if (header) return addRow(line, cells, header, list);
    header = readHeader(line, cells, list);
    table.columns = header.columns.slice(0, header.ownWidth);
  });
  if (!header) throw new Unreadable(1, 'the file is empty');
}

/** What the first row says of the others. */
interface Header {
  columns: readonly string[];
  ownWidth: number;
  /** The place of each field that has exactly one column. */
  indexes: ReadonlyMap<Field, number>;
  names: Partial<Record<Field, string>>;
  /** Fields that have none, or more than one. */
  unclear: readonly Field[];
}

function readHeader(line: number, cells: readonly string[], list: PeopleList): Header {
  const columns = cells.map((cell) => cell.trim());
  const own = ownWidth(columns);
  const indexes = new Map<Field, number>();
  const names: Partial<Record<Field, string>> = {};
  const unclear = new Set<Field>();
  for (const [index, column] of columns.slice(0, own).entries()) {
    const field = fieldOf(column);
    if (field === undefined) continue;
    const other = names[field];
    if (other !== undefined) {
      const both = `${quoted(other)} and ${quoted(column)}`;
      list.report({ line, column, message: `two columns mean the ${fieldNames[field]}: ${both}; rename one` });
      unclear.add(field);
    }
    names[field] = column;
    indexes.set(field, index);
  }
  if (indexes.size === 0) throw new Unreadable(line, noHeader(columns));
  for (const field of unclear) indexes.delete(field);
  for (const field of fields) {
    if (names[field] !== undefined || (field === 'role' && list.defaultRole !== undefined)) continue;
    list.report({ line, message: noColumn(field, columns) });
    unclear.add(field);
  }
  return { columns, ownWidth: own, indexes, names, unclear: [...unclear] };
}

function noHeader(columns: readonly string[]): string {
  const wanted = fields.map((field) => fieldNames[field]).join(', ');
  return `there is no header: the first line names the columns ${wanted} (found: ${shown(columns)})`;
}

function noColumn(field: Field, columns: readonly string[]): string {
  const name = fieldNames[field];
  const whole = field === 'firstName' || field === 'lastName' ? columns.find(isWholeName) : undefined;
  const wanted = `no column holds the ${name}: name it ${quoted(name)}`;
  const otherwise = field === 'role' ? ', or give one role to all by --role' : '';
  const split = whole === undefined ? '' : `; ${quoted(whole)} is not split, first and last name need a column each`;
  return `${wanted}${otherwise}${split} (found: ${shown(columns)})`;
}

function shown(columns: readonly string[]): string {
  const named = columns.filter((column) => column !== '').map(quoted);
  return [...named.slice(0, 20), ...(named.length > 20 ? ['…'] : [])].join(', ');
}

function addRow(line: number, cells: readonly string[], header: Header, list: PeopleList): void {
  list.begin(line);
  const shape = shapeProblem(cells, header, list);
  // Cells too many may be what was meant: they are kept for whoever mends the row.
  const row = list.keep({ line, cells: shape === undefined ? cells.slice(0, header.ownWidth) : cells });
  if (shape !== undefined) {
    const last = line + cells.reduce((lines, cell) => lines + lineFeedsIn(cell), 0);
    const mend = last > line ? `; the row goes on to line ${last}: is a quote (") missing?` : '';
    return list.report({ line, row, message: shape + mend });
  }
  const given: Given = {};
  for (const [field, index] of header.indexes) given[field] = cells[index] ?? '';
  list.add(row, given, header.names, header.unclear);
}

/** What is wrong with a row as a whole. Excel leaves empty cells at its end away, and writes some too many. */
function shapeProblem(
  cells: readonly string[],
  { columns, indexes }: Header,
  { defaultRole }: PeopleList,
): string | undefined {
  const isTooLong = cells.slice(columns.length).some((cell) => cell.trim() !== '');
  const isTooShort = [...indexes].some(
    ([field, index]) => index >= cells.length && !(field === 'role' && defaultRole !== undefined),
  );
  const count = `the number of cells is ${cells.length}, where the header has ${columns.length}`;
  if (isTooLong) return `${count} (a cell with the delimiter in it needs quotes)`;
  if (isTooShort) return count;
  const torn = [...indexes].find(([, index]) => cells[index]?.trim().includes('\n'));
  return torn && `the ${fieldNames[torn[0]]} has a line end in it`;
}
