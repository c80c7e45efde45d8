import { CsvError } from 'csv-parse';
import { parse, type Options } from 'csv-parse/sync';
import { formatCount } from '../../utils/format-count.js';
import { lineFeedsIn } from '../decoding/line-ends.js';
import { fieldOf } from '../fields.js';
import { columnLimit, rowLengthLimit } from '../limits.js';
import { FileError } from '../problem.js';

const delimiters = [',', ';', '\t', '|'];

/** The first line that is not blank, with the line ends in its quoted cells. */
const headerLine = /^(?:[^\S\n]*\n)*(?=.*\S)((?:"[^"]*"|[^"\n]+)+)/;

/** The line that tells Excel the delimiter. */
const delimiterLine = /^"?sep=(.)"?[^\n]*(?:\n|$)/i;

/**
 * Reads the records of a CSV, without blank lines.
 *
 * @param text with LF line ends
 * @param onRecord called with the physical line that a record starts on, its cells, and the delimiter
 * @returns the delimiter
 * @throws {FileError}
 */
export function readCsv(text: string, onRecord: (line: number, cells: string[], delimiter: string) => void): string {
  const declared = delimiterLine.exec(text);
  const delimiter = declared?.[1] ?? likelyDelimiter(headerLine.exec(text.slice(0, rowLengthLimit))?.[1] ?? '');
  const content = text.slice(declared?.[0].length ?? 0);
  const options: Options = {
    delimiter,
    record_delimiter: '\n',
    // A quote inside a cell is literal. If it does not belong there, the check of the field refuses it.
    relax_quotes: true,
    relax_column_count: true,
    ltrim: true,
  };
  let line = declared ? 2 : 1;
  try {
    parse(delimiter === '\t' ? withLiteralQuotes(content) : content, {
      ...options,
      max_record_size: rowLengthLimit,
      // Makes an error carry the record in which it happened.
      raw: true,
      on_record(entry: unknown) {
        const cells = (entry as { record: string[] }).record.map(unquoted);
        const first = line;
        line += cells.reduce((lines, cell) => lines + lineFeedsIn(cell), 1);
        if (cells.length > columnLimit) {
          throw new FileError(first, `there are more than ${formatCount(columnLimit)} columns`);
        }
        if (cells.some((cell) => cell.trim() !== '')) onRecord(first, cells, delimiter);
        return null;
      },
    });
  } catch (error) {
    throw error instanceof CsvError ? unreadableRow(error, line, options) : error;
  }
  return delimiter;
}

/** The delimiter that gives a header the most known columns. If several do, the one that gives it the most columns. */
function likelyDelimiter(header: string): string {
  const ranked = delimiters
    .map((delimiter) => ({ delimiter, columns: header.split(delimiter) }))
    .map(({ delimiter, columns }) => ({ delimiter, known: columns.filter(fieldOf).length, width: columns.length }))
    .sort((a, b) => b.known - a.known || b.width - a.width);
  return ranked[0]?.delimiter ?? ',';
}

/** The first line after a supposed header that names more fields, if it is one of the first 20 lines. */
export function lineOfLaterHeader(text: string, { line, known }: { line: number; known: number }): number | undefined {
  const index = text.split('\n', 20).findIndex((later, at) => at >= line && countFields(later) > Math.max(known, 1));
  return index === -1 ? undefined : index + 1;
}

/** The number of fields that a line names with any delimiter. */
export function countFields(line: string): number {
  return Math.max(
    ...delimiters.map((delimiter) => line.split(delimiter).filter((cell) => fieldOf(unquoted(`${cell} `))).length),
  );
}

/** csv-parse keeps the quotes of a cell if spaces follow the closing one. */
function unquoted(cell: string): string {
  return /^"([^"]*)"\s+$/.exec(cell)?.[1] ?? cell;
}

/**
 * Matches a cell of a tab-separated file that starts with a quote. The cell is quoted if a quote closes it, unless it
 * contains both tabs and line ends. Then the closing quote belongs to another cell, and the first one is literal.
 */
const tabQuotes = /(?<=^|[\t\n])(?:("[^"\t]*(?:""[^"\t]*)*"(?![^\t\n])|"[^"\n]*(?:""[^"\n]*)*"(?![^\t\n]))|"[^\t\n]*)/g;

function withLiteralQuotes(text: string): string {
  return text.replaceAll(tabQuotes, (cell, closed: string | undefined) =>
    closed === undefined ? `"${cell.replaceAll('"', '""')}"` : cell,
  );
}

/** The error for a row that does not end. It names the line where the quote opens. */
function unreadableRow({ code, raw }: CsvError, line: number, options: Options): FileError {
  // If the quote is closed, the cells before it show the line.
  const cells = parse(`${String(raw)}"`, options).at(-1) ?? [];
  const opened = cells.slice(0, -1).reduce((lines, cell) => lines + lineFeedsIn(cell), line);
  if (code === 'CSV_QUOTE_NOT_CLOSED') {
    const swallowed = lineFeedsIn((cells.at(-1) ?? '').trimEnd());
    const consequence =
      swallowed === 0 ? '' : `, so it swallows the ${swallowed === 1 ? 'line' : `${swallowed} lines`} after it`;
    return new FileError(opened, `a quote (") opens in this line and never closes${consequence}`);
  }
  const isOneLine = !cells.at(-1)?.includes('\n');
  const tooLong = `the row is longer than ${rowLengthLimit / 1024} KiB`;
  return isOneLine
    ? new FileError(line, tooLong)
    : new FileError(opened, `${tooLong}: does the quote (") that opens in this line never close?`);
}
