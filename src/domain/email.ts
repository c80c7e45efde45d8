import { describeCharacter, invisible, letterOfOtherScript, toAsciiLookAlike } from './characters.js';

/** Domains with a second, ASCII form. `URL` would also rewrite anything else, and drop line ends. */
const internationalDomain = /^(?=.*\P{ASCII})[\p{L}\p{M}\p{N}.。．｡-]+$/u;

/**
 * Normalizes an e-mail: trimmed, composed (NFC), lower case, the domain in ASCII (IDNA). Portals compare e-mails
 * differently (docspace-api.md §1.1: MySQL ignores case, PostgreSQL does not), so every e-mail is normalized on
 * entry.
 */
export function normalizeEmail(text: string): string {
  const email = text.trim().normalize('NFC').toLowerCase();
  const { local, domain } = split(email);
  const url = `http://${domain}`;
  return local !== '' && internationalDomain.test(domain) && URL.canParse(url)
    ? `${local}@${new URL(url).hostname}`
    : email;
}

const lengthLimit = 254;
const localLengthLimit = 64;
const domainLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** No such domain has one character or only digits: `127.0.0.1` is an IP address, which the portal's own pages refuse, too. */
const topLevelLabel = /^(?=.*[a-z])../;

/** RFC 5321 atoms, and letters of other scripts (RFC 6531). */
const unexpectedInLocal = /[^\p{L}\p{M}\p{Nd}!#$%&'*+/=?^_`{|}~.-]/u;
const unexpectedInDomain = /[^\p{L}\p{M}\p{N}.。．｡-]/u;
/** No mail system assigns an address with such a first character. It comes from a list or a spreadsheet. */
const unexpectedFirst = /^[^\p{L}\p{Nd}_+-]/u;
/** The Turkish capital İ. In lower case it is not an i, so it would make a second account. */
const dottedI = /İ|i\u0307/iu;

/** The problem with an e-mail as somebody wrote it. If the intended address is obvious, the sentence names it. */
export function emailProblem(text: string): string | undefined {
  const email = normalizeEmail(text);
  if (email === '') return 'the e-mail is missing';
  if (email.length > lengthLimit) return `the e-mail is longer than ${lengthLimit} characters`;
  if (split(email).local.length > localLengthLimit) {
    return `the e-mail has more than ${localLengthLimit} characters before the @`;
  }
  const unexpected = unexpectedCharacter(text.trim().normalize('NFC'));
  if (unexpected === undefined && isWellFormed(email)) return undefined;
  const reason = unexpected === undefined ? '' : `: it contains ${describeCharacter(unexpected)}`;
  const intended = intendedEmail(text);
  return `"${email}" is not an e-mail address${reason}${intended === undefined ? '' : `; write ${intended}`}`;
}

function unexpectedCharacter(email: string): string | undefined {
  const { local, domain } = split(email);
  const [first] =
    invisible.exec(email) ??
    unexpectedFirst.exec(local) ??
    unexpectedInLocal.exec(local) ??
    dottedI.exec(local) ??
    unexpectedInDomain.exec(domain) ??
    [];
  if (first !== undefined) return first;
  const compatibility = Array.from(local).find((character) => character !== character.normalize('NFKC'));
  return compatibility ?? [local, ...domain.split('.')].map(letterOfOtherScript).find((letter) => letter !== undefined);
}

/** The address without what lists and mail programs add around it, and with look-alikes replaced by ASCII. */
function intendedEmail(text: string): string | undefined {
  const email = normalizeEmail(
    toAsciiLookAlike(text)
      .replace(/^.*</s, '')
      .replace(/>.*$/s, '')
      .replace(/^(?:mailto|smtp):/i, '')
      .replace(/\?.*$/s, '')
      .replace(/^[^\p{L}\p{Nd}_]+/u, '')
      .replace(/[^\p{L}\p{Nd}]+$/u, ''),
  );
  return unexpectedCharacter(email) === undefined && isWellFormed(email) ? email : undefined;
}

/** @param email normalized */
function isWellFormed(email: string): boolean {
  const { local, domain } = split(email);
  const labels = domain.split('.');
  return (
    local !== '' &&
    !local.includes('@') &&
    !local.split('.').includes('') &&
    labels.length > 1 &&
    labels.every((label) => domainLabel.test(label)) &&
    topLevelLabel.test(labels.at(-1) ?? '')
  );
}

function split(email: string): { local: string; domain: string } {
  const at = email.lastIndexOf('@');
  return at === -1 ? { local: email, domain: '' } : { local: email.slice(0, at), domain: email.slice(at + 1) };
}
