import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';

/** Encodings that programs use by mistake to read UTF-8. */
const wrongEncodings = ['windows-1252', 'latin1', 'windows-1250', 'windows-1251', 'macintosh'];

const otherScript = String.raw`[^\p{ASCII}\p{scx=Latin}\p{sc=Common}\u0300-\u036f]`;

/** A word of ASCII letters and letters or marks of another script. Nobody writes one, but misread bytes make one. */
const mixedWord = new RegExp(String.raw`[A-Za-z]\S*${otherScript}|${otherScript}\S*[A-Za-z]`, 'u');

const lettersOnly = /^[\p{L}\p{M}' -]+$/u;

/** The text before a program read its UTF-8 in another encoding (`RaÃºl` → `Raúl`); `undefined` if none did. */
export function repairMojibake(text: string): string | undefined {
  if (!/\P{ASCII}/u.test(text)) return undefined;
  for (const encoding of wrongEncodings) {
    const bytes = iconv.encode(text, encoding);
    if (isUtf8(bytes) && iconv.decode(bytes, encoding) === text && /[\x80-\xff]/.test(bytes.toString('latin1'))) {
      const repaired = bytes.toString('utf8');
      // A file that went wrong twice is garbled twice.
      if (isPlausibleRepair(text, repaired)) return repairMojibake(repaired) ?? repaired;
    }
  }
  return undefined;
}

/** Capitals such as `RÓŻA` are UTF-8 in an old encoding by chance. Their "repair" is no text that anybody writes. */
function isPlausibleRepair(text: string, repaired: string): boolean {
  const losesLetters = lettersOnly.test(text) && !lettersOnly.test(repaired);
  return !mixedWord.test(repaired) && !losesLetters;
}
