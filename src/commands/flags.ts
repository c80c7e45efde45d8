import type { Duration } from '@temporalio/common';
import type { ZodType } from 'zod';
import { readCodec } from '../codec/settings.js';
import type { ConnectionFlags } from '../temporal/connection.js';
import { emailSchema, exampleInput, personSchema, roleSchema, type Person } from '../people/person.js';
import { noProblems, readKey, readOrigin } from '../program/settings.js';
import { parseDuration } from '../utils/duration.js';
import type { OnboardingInput } from '../contract/onboarding.js';
import { attentionReasons } from '../contract/attention-reasons.js';

/**
 * Reads what was asked for, with all its problems at once, before anything of Temporal is loaded: an input error answers at
 * once, and nothing was started. Each throws an {@link Exit} where there is a problem.
 */

export interface CommonFlags extends ConnectionFlags {
  json?: boolean;
}

export interface OnboardFlags extends CommonFlags {
  firstName?: string;
  lastName?: string;
  email?: string;
  role?: string;
  existing: string;
  /** Commander's name for `--no-mail`. */
  mail: boolean;
  roleWindow: string;
  giveUpAfter: string;
  allowDemotion?: boolean;
  detach?: boolean;
  yes?: boolean;
}

export interface OnboardRequest {
  person: Person;
  /** Whether nobody was named, so that the documented example is meant. */
  isExample: boolean;
  options: Pick<OnboardingInput, 'existing' | 'mail' | 'roleWindow' | 'giveUpAfter' | 'allowDemotion'>;
}

export function readOnboard(flags: OnboardFlags, problems: string[]): OnboardRequest {
  const isExample = [flags.firstName, flags.lastName, flags.email, flags.role].every((value) => value === undefined);
  const person = readPerson(isExample ? exampleInput : flags, problems);
  const { existing, mail, roleWindow, giveUpAfter, allowDemotion } = flags;
  const asked = readExisting(existing, problems);
  if (parseDuration(roleWindow) === undefined) {
    problems.push(`--role-window is a duration such as 7d, 12h or 0, not "${roleWindow}"`);
  }
  if (!parseDuration(giveUpAfter)) problems.push(`--give-up-after is a duration such as 24h, not "${giveUpAfter}"`);
  withSettings(problems);
  return {
    person,
    isExample,
    options: {
      existing: asked,
      mail,
      roleWindow: roleWindow as Duration,
      giveUpAfter: giveUpAfter as Duration,
      ...(allowDemotion && { allowDemotion }),
    },
  };
}

/** What to do with an account that somebody else made. */
export function readExisting(existing: string, problems: string[]): 'fail' | 'adopt' {
  if (existing === 'fail' || existing === 'adopt') return existing;
  problems.push(`--existing is fail or adopt, not "${existing}"`);
  return 'fail';
}

export function readRoleChange(email: string, role: string, problems: string[]): { email: string; role: string } {
  const change = { email: read(emailSchema, email, problems), role: read(roleSchema, role, problems) };
  withSettings(problems);
  return change;
}

export function readEmail(email: string | undefined, problems: string[]): string | undefined {
  const known = email === undefined ? undefined : read(emailSchema, email, problems);
  withSettings(problems);
  return known;
}

export interface StatusFlags extends CommonFlags {
  batch?: string;
  history?: boolean;
  watch?: boolean;
}

/** Who is meant: a person by e-mail, or a batch by its id, with or without the word before it. */
export function readTarget(
  given: string | undefined,
  { batch, history, watch }: StatusFlags,
  problems: string[],
  { needed = false } = {},
): { email?: string; batch?: string } {
  if (history && given === undefined) problems.push('--history is of one person: name the e-mail');
  if (history && watch) problems.push('--history and --watch exclude each other');
  if (batch !== undefined) {
    if (given !== undefined) problems.push('name one person by e-mail, or a batch by --batch, not both');
    const id = batch.startsWith('batch:') ? batch : `batch:${batch}`;
    if (!/^batch:[\da-f]+$/.test(id)) problems.push(`--batch is the id that import prints, not "${batch}"`);
    withSettings(problems);
    return { batch: id };
  }
  if (needed && given === undefined) problems.push('name one person by e-mail, or a batch by --batch');
  const email = readEmail(given, problems);
  return email === undefined ? {} : { email };
}

export interface RetryFlags extends CommonFlags {
  all?: boolean;
  reason?: string;
}

export function readRetry(
  email: string | undefined,
  { all, reason }: RetryFlags,
  problems: string[],
): string | undefined {
  if ((email === undefined) !== (all === true)) problems.push('name one person by e-mail, or say --all');
  if (reason !== undefined && !all) problems.push('--reason goes with --all');
  if (reason !== undefined && !attentionReasons.some((known) => known === reason)) {
    problems.push(`--reason is one of ${attentionReasons.join(', ')}, not "${reason}"`);
  }
  return readEmail(email, problems);
}

function readPerson(flags: Partial<Person>, problems: string[]): Person {
  const names = { firstName: '--first-name', lastName: '--last-name', email: '--email', role: '--role' } as const;
  const parsed = personSchema.safeParse(flags);
  if (parsed.success) return parsed.data;
  for (const { path, message, code } of parsed.error.issues) {
    const name = names[path[0] as keyof typeof names];
    problems.push(code === 'invalid_type' ? `${name} is missing` : `${name}: ${message}`);
  }
  return exampleInput;
}

/** @param name what a problem begins with */
export function read(schema: ZodType<string>, text: string, problems: string[], name = ''): string {
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data;
  problems.push(...parsed.error.issues.map(({ message }) => `${name}${message}`));
  return text;
}

/** @throws {Exit} with all problems so far and those of the settings */
export function withSettings(problems: string[]): void {
  readOrigin(process.env, problems);
  readKey(process.env, problems);
  readCodec(process.env, problems);
  noProblems(problems);
}
