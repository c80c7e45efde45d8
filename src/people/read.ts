import { extname } from 'node:path';
import { readCsvPeople } from './csv/csv-people.js';
import { decodeText } from './decoding/decode-text.js';
import { lineFeedsIn } from './decoding/line-ends.js';
import { readingsOf, type Reading } from './decoding/readings.js';
import { fieldOf } from './fields.js';
import { readJsonLinePeople, readJsonPeople } from './json/json-people.js';
import { fileSizeLimitMiB } from './limits.js';
import { PeopleList, type ListedPerson } from './people-list.js';
import { FileError, type RowProblem } from './problem.js';
import type { Table } from './result/table.js';

export { isEncoding } from './decoding/decode-text.js';

export const formats = ['csv', 'json', 'jsonl'] as const;

export type Format = (typeof formats)[number];

export interface ReadOptions {
  /** If absent, the extension of the file name decides, then the first character. */
  format?: Format | undefined;
  fileName?: string;
  /** A name that iconv-lite knows; needed if the file is neither UTF-8 nor UTF-16. */
  encoding?: string | undefined;
  /** A role for rows without one. */
  role?: string | undefined;
}

/** A file of people, with all its problems. */
export interface PeopleFile {
  /** In file order: everybody without a problem, or nobody if a problem concerns the whole file. */
  people: ListedPerson[];
  /** Ordered by line. */
  problems: RowProblem[];
  /** Without blank lines and the header. */
  rows: number;
  format: Format;
  table: Table;
  /** If the encoding is unknown, how the names read in the possible encodings. */
  readings: Reading[];
  /** Whether the last row has no line end. A copy may have been cut off there. */
  endsWithoutLineEnd: boolean;
}

const readers = { csv: readCsvPeople, json: readJsonPeople, jsonl: readJsonLinePeople };

const extensions: Readonly<Record<string, Format>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.json': 'json',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
};

const fileSizeLimit = fileSizeLimitMiB * 1024 * 1024;

/**
 * Reads a file of people: a CSV from a spreadsheet, a JSON array, or JSON lines. The result includes its problems.
 *
 * @throws what the source throws
 */
export async function readPeople(source: AsyncIterable<Uint8Array>, options: ReadOptions = {}): Promise<PeopleFile> {
  const list = new PeopleList(options.role);
  const table: Table = { columns: [], delimiter: ',', lineEnd: '\n', encoding: 'utf-8', rows: list.rows };
  const bytes = await readBytes(source);
  let format = options.format ?? extensions[extname(options.fileName ?? '').toLowerCase()];
  let readings: Reading[] = [];
  let endsWithoutLineEnd = false;
  try {
    const { text, encoding, lineEnd } = decodeText(wholeLines(bytes), options.encoding);
    format ??= formatOf(text);
    if (encoding === undefined) {
      readings = readingsOf(nonAsciiWords(text, format));
      throw unknownEncoding(text, readings);
    }
    Object.assign(table, { encoding, lineEnd });
    endsWithoutLineEnd = format !== 'json' && /[^\n]$/.test(text);
    readText(text, format, { list, table, isCut: bytes.length > fileSizeLimit });
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    list.refuseAll(error);
  }
  const { people, problems, count } = list;
  return { people, problems, rows: count, format: format ?? 'csv', table, readings, endsWithoutLineEnd };
}

/** Reads at most one byte more than the size limit. */
async function readBytes(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of source) {
    pieces.push(piece);
    length += piece.length;
    if (length > fileSizeLimit) break;
  }
  return Buffer.concat(pieces);
}

/** The part of a too large file that is read. It ends at a line end, so no letter is cut. */
function wholeLines(bytes: Buffer): Buffer {
  if (bytes.length <= fileSizeLimit) return bytes;
  const end = bytes.lastIndexOf('\n', fileSizeLimit) + 1;
  return bytes.subarray(0, end === 0 ? fileSizeLimit : end);
}

function formatOf(text: string): Format {
  const [first] = text.trimStart();
  if (first === '[') return 'json';
  return first === '{' ? 'jsonl' : 'csv';
}

/** @throws {FileError} */
function readText(
  text: string,
  format: Format,
  { list, table, isCut }: { list: PeopleList; table: Table; isCut: boolean },
): void {
  const tooLarge = `the file is larger than ${fileSizeLimitMiB} MiB: split it`;
  if (isCut && format === 'json') throw new FileError(1, tooLarge);
  // A row that is too wide explains the size better, so rows are read first.
  readers[format](text, list, table);
  if (isCut) throw new FileError(lineFeedsIn(text) + 1, tooLarge);
  if (list.count === 0) throw new FileError(1, 'the file contains no people');
}

const shownWords = 6;

/** Names with non-ASCII letters, or other words if there are none. */
function nonAsciiWords(latin1: string, format: Format): string[] {
  const list = new PeopleList(undefined);
  const table: Table = { columns: [], delimiter: ',', lineEnd: '\n', encoding: 'latin1', rows: list.rows };
  try {
    readers[format](latin1, list, table);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
  }
  const isName = table.columns.map((column) => fieldOf(column)?.endsWith('Name'));
  const names = list.rows.flatMap(({ cells }) => cells.filter((_, index) => isName[index])).filter(isNonAscii);
  const words = names.length > 0 ? names : latin1.split(/[\s,;:"]+/).filter(isNonAscii);
  return [...new Set(words.map((word) => word.trim().slice(0, 40)))].slice(0, shownWords);
}

const isNonAscii = (text: string): boolean => /\P{ASCII}/u.test(text);

function unknownEncoding(latin1: string, readings: readonly Reading[]): FileError {
  const line = lineFeedsIn(latin1.slice(0, latin1.search(/\P{ASCII}/u))) + 1;
  const options = readings.map(({ encoding, words }) => `; --encoding ${encoding} reads ${words.join(', ')}`);
  const problem = 'the file is neither UTF-8 nor UTF-16: name its encoding, or save it as "CSV UTF-8"';
  return new FileError(line, problem + options.join(''));
}
