import { ApiError } from './errors.js';

/**
 * The address as .NET's `MailAddress` reads it: it accepts a display name, a quoted local part and a trailing dot
 * (docspace-api.md §1.1).
 */
export function parseMailAddress(text: string): string {
  const bracketed = /<([^<>]*)>$/.exec(text.trim())?.[1];
  const address = bracketed ?? /("[^"]*"|[^\s"]*)@\S*$/.exec(text.trim())?.[0];
  if (address && !/\.\.|\\|^\.|\.@/.test(address)) return address;
  throw new ApiError(500, 'An invalid character was found in the mail header.', 'System.FormatException');
}
