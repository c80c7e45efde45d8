/** The names that a portal accepts. Each function returns the problem as a sentence, or `undefined`. */

/** Width of the portal's column for a first or last name (docspace-api.md §1.1). */
const nameLimit = 64;

/** The portal's `core:username:regex` (docspace-api.md §1.1). .NET reads UTF-16 halves, so nothing beyond the BMP matches. */
const refusedInNames = /[^\p{L}\p{M}' -]|[\u{10000}-\u{10FFFF}]/u;

/** The problem with a first name, which is required. */
export function firstNameProblem(name: string): string | undefined {
  return name === '' ? 'the first name is missing' : nameProblem('first', name);
}

/** The problem with a last name, which may be empty (docspace-api.md §1.1). */
export function lastNameProblem(name: string): string | undefined {
  return name === '' ? undefined : nameProblem('last', name);
}

function nameProblem(which: string, name: string): string | undefined {
  if (name.length > nameLimit) return `the ${which} name is longer than ${nameLimit} characters`;
  const refused = refusedInNames.exec(name)?.[0];
  if (refused === undefined) return undefined;
  const rule =
    (refused.codePointAt(0) ?? 0) > 0xffff
      ? 'it knows no characters beyond U+FFFF'
      : "it accepts letters, accents, ' - and spaces";
  return `the ${which} name "${name}" contains "${refused}", which a portal refuses: ${rule}`;
}
