/** Characters that nobody sees. An address that contains one is a different address but looks the same. */
export const invisible = /[\p{C}\p{Default_Ignorable_Code_Point}]/u;

/** Characters beyond U+FFFF, such as emoji. A portal neither keeps them in a name nor searches for them. */
export const beyondBasicPlane = /[\u{10000}-\u{10FFFF}]/u;

/** ASCII characters, and the characters of other scripts that look like them (from Unicode's confusables.txt). */
const lookAlikes: Readonly<Record<string, string>> = {
  a: 'аα',
  b: 'вβ',
  c: 'сϲ',
  d: 'ԁ',
  e: 'еε',
  h: 'нһη',
  i: 'іι',
  j: 'јϳ',
  k: 'кκ',
  l: 'ӏ',
  m: 'м',
  n: 'ո',
  o: 'оοօ',
  p: 'рρ',
  q: 'ԛ',
  s: 'ѕ',
  t: 'тτ',
  u: 'υս',
  v: 'νѵ',
  w: 'ԝω',
  x: 'хχ',
  y: 'уγ',
  '-': '‐‑‒–—―−',
  "'": '‘’‛′´ʼʻ',
};

const asciiOf = new Map(
  Object.entries(lookAlikes).flatMap(([ascii, others]) => Array.from(others, (other) => [other, ascii] as const)),
);

/** The text in lower case, with look-alikes replaced by ASCII and invisible characters removed. */
export function toAsciiLookAlike(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase().replaceAll('i\u0307', 'i');
  return Array.from(folded, (character) => asciiOf.get(character) ?? (invisible.test(character) ? '' : character)).join(
    '',
  );
}

/** Scripts of one word; Japanese and Korean words use several. Common and inherited characters fit all of them. */
const scripts: readonly (readonly [name: string, letters: RegExp])[] = [
  ['Latin', /\p{scx=Latin}/u],
  ['Cyrillic', /\p{scx=Cyrillic}/u],
  ['Greek', /\p{scx=Greek}/u],
  ['Armenian', /\p{scx=Armenian}/u],
  ['Georgian', /\p{scx=Georgian}/u],
  ['Hebrew', /\p{scx=Hebrew}/u],
  ['Arabic', /\p{scx=Arabic}/u],
  ['Devanagari', /\p{scx=Devanagari}/u],
  ['Bengali', /\p{scx=Bengali}/u],
  ['Tamil', /\p{scx=Tamil}/u],
  ['Thai', /\p{scx=Thai}/u],
  ['Chinese or Japanese', /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}]/u],
  ['Korean', /[\p{scx=Hangul}\p{scx=Han}]/u],
];

/** The first letter whose script differs from the rest. If the text has a Latin letter, the first that is not Latin. */
export function letterOfOtherScript(text: string): string | undefined {
  const letters = text.match(/\p{L}/gu) ?? [];
  const present = scripts.filter(([, script]) => letters.some((letter) => script.test(letter)));
  if (present.some(([, script]) => letters.every((letter) => script.test(letter)))) return undefined;
  const [main] = present;
  return main && letters.find((letter) => !main[1].test(letter));
}

const names: Readonly<Record<string, string>> = {
  "'": 'an apostrophe in front',
  '*': 'an asterisk in front',
  '=': 'an equals sign in front',
  '#': 'a number sign in front',
  İ: 'the Turkish capital I with a dot',
  'i\u0307': 'the Turkish capital I with a dot',
  '‘': 'a left single quotation mark',
  '’': 'a right single quotation mark',
  '“': 'a left double quotation mark',
  '”': 'a right double quotation mark',
  '„': 'a low double quotation mark',
  '•': 'a bullet',
  '·': 'a middle dot',
  '‐': 'a typographic hyphen',
  '‑': 'a non-breaking hyphen',
  '–': 'an en dash',
  '—': 'an em dash',
  '−': 'a minus sign',
  '\u00a0': 'a no-break space',
  '\u00ad': 'a soft hyphen',
  '\u034f': 'a combining grapheme joiner',
  '\u200b': 'a zero-width space',
  '\u200c': 'a zero-width non-joiner',
  '\u200d': 'a zero-width joiner',
  '\u200e': 'a left-to-right mark',
  '\u200f': 'a right-to-left mark',
  '\u2060': 'a word joiner',
  '\u3164': 'a Hangul filler',
  '\ufe0f': 'a variation selector',
  '\ufeff': 'a byte order mark',
};

/** A character as a message names it: `the Cyrillic letter "а" (U+0430)`. */
export function describeCharacter(character: string): string {
  const number = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  return `${names[character] ?? kindOf(character)} (${number})`;
}

function kindOf(character: string): string {
  if (invisible.test(character)) return 'an invisible character';
  if (character !== character.normalize('NFKC')) return `a compatibility form of "${character.normalize('NFKC')}"`;
  const script = /\p{L}/u.test(character) ? scripts.find(([, letters]) => letters.test(character))?.[0] : undefined;
  return script === undefined ? `"${character}"` : `the ${script} letter "${character}"`;
}

/** The form in which words with the same meaning are equal: case, spaces, hyphens and underscores do not matter. */
export function wordKey(word: string): string {
  return word
    .slice(0, 100)
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(/[\s_-]/g, '');
}
