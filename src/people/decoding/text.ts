import { decoded, NotText, type Encoding } from './encoding.js';
import { Unreadable } from '../problem.js';

/** What a file turned out to be written in, known once it was read. */
export interface Writing {
  encoding: Encoding;
  /** Its first line end; the CR of an old Mac counts as LF. */
  lineEnd: '\n' | '\r\n';
}

/**
 * The text of a file, piece by piece, every line end an LF: so that lines are counted alike everywhere.
 *
 * @throws {Unreadable} where it is no text
 */
export async function* textOf(source: AsyncIterable<Uint8Array>, found: Writing): AsyncGenerator<string> {
  let line = 1;
  let held = '';
  let sawLineEnd = false;
  try {
    for await (const piece of decoded(source, found)) {
      const whole = held + piece;
      // The LF that belongs to a last CR may be in the next piece.
      held = whole.endsWith('\r') ? '\r' : '';
      const text = held === '' ? whole : whole.slice(0, -1);
      const lineEnd: string | undefined = sawLineEnd ? undefined : /\r\n?|\n/.exec(text)?.[0];
      if (lineEnd === '\r\n') found.lineEnd = lineEnd;
      sawLineEnd ||= lineEnd !== undefined;
      const zero = text.indexOf('\0');
      const good = withLineFeeds(zero === -1 ? text : text.slice(0, zero));
      line += lineFeedsIn(good);
      yield good;
      if (zero !== -1) {
        throw new NotText('this is not a text: here is a NUL character, which no CSV and no JSON has');
      }
    }
    yield withLineFeeds(held);
  } catch (error) {
    if (error instanceof NotText) throw new Unreadable(line + held.length, error.message);
    throw error;
  }
}

function withLineFeeds(text: string): string {
  return text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text;
}

export function lineFeedsIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
