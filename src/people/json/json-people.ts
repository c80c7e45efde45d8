import { fieldNames, fieldOf, type Field } from '../fields.js';
import type { Given } from '../row.js';
import { JsonArray } from './json-array.js';
import { columnLimit, rowLengthLimit } from '../limits.js';
import type { PeopleList } from '../people-list.js';
import { quoted, shortened, Unreadable } from '../problem.js';
import type { Table } from '../result/table.js';

/** Reads the people of a JSON array of objects. */
export async function readJsonPeople(text: AsyncIterable<string>, list: PeopleList, table: Table): Promise<void> {
  const objects = new ObjectReader(list, table);
  const array = new JsonArray((line, element) => objects.read(line, element));
  for await (const piece of text) array.push(piece);
  array.end();
}

/** Reads the people of JSON lines: an object a line. */
export async function readJsonLinePeople(text: AsyncIterable<string>, list: PeopleList, table: Table): Promise<void> {
  const objects = new ObjectReader(list, table);
  let line = 1;
  let held = '';
  const read = (whole: string): void => {
    if (whole.length > rowLengthLimit) {
      throw new Unreadable(line, `the line is longer than ${rowLengthLimit / 1024} KiB`);
    }
    const object = whole.trim();
    if (/^\[|^\{$/.test(object)) {
      throw new Unreadable(line, 'each line of JSON lines holds one whole object; a list […] is the format json');
    }
    if (object !== '') objects.read(line, object);
    line += 1;
  };
  for await (const piece of text) {
    const lines = (held + piece).split('\n');
    held = lines.pop() ?? '';
    for (const whole of lines) read(whole);
    if (held.length > rowLengthLimit) break;
  }
  read(held);
}

/** Reads one object after the other, and learns the columns of the table from their keys. */
class ObjectReader {
  private readonly columns = new Map<string, { index: number; field: Field | undefined }>();

  constructor(
    private readonly list: PeopleList,
    private readonly table: Table,
  ) {}

  read(line: number, json: string): void {
    if (json === '') return this.list.report({ line, message: 'there is a comma too many' });
    this.list.begin(line);
    const object = this.parse(line, json);
    if (!object) return;
    const cells: string[] = [];
    const given: Given = {};
    const names: Partial<Record<Field, string>> = {};
    const twice: string[] = [];
    for (const [key, value] of Object.entries(object)) {
      const { index, field } = this.column(line, key);
      cells[index] = cellOf(value);
      if (field === undefined) continue;
      const other = names[field];
      if (other !== undefined) twice.push(`both ${quoted(other)} and ${quoted(key)} mean the ${fieldNames[field]}`);
      given[field] = value;
      names[field] = key;
    }
    const row = this.list.keep({ line, cells: Array.from(cells, (cell) => cell ?? '') });
    for (const message of twice) this.list.report({ line, row, message });
    if (twice.length === 0) this.list.add(row, given, names);
  }

  private parse(line: number, json: string): object | undefined {
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch {
      this.list.report({ line, message: 'the object that starts here is not valid JSON' });
      return undefined;
    }
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
    const wanted = 'an object such as {"first name": "Jane", …} is expected';
    this.list.report({ line, message: `${wanted}, not ${shortened(json)}` });
    return undefined;
  }

  private column(line: number, key: string): { index: number; field: Field | undefined } {
    const known = this.columns.get(key);
    if (known) return known;
    if (this.columns.size === columnLimit) {
      throw new Unreadable(line, `there are more than ${columnLimit.toLocaleString('en')} different keys`);
    }
    const column = { index: this.table.columns.push(key) - 1, field: fieldOf(key) };
    this.columns.set(key, column);
    return column;
  }
}

/** A value as a cell of the result shows it. */
function cellOf(value: unknown): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
