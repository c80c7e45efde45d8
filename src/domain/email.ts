import { domainToASCII } from 'node:url';

/** Domains that have another form in ASCII. Anything else would be made one by `domainToASCII`, which drops line ends. */
const foreignDomain = /^(?=.*\P{ASCII})[\p{L}\p{M}\p{N}.。．｡-]+$/u;

/**
 * The one form of an e-mail: trimmed, lower case, the domain in its IDN ASCII form. Portals differ in how they compare
 * (docspace-api.md §1.1: MySQL ignores case, PostgreSQL does not), so that every e-mail is brought to this form where
 * it enters and compared in it.
 */
export function normaliseEmail(text: string): string {
  const email = text.trim().normalize('NFC').toLowerCase();
  const at = email.lastIndexOf('@');
  const domain = email.slice(at + 1);
  const ascii = at > 0 && foreignDomain.test(domain) ? domainToASCII(domain) : '';
  return ascii === '' ? email : `${email.slice(0, at)}@${ascii}`;
}
