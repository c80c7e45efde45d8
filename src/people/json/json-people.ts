import { formatCount } from '../../utils/format-count.js';
import { shortened } from '../../utils/shortened.js';
import { fieldNames, fieldOf, isOptional, type Field } from '../fields.js';
import { columnLimit, rowLengthLimit } from '../limits.js';
import type { PeopleList } from '../people-list.js';
import { FileError, quoted } from '../problem.js';
import type { Table } from '../result/table.js';
import type { RawRow } from '../row.js';
import { readJsonArray, readJsonLine, type JsonValue } from './json-values.js';

/** Reads the people of a JSON array of objects. */
export function readJsonPeople(text: string, list: PeopleList, table: Table): void {
  const objects = new ObjectReader(list, table);
  readJsonArray(text, (value) => {
    list.countRow(value.line);
    objects.read(value);
  });
}

/** Reads the people of JSON lines, an object in each line. */
export function readJsonLinePeople(text: string, list: PeopleList, table: Table): void {
  const objects = new ObjectReader(list, table);
  for (const [index, whole] of text.split('\n').entries()) {
    const line = index + 1;
    const object = whole.trim();
    if (object.length > rowLengthLimit) {
      throw new FileError(line, `the line is longer than ${rowLengthLimit / 1024} KiB`);
    }
    if (/^\[|^\{$/.test(object)) {
      throw new FileError(line, 'each line of JSON lines contains one whole object; a list […] is the format json');
    }
    if (object !== '') objects.readLine(object, line);
  }
}

/** Reads one object after another, and collects the columns of the table from their keys. */
class ObjectReader {
  private readonly columns = new Map<string, { index: number; field: Field | undefined }>();

  constructor(
    private readonly list: PeopleList,
    private readonly table: Table,
  ) {}

  /** An error in a line does not affect the next one. Nobody is read from a line that has one. */
  readLine(object: string, line: number): void {
    this.list.countRow(line);
    try {
      let value: JsonValue | undefined;
      readJsonLine(object, line, (only) => (value = only));
      if (value) this.read(value);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.list.report(error);
    }
  }

  read({ line, json, repeatedKeys }: JsonValue): void {
    const object = parse(line, json);
    if (typeof object !== 'object' || object === null || Array.isArray(object)) {
      const expected = 'an object such as {"first name": "Jane", …} is expected';
      return this.list.report({ line, message: `${expected}, not ${shortened(json)}` });
    }
    const cells: string[] = [];
    const raw: RawRow = {};
    const names: Partial<Record<Field, string>> = {};
    const ambiguous = repeatedKeys.map((key) => `the key ${quoted(key)} occurs twice`);
    for (const [key, value] of Object.entries(object)) {
      const { index, field } = this.column(line, key);
      cells[index] = toCell(value, field);
      if (field === undefined) continue;
      const other = names[field];
      if (other !== undefined) ambiguous.push(`both ${quoted(other)} and ${quoted(key)} mean the ${fieldNames[field]}`);
      raw[field] = value;
      names[field] = key;
    }
    const row = this.list.addRow({ line, cells: Array.from(cells, (cell) => cell ?? '') });
    for (const message of ambiguous) this.list.report({ line, row, message });
    if (ambiguous.length === 0) this.list.addPerson(row, raw, names);
  }

  private column(line: number, key: string): { index: number; field: Field | undefined } {
    const known = this.columns.get(key);
    if (known) return known;
    if (this.columns.size === columnLimit) {
      throw new FileError(line, `there are more than ${formatCount(columnLimit)} different keys`);
    }
    const column = { index: this.table.columns.push(key) - 1, field: fieldOf(key) };
    this.columns.set(key, column);
    return column;
  }
}

/** Refuses an object that lacks its closing bracket: jsonc-parser also calls back for one. */
function parse(line: number, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new FileError(line, 'the object that starts here is not valid JSON');
  }
}

/** A value as text for a cell of the result, so the cell means the same if it is read again. */
function toCell(value: unknown, field: Field | undefined): string {
  if (value === null) return '';
  const isPlaces = field !== undefined && isOptional(field);
  if (isPlaces && Array.isArray(value) && value.every((place) => typeof place === 'string')) return value.join('; ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
