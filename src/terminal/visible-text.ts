/** Replaces each character that is invisible, or would move a terminal's cursor, with its code point. */
export function visible(text: string): string {
  return text.replaceAll(/\p{C}|[^\P{Z} ]/gu, (character) => {
    const number = character.codePointAt(0) ?? 0;
    return `<U+${number.toString(16).toUpperCase().padStart(4, '0')}>`;
  });
}

/** The same within JSON, which writes a character beyond U+FFFF as two escapes. */
export function visibleInJson(json: string): string {
  return json.replaceAll(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}
