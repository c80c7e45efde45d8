import { CsvError, parse, type Options } from 'csv-parse';
import { parse as parseWhole } from 'csv-parse/sync';
import { pipeline } from 'node:stream/promises';
import { fieldOf } from '../fields.js';
import { rowLengthLimit } from '../limits.js';
import { peek } from '../decoding/peek.js';
import { Unreadable } from '../problem.js';
import { lineFeedsIn } from '../decoding/text.js';

const delimiters = [',', ';', '\t'];

/** The first line with something on it; a line end within quotes does not end it. */
const headerLine = /^(?:[^\S\n]*\n)*(?=.*\S)((?:"(?:[^"]|"")*"|[^"\n])+)/;

/** The line by which Excel is told the delimiter. */
const declaration = /^"?sep=(.)"?[^\n]*(?:\n|$)/i;

/**
 * Reads the records of a CSV; blank lines are passed over.
 *
 * @param text with LF line ends
 * @param take called with the physical line that a record starts on, and its cells
 * @returns the delimiter
 * @throws {Unreadable}
 */
export async function readCsv(
  text: AsyncIterable<string>,
  take: (line: number, cells: string[]) => void,
): Promise<string> {
  const { start = '', whole } = await peek(text, (a, b) => a + b, hasHeader);
  const declared = declaration.exec(start);
  const delimiter = declared?.[1] ?? delimiterOf(headerLine.exec(start)?.[1] ?? '');
  let line = declared ? 2 : 1;
  const options: Options = {
    delimiter,
    record_delimiter: '\n',
    // A stray quote is refused in its own row, by the check of the cell it stands in.
    relax_quotes: true,
    relax_column_count: true,
    ltrim: true,
  };
  const parser = parse({
    ...options,
    max_record_size: rowLengthLimit,
    // So that an error carries the record it stopped in.
    raw: true,
    on_record(entry: unknown) {
      const { record: cells } = entry as { record: string[] };
      const first = line;
      line += cells.reduce((lines, cell) => lines + lineFeedsIn(cell), 1);
      if (cells.some((cell) => cell.trim() !== '')) take(first, cells.map(unquoted));
      // Nothing is buffered: an error that comes next loses no record before it.
      return null;
    },
  });
  try {
    await pipeline(declared ? without(declared[0].length, whole) : whole, parser);
  } catch (error) {
    throw error instanceof CsvError ? brokenOff(error, line, options) : error;
  }
  return delimiter;
}

function hasHeader(start: string): boolean {
  const [header] = headerLine.exec(start) ?? [];
  return start.length > rowLengthLimit || (header !== undefined && start[header.length] === '\n');
}

/** The delimiter that makes most sense of a header: by the columns that are known, then by their number. */
function delimiterOf(header: string): string {
  const ranked = delimiters
    .map((delimiter) => ({ delimiter, columns: header.split(delimiter) }))
    .map(({ delimiter, columns }) => ({ delimiter, known: columns.filter(fieldOf).length, width: columns.length }))
    .sort((a, b) => b.known - a.known || b.width - a.width);
  return ranked[0]?.delimiter ?? ',';
}

/** A cell whose closing quote is followed by spaces comes with its quotes. */
function unquoted(cell: string): string {
  return /^"([^"]*)"\s+$/.exec(cell)?.[1] ?? cell;
}

async function* without(length: number, text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = length;
  for await (const piece of text) {
    yield piece.slice(rest);
    rest = Math.max(0, rest - piece.length);
  }
}

/** The end of reading, at the quote that opened and did not close where there is one. */
function brokenOff({ code, raw }: CsvError, line: number, options: Options): Unreadable {
  // With the quote closed, what stands before its cell tells on which line it opened.
  const cells = parseWhole(`${String(raw)}"`, options).at(-1) ?? [];
  const opened = cells.slice(0, -1).reduce((lines, cell) => lines + lineFeedsIn(cell), line);
  if (code === 'CSV_QUOTE_NOT_CLOSED') return new Unreadable(opened, 'a quote (") opens here and is never closed');
  const isOneLine = !cells.at(-1)?.includes('\n');
  const tooLong = `the row is longer than ${rowLengthLimit / 1024} KiB`;
  if (isOneLine) return new Unreadable(line, tooLong);
  return new Unreadable(opened, `${tooLong}: is the quote (") that opens here never closed?`);
}
