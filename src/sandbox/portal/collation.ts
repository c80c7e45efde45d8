const isAscii = /^[ -~]*$/;

/**
 * The form of a text that the portal's database compares. MySQL's utf8_general_ci ignores case and accents, so ü = u,
 * but ß is not ss (docspace-api.md §1.1).
 */
export function collationKey(text: string): string {
  // This shortcut is much faster, and lists compare every name.
  if (isAscii.test(text)) return text.toLowerCase();
  const withoutAccents = text.normalize('NFD').replaceAll(/\p{M}/gu, '');
  return withoutAccents.toLowerCase().replaceAll('ς', 'σ');
}
