import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';

/** Encodings that programs use by mistake to read UTF-8. */
const wrongEncodings = ['windows-1252', 'latin1', 'windows-1250', 'windows-1251', 'macintosh'];

/** The text before a program read its UTF-8 in another encoding (`RaÃºl` → `Raúl`); `undefined` if none did. */
export function repairMojibake(text: string): string | undefined {
  if (!/\P{ASCII}/u.test(text)) return undefined;
  for (const encoding of wrongEncodings) {
    const bytes = iconv.encode(text, encoding);
    if (isUtf8(bytes) && iconv.decode(bytes, encoding) === text && /[\x80-\xff]/.test(bytes.toString('latin1'))) {
      return bytes.toString('utf8');
    }
  }
  return undefined;
}
