/** A text as it may be shown: a character that nobody sees, or that would move a terminal's cursor, stands as its number. */
export function visible(text: string): string {
  return text.replaceAll(/\p{C}|[^\P{Z} ]/gu, (character) => {
    const number = character.codePointAt(0) ?? 0;
    return `<U+${number.toString(16).toUpperCase().padStart(4, '0')}>`;
  });
}

/** The same within JSON, as JSON writes a character by its number; one beyond U+FFFF is two. */
export function visibleInJson(json: string): string {
  return json.replaceAll(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}
