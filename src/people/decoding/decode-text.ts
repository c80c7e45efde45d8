import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import { FileError } from '../problem.js';
import { lineFeedsIn, withLineFeeds } from './line-ends.js';

interface DecodedText {
  /** With LF line ends, so every reader counts lines alike. Latin-1 if the encoding is unknown: it loses nothing. */
  text: string;
  /** A name that iconv-lite knows; `undefined` if the file is neither UTF-8 nor UTF-16, and the user named none. */
  encoding: string | undefined;
  /** The first line end of the file. The CR of an old Mac counts as LF. */
  lineEnd: '\n' | '\r\n';
}

/** Whether a name is that of a text encoding. */
export function isEncoding(name: string): boolean {
  return iconv.encodingExists(name) && !/^(?:base64|hex|binary|utf-?7)/i.test(name);
}

const saveAsText = 'save it as "CSV UTF-8" and import that file';

/** The first bytes of files that people mistake for a CSV. */
const otherFiles = [
  { start: 'PK\u0003\u0004', name: 'an Excel workbook or another zip archive' },
  { start: '\u00d0\u00cf\u0011\u00e0', name: 'an old Excel workbook' },
];

/** Enough bytes to recognize UTF-16 without a byte order mark. */
const headLength = 1_024;

/**
 * @param userEncoding the encoding that the user named
 * @throws {FileError} if the bytes are not text, or not all of one encoding
 */
export function decodeText(bytes: Buffer, userEncoding: string | undefined): DecodedText {
  const start = bytes.toString('latin1', 0, 4);
  const other = otherFiles.find((file) => start === file.start);
  if (other) throw new FileError(1, `this is ${other.name}, not text: ${saveAsText}`);
  const encoding = userEncoding ?? detectUtf16(bytes.subarray(0, headLength)) ?? (isUtf8(bytes) ? 'utf-8' : undefined);
  const decoded = decode(bytes, encoding ?? 'latin1');
  assertText(decoded, bytes, encoding);
  const [firstLineEnd] = /\r\n?|\n/.exec(decoded) ?? [];
  return {
    text: withoutEndMark(withLineFeeds(decoded)),
    encoding,
    lineEnd: firstLineEnd === '\r\n' ? firstLineEnd : '\n',
  };
}

/** Old programs mark the end of a file with Ctrl-Z. */
function withoutEndMark(text: string): string {
  return text.trimEnd().endsWith('\u001a') ? text.slice(0, text.lastIndexOf('\u001a')) : text;
}

/** Node's decoder detects broken letters in UTF-16. Some of its single-byte ones are Latin-1 (nodejs/node#59515). */
function decode(bytes: Buffer, encoding: string): string {
  return isUtf16(encoding) ? new TextDecoder(encoding).decode(bytes) : iconv.decode(bytes, encoding);
}

function isUtf16(encoding: string): encoding is Utf16 {
  return encoding === 'utf-16le' || encoding === 'utf-16be';
}

/** @throws {FileError} that names the line */
function assertText(text: string, bytes: Buffer, encoding: string | undefined): void {
  const nul = text.indexOf('\0');
  if (nul !== -1) {
    throw new FileError(lineAt(text, nul), 'this is not text: it contains a NUL character, which no CSV or JSON has');
  }
  if (encoding === undefined && isMostlyUtf8(bytes)) {
    const line = lineAt(text, firstInvalidUtf8(bytes));
    throw new FileError(
      line,
      `this line is not in UTF-8, but others are: ${saveAsText}, or name the encoding with --encoding`,
    );
  }
  // A text in UTF-8 may contain this character, too.
  const isSound = /^utf-?8$/i.test(encoding ?? '') && isUtf8(bytes);
  const damaged = isSound ? -1 : text.indexOf('\ufffd');
  if (damaged !== -1) {
    throw new FileError(lineAt(text, damaged), `this line is damaged, or not in ${encoding}: ${saveAsText}`);
  }
}

function lineAt(text: string, index: number): number {
  return lineFeedsIn(withLineFeeds(text.slice(0, index))) + 1;
}

type Utf16 = 'utf-16le' | 'utf-16be';

/** UTF-16 by its byte order mark, or by the zero bytes of its Latin letters, delimiters and line ends. */
function detectUtf16(head: Buffer): Utf16 | undefined {
  const mark = head.toString('hex', 0, 2);
  if (mark === 'fffe') return 'utf-16le';
  if (mark === 'feff') return 'utf-16be';
  const zeros = { even: 0, odd: 0 };
  for (const [index, byte] of head.entries()) if (byte === 0) zeros[index % 2 === 0 ? 'even' : 'odd'] += 1;
  const few = head.length / 8;
  if (zeros.even === 0 && zeros.odd > few && hasNoControls(head, 'utf-16le')) return 'utf-16le';
  if (zeros.odd === 0 && zeros.even > few && hasNoControls(head, 'utf-16be')) return 'utf-16be';
  return undefined;
}

function hasNoControls(head: Buffer, encoding: Utf16): boolean {
  return !/[^\P{Cc}\t\r\n]/u.test(new TextDecoder(encoding).decode(head));
}

/** Runs of bytes beyond ASCII, as Latin-1. */
const nonAsciiRuns = /[\x80-\xff]+/g;

const isUtf8Run = (run: string): boolean => isUtf8(Buffer.from(run, 'latin1'));

/** Whether the file was joined from two: most non-ASCII text is UTF-8, so the rest is a mistake, not the encoding. */
function isMostlyUtf8(bytes: Buffer): boolean {
  const runs = bytes.toString('latin1').match(nonAsciiRuns) ?? [];
  return runs.filter(isUtf8Run).length * 2 >= runs.length;
}

function firstInvalidUtf8(bytes: Buffer): number {
  const runs = bytes.toString('latin1').matchAll(nonAsciiRuns);
  for (const { 0: run, index } of runs) if (!isUtf8Run(run)) return index;
  return bytes.length;
}
