import iconv from 'iconv-lite';
import { letterOfOtherScript } from '../../domain/characters.js';

/** How a file with an unknown encoding reads in one of the possible encodings. */
export interface Reading {
  encoding: string;
  words: readonly string[];
}

/** Encodings that spreadsheets write, the most frequent first. */
const candidates = [
  'windows-1252',
  'windows-1250',
  'windows-1251',
  'windows-1253',
  'windows-1254',
  'windows-1255',
  'windows-1256',
  'windows-1257',
  'windows-874',
  'macintosh',
  'cp850',
  'cp866',
  'koi8-r',
  'shift_jis',
  'gb18030',
  'big5',
  'euc-kr',
];

/** The plausible readings that differ from each other. A person can choose between them; a machine cannot. */
export function readingsOf(latin1Words: readonly string[]): Reading[] {
  const bytes = latin1Words.map((word) => Buffer.from(word, 'latin1'));
  const byText = new Map<string, Reading>();
  for (const encoding of candidates) {
    const words = bytes.map((word) => iconv.decode(word, encoding));
    const text = words.join(' ');
    if (!/[\ufffd\p{C}]/u.test(text) && !byText.has(text)) byText.set(text, { encoding, words });
  }
  const readings = [...byText.values()].map((reading) => ({ reading, odd: reading.words.filter(isOdd).length }));
  const fewestOdd = Math.min(...readings.map(({ odd }) => odd));
  return readings.filter(({ odd }) => odd === fewestOdd).map(({ reading }) => reading);
}

/** Whether a word is no name: it has signs, a capital after a small letter, or letters of several scripts. */
function isOdd(word: string): boolean {
  const isName = /^[\p{Lu}\p{Ll}\p{Lo}\p{M}' -]+$/u.test(word) && word === word.normalize('NFKC');
  return !isName || /\p{Ll}\p{Lu}/u.test(word) || letterOfOtherScript(word) !== undefined;
}
