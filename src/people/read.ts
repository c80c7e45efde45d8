import { extname } from 'node:path';
import { readCsvPeople } from './csv/csv-people.js';
import { readJsonLinePeople, readJsonPeople } from './json/json-people.js';
import { rowLengthLimit } from './limits.js';
import { peek } from './decoding/peek.js';
import { PeopleList, type ListedPerson } from './people-list.js';
import { Unreadable, type RowProblem } from './problem.js';
import type { Table } from './result/table.js';
import { textOf, type Writing } from './decoding/text.js';

export const formats = ['csv', 'json', 'jsonl'] as const;

export type Format = (typeof formats)[number];

export interface ReadOptions {
  /** Where none is given, the ending of the file's name tells, and else its first character. */
  format?: Format;
  fileName?: string;
  /** A role for rows without one. */
  role?: string;
}

/** A file of people, with everything that is wrong with it. */
export interface PeopleFile {
  /** In the order of the file; nobody of whom anything is wrong, and nobody at all where it cannot be read to its end. */
  people: ListedPerson[];
  /** In the order of lines. */
  problems: RowProblem[];
  /** How many rows there are, blank ones and the header not counted. */
  rows: number;
  format: Format;
  encoding: Writing['encoding'];
  table: Table;
}

const readers = { csv: readCsvPeople, json: readJsonPeople, jsonl: readJsonLinePeople };

const endings: Readonly<Record<string, Format>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.json': 'json',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
};

/**
 * Reads a file of people as it comes: CSV as spreadsheets write it, a JSON array or JSON lines. What is wrong with it is in
 * the answer.
 *
 * @throws what the source throws
 */
export async function readPeople(source: AsyncIterable<Uint8Array>, options: ReadOptions = {}): Promise<PeopleFile> {
  const writing: Writing = { encoding: 'utf-8', lineEnd: '\n' };
  const list = new PeopleList(options.role);
  const table: Table = { columns: [], delimiter: ',', lineEnd: '\n', rows: list.rows };
  let format = options.format ?? endings[extname(options.fileName ?? '').toLowerCase()];
  try {
    const { start = '', whole } = await peek(textOf(source, writing), (a, b) => a + b, hasContent);
    format ??= formatOf(start);
    await readers[format](whole, list, table);
    if (list.count === 0) throw new Unreadable(1, 'there is nobody in the file');
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    list.breakOff(error);
  }
  table.lineEnd = writing.lineEnd;
  const { people, problems, count } = list;
  return { people, problems, rows: count, format: format ?? 'csv', encoding: writing.encoding, table };
}

function hasContent(start: string): boolean {
  return start.trim() !== '' || start.length > rowLengthLimit;
}

function formatOf(start: string): Format {
  const [first] = start.trim();
  if (first === '[') return 'json';
  return first === '{' ? 'jsonl' : 'csv';
}
