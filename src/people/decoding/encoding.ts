import { isAscii, isUtf8 } from 'node:buffer';
import { peek } from './peek.js';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** Bytes that are no text, or not all of one encoding: what was decoded before stands before the place. */
export class NotText extends Error {}

const saveAsText = 'save it as "CSV UTF-8" and give that file';

/** How files begin that are often taken for a CSV. */
const otherFiles = [
  { start: 'PK\u0003\u0004', what: 'an Excel workbook, or another zip archive' },
  { start: '\u00d0\u00cf\u0011\u00e0', what: 'an old Excel workbook' },
];

/** Enough bytes to tell UTF-16 without a mark by. */
const headLength = 1_024;

/**
 * Decodes a file as it comes: UTF-8 and UTF-16 by their mark, UTF-16 without one by its zero bytes, and UTF-8 or
 * else Windows-1252, as Excel writes them.
 *
 * @throws {NotText}
 */
export async function* decoded(
  source: AsyncIterable<Uint8Array>,
  found: { encoding: Encoding },
): AsyncGenerator<string> {
  const { start, whole } = await peek(source, joined, ({ length }) => length >= headLength);
  try {
    const head = Buffer.from(start ?? []).subarray(0, headLength);
    const other = otherFiles.find((file) => head.toString('latin1').startsWith(file.start));
    if (other) throw new NotText(`this is ${other.what}, not a text: ${saveAsText}`);
    const wide = wideEncodingOf(head);
    found.encoding = wide ?? 'utf-8';
    yield* wide ? wideText(whole, wide) : narrowText(whole, found);
  } finally {
    await whole.return?.();
  }
}

function joined(start: Uint8Array, next: Uint8Array): Uint8Array {
  return Buffer.concat([start, next]);
}

type WideEncoding = 'utf-16le' | 'utf-16be';

function wideEncodingOf(head: Buffer): WideEncoding | undefined {
  const mark = head.toString('hex', 0, 2);
  if (mark === 'fffe') return 'utf-16le';
  if (mark === 'feff') return 'utf-16be';
  const zeros = { even: 0, odd: 0 };
  for (const [index, byte] of head.entries()) if (byte === 0) zeros[index % 2 === 0 ? 'even' : 'odd'] += 1;
  // The upper byte of a Latin letter, a delimiter, a line end is zero, and a text has nothing else that is.
  const few = head.length / 8;
  if (zeros.even === 0 && zeros.odd > few && isText(head, 'utf-16le')) return 'utf-16le';
  if (zeros.odd === 0 && zeros.even > few && isText(head, 'utf-16be')) return 'utf-16be';
  return undefined;
}

function isText(head: Buffer, encoding: WideEncoding): boolean {
  return !/[^\P{Cc}\t\r\n]/u.test(new TextDecoder(encoding).decode(head));
}

async function* wideText(pieces: AsyncIterable<Uint8Array>, encoding: WideEncoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  for await (const piece of pieces) yield* undamaged(decoder.decode(piece, { stream: true }));
  yield* undamaged(decoder.decode());
}

function* undamaged(text: string): Generator<string> {
  // What stands for half a letter.
  const damage = text.indexOf('\ufffd');
  if (damage === -1) return yield text;
  yield text.slice(0, damage);
  throw new NotText(`this line is damaged, half a letter is missing: ${saveAsText}`);
}

/** A text whose bytes below 128 are ASCII: cut after one of them, no piece ends within a letter. */
async function* narrowText(pieces: AsyncIterable<Uint8Array>, found: { encoding: Encoding }): AsyncGenerator<string> {
  const decoder = new NarrowDecoder(found);
  let held: Uint8Array = new Uint8Array();
  for await (const piece of pieces) {
    const bytes = Buffer.concat([held, piece]);
    const end = bytes.findLastIndex((byte) => byte < 0x80) + 1;
    held = bytes.subarray(end);
    yield* decoder.decode(bytes.subarray(0, end));
  }
  yield* decoder.decode(Buffer.from(held));
}

class NarrowDecoder {
  private sawUtf8 = false;
  private isFirst = true;
  private readonly utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  private readonly windows = new TextDecoder('windows-1252');

  constructor(private readonly found: { encoding: Encoding }) {}

  /** @param bytes whole letters */
  *decode(bytes: Buffer): Generator<string> {
    if (this.found.encoding === 'windows-1252') {
      yield* this.decodeWindows(bytes);
    } else if (isAscii(bytes)) {
      yield this.unmarked(bytes.toString('latin1'));
    } else if (isUtf8(bytes)) {
      this.sawUtf8 = true;
      yield this.unmarked(this.utf8.decode(bytes));
    } else {
      const { index, isFirst } = firstForeign(bytes);
      yield this.unmarked(this.utf8.decode(bytes.subarray(0, index)));
      if (this.sawUtf8 || !isFirst) {
        throw new NotText(`this line is not in UTF-8, and lines before it are: ${saveAsText}`);
      }
      this.found.encoding = 'windows-1252';
      yield* this.decodeWindows(bytes.subarray(index));
    }
  }

  private *decodeWindows(bytes: Buffer): Generator<string> {
    // Western words have no four such letters in a row; Cyrillic, Greek, Chinese… ones in their old encodings do.
    const foreign = /[\xa1-\xff]{4}/.exec(bytes.toString('latin1'));
    yield this.windows.decode(bytes.subarray(0, foreign?.index));
    if (foreign) throw new NotText(`the letters of this line are in an encoding that cannot be told: ${saveAsText}`);
  }

  private unmarked(text: string): string {
    const { isFirst } = this;
    this.isFirst = false;
    return isFirst && text.startsWith('\ufeff') ? text.slice(1) : text;
  }
}

/** Where the bytes cease to be UTF-8, and whether no letter before was one of UTF-8 beyond ASCII. */
function firstForeign(bytes: Buffer): { index: number; isFirst: boolean } {
  let isFirst = true;
  for (const { 0: run, index } of bytes.toString('latin1').matchAll(/[\x80-\xff]+/g)) {
    if (!isUtf8(Buffer.from(run, 'latin1'))) return { index, isFirst };
    isFirst = false;
  }
  return { index: bytes.length, isFirst };
}
