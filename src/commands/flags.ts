import type { ZodType } from 'zod';
import { emailSchema, roleSchema } from '../people/person.js';
import { requireSettings } from '../program/settings/read-settings.js';
import { starterSettings, type Settings } from '../program/settings/starter-settings.js';

/** Parsers that several commands share. Each adds errors to `problems`, so a command reports everything at once. */

export function parseEmail(email: string, problems: string[]): string {
  return parse(emailSchema, email, problems);
}

export function parseRoleName(role: string, problems: string[], prefix = ''): string {
  return parse(roleSchema, role, problems, prefix);
}

function parse(schema: ZodType<string>, text: string, problems: string[], prefix = ''): string {
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data;
  problems.push(...parsed.error.issues.map(({ message }) => `${prefix}${message}`));
  return text;
}

/** Longer than any name of a group or title of a room at a portal. The onboarding ignores a much longer one. */
const maxPlaceName = 200;

/** The name or id of a group or room. An empty one may come from an unset variable of a shell. */
export function parsePlaceName(kind: 'group' | 'room', text: string, problems: string[]): string {
  const name = text.trim().normalize('NFC');
  if (name === '') problems.push(`the name of the ${kind} is missing`);
  if (name.length > maxPlaceName) problems.push(`the name of the ${kind} has more than ${maxPlaceName} characters`);
  return name;
}

/** What to do with an account that somebody else created. */
export function parseExisting(existing: string, problems: string[]): 'fail' | 'adopt' {
  if (existing === 'fail' || existing === 'adopt') return existing;
  problems.push(`--existing is fail or adopt, not "${existing}"`);
  return 'fail';
}

export interface Target {
  email?: string;
  /** A workflow id: `batch:…`. */
  batch?: string;
}

/** One person by e-mail, or one batch by its id, with or without the prefix. */
export function parseTarget(email: string | undefined, batch: string | undefined, problems: string[]): Target {
  if (batch === undefined) return email === undefined ? {} : { email: parseEmail(email, problems) };
  if (email !== undefined) problems.push('name one person by e-mail, or a batch by --batch, not both');
  const id = batch.startsWith('batch:') ? batch : `batch:${batch}`;
  if (!/^batch:[\da-f]+$/.test(id)) problems.push(`--batch is the id that import prints, not "${batch}"`);
  return { batch: id };
}

/**
 * Reads the settings, once all options are parsed.
 *
 * @throws {Exit} with all problems so far and those of the settings
 */
export function readStarterSettings(problems: readonly string[]): Settings {
  return requireSettings(starterSettings, problems);
}
