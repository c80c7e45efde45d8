import { domainToUnicode } from 'node:url';

/**
 * The e-mail as people type it if its domain is not ASCII: `zoe@exämple.de` for `zoe@xn--exmple-cua.de`. A portal
 * stores an e-mail as it was typed, and does not find it by the other spelling.
 *
 * @param email normalized
 */
export function unicodeSpelling(email: string): string | undefined {
  const at = email.lastIndexOf('@') + 1;
  const domain = email.slice(at);
  const typed = /(?:^|\.)xn--/.test(domain) ? domainToUnicode(domain) : '';
  return typed === '' || typed === domain ? undefined : email.slice(0, at) + typed;
}
