import type { Employee } from './employee.js';
import { ApiError, entityNotSaved, valueMissing } from './errors.js';
import type { Bodies } from './requests.js';

/**
 * The portal's shipped rule. It sees a character beyond the BMP as two surrogates, which are no letters (docspace-api.md
 * §1.1).
 */
const nameRule = /^[\p{L}\p{M}' -]+$/u;
const beyondBmp = /[\u{10000}-\u{10ffff}]/u;

function isName(name: string): boolean {
  return nameRule.test(name) && !beyondBmp.test(name);
}

export function checkNames(firstName: string, lastName: string | undefined): void {
  if (isName(firstName) && (!lastName || isName(lastName))) return;
  throw new ApiError(400, 'Incorrect firstname or lastname');
}

type UncheckedColumns = Pick<Employee, 'firstName' | 'notes'> & { lastName: string | undefined };

/** The checks of a create that follow the rights, in the portal's order. */
export function checkNewMember({
  firstName,
  lastName,
  email: address,
  comment,
  password,
}: Bodies['newMember']): UncheckedColumns & { email: string } {
  if (password !== undefined && !/^[\x21-\x7e]{8,30}$/.test(password)) {
    throw new ApiError(400, 'Password must contain from 8 to 30 characters, only latin letters, no spaces');
  }
  if (address === undefined) throw valueMissing('address');
  const parsed = parseMailAddress(address);
  if (firstName === undefined) throw valueMissing('input');
  checkNames(firstName, lastName);
  return { firstName, lastName, email: parsed, notes: comment ?? '' };
}

/**
 * The address as .NET's `MailAddress` reads it: it accepts a display name, a quoted local part and a trailing dot
 * (docspace-api.md §1.1).
 */
function parseMailAddress(text: string): string {
  const bracketed = /<([^<>]*)>$/.exec(text.trim())?.[1];
  const address = bracketed ?? /("[^"]*"|[^\s"]*)@\S*$/.exec(text.trim())?.[0];
  if (address && !/\.\.|\\|^\.|\.@/.test(address)) return address;
  throw new ApiError(500, 'An invalid character was found in the mail header.', 'System.FormatException');
}

/** Limits of the columns, in UTF-16 code units. */
const maxLengths = { firstName: 64, lastName: 64, notes: 512 };

export function checkColumns<Row extends UncheckedColumns>(row: Row): Row & { lastName: string } {
  for (const [column, max] of Object.entries(maxLengths)) {
    if ((row[column as keyof UncheckedColumns] ?? '').length <= max) continue;
    const name = `${column.charAt(0).toUpperCase()}${column.slice(1)}`;
    throw new ApiError(400, `The field ${name} must be a string or array type with a maximum length of '${max}'.`);
  }
  const { lastName } = row;
  if (lastName === undefined) throw entityNotSaved();
  return { ...row, lastName };
}

/** The database's character set has no character beyond the BMP. */
export function toColumn(value: string): string {
  return value.replaceAll(/[\u{10000}-\u{10ffff}]/gu, '?');
}
