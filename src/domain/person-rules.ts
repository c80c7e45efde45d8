/**
 * What a portal accepts of a person, as plain functions: the starter's schema and the workflow use the same ones, and
 * workflow code can load nothing of Node. Each answers the problem as a sentence, or `undefined`.
 */

/** The portal's column for a first or last name (docspace-api.md §1.1). */
const nameLimit = 64;

/** The portal's shipped `core:username:regex` (docspace-api.md §1.1): no digits, no dots. */
const refusedInNames = /[^\p{L}\p{M}' -]/u;

const emailLimit = 254;
/** No character that nobody sees: copied from a page, it makes another address of one that looks right. */
const localPart = /^[^\s@<>()[\]\\,;:"\p{C}]+$/u;
const domainLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The problem with an e-mail that went through `normaliseEmail`. */
export function emailProblem(email: string): string | undefined {
  if (email === '') return 'the e-mail is missing';
  if (email.length > emailLimit) return `the e-mail is longer than ${emailLimit} characters`;
  if (isWellFormed(email)) return undefined;
  const bare = email
    .replace(/^.*</, '')
    .replace(/>[^>]*$/, '')
    .replace(/^mailto:/, '');
  const mend = bare !== email && isWellFormed(bare) ? `; write ${bare}` : '';
  return `"${email}" is not an e-mail address${mend}`;
}

function isWellFormed(email: string): boolean {
  const [local = '', domain = '', ...more] = email.split('@');
  const labels = domain.split('.');
  return (
    more.length === 0 &&
    localPart.test(local) &&
    !local.split('.').includes('') &&
    labels.length > 1 &&
    labels.every((label) => domainLabel.test(label))
  );
}

/** The problem with a first name, which must be there. */
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
  return `the ${which} name "${name}" has a character that a portal refuses: ${refused} (it takes letters, accents, ' - and spaces)`;
}
