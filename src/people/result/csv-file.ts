import { stringify } from 'csv-stringify/sync';
import iconv from 'iconv-lite';
import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withLineFeeds } from '../decoding/line-ends.js';
import { guardFormulas } from '../formulas.js';
import type { Table } from './table.js';

export type Row = readonly string[];

/** Writes a CSV in the format of the user's own file. A byte order mark tells Excel that it is UTF-8 or UTF-16. */
export function toCsv({ delimiter, lineEnd, encoding }: Table, rows: readonly Row[]): Buffer {
  const text = stringify([...rows], { delimiter, record_delimiter: lineEnd, cast: { string: toSafeCell } });
  // The text alone would not reveal an unusual delimiter.
  const declaration = /[,;\t]/.test(delimiter) ? '' : `sep=${delimiter}${lineEnd}`;
  return iconv.encode(declaration + text, encoding, { addBOM: /^utf-?(8|16)/i.test(encoding) });
}

/**
 * Makes a cell that no spreadsheet calculates. JSON can contain NUL, but no text file may. Each line end becomes LF,
 * as in a file that is read.
 */
export function toSafeCell(text: string): string {
  return guardFormulas(withLineFeeds(text.replaceAll('\0', '')));
}

/** The path of the temporary file that later replaces another. */
export function tempPathBeside(path: string): string {
  return join(dirname(path), `.${randomUUID()}.tmp`);
}

/** Replaces a file completely or not at all, with one that only its owner can read. */
export async function replaceFile(path: string, content: Buffer): Promise<void> {
  const temp = tempPathBeside(path);
  try {
    await writeFile(temp, content, { flag: 'wx', mode: 0o600, flush: true });
    await rename(temp, path);
  } finally {
    await rm(temp, { force: true });
  }
}
