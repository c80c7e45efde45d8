import { z } from 'zod';
import { ValidationError, ApiError } from './envelope.js';
import { employeeTypes, type EmployeeType } from './employee.js';

/** Bodies as the portal reads them: names in any case, unknown members skipped (docspace-api.md §0.1, §1.1). */

const typeNames = Object.keys(employeeTypes) as EmployeeType[];

/** Names in any case, or a number. They are flags: `RoomAdmin, Guest` is 3, a DocSpaceAdmin (docspace-api.md §3.2). */
function typeNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  let flags = 0;
  for (const word of value.split(',')) {
    const named = typeNames.find((name) => name.toLowerCase() === word.trim().toLowerCase());
    if (named === undefined) return undefined;
    flags |= employeeTypes[named];
  }
  return flags;
}

function typeNumbered(number: number | undefined): EmployeeType | undefined {
  return typeNames.find((name) => employeeTypes[name] === number);
}

const optional = (schema: z.ZodString) => schema.nullish().transform((value) => value ?? undefined);
const text = (name: string) =>
  optional(z.string().max(255, `The field ${name} must be a string with a maximum length of 255.`));

const emailRule = /^[^@]+@[^@]+$/;
const noEmail = 'The Email field is not a valid e-mail address.';

/** Left out it is All. */
const employeeType = z
  .unknown()
  .optional()
  .transform((value, context) => {
    const type = value === undefined || value === null ? 'All' : typeNumbered(typeNumber(value));
    if (type !== undefined) return type;
    context.addIssue({ code: 'invalid_type', expected: 'custom', message: 'It is no EmployeeType.' });
    return z.NEVER;
  });

const newMember = z.object({
  firstName: text('FirstName'),
  lastName: text('LastName'),
  email: text('Email').refine((email) => email === undefined || emailRule.test(email), noEmail),
  comment: optional(z.string()),
  type: employeeType,
});

const updateMember = z.object({
  firstName: text('FirstName'),
  lastName: text('LastName'),
  comment: optional(z.string()),
  disable: z.boolean().nullish(),
  isUser: z.boolean().nullish(),
  role: z.unknown().optional(),
});

const id = z
  .guid()
  .nullish()
  .transform((value) => value ?? undefined);

const bodies = {
  newMember,
  updateMember,
  userIds: z.object({ userIds: z.array(z.guid()).nullish() }),
  demotion: z.object({ type: employeeType, userId: id, reassignUserId: id }),
};

export type Bodies = { [Name in keyof typeof bodies]: z.output<(typeof bodies)[Name]> };

/** @throws {ValidationError} in the portal's validation shape */
export function readBody<Name extends keyof Bodies>(name: Name, body: string): Bodies[Name] {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new ValidationError({ $: ['The JSON value could not be read.'] });
  }
  if (json === null) throw new ValidationError({ '': ['A non-empty request body is required.'] });
  if (typeof json !== 'object' || Array.isArray(json))
    throw new ValidationError({ $: ['The JSON value is not an object.'] });
  const members = Object.keys(bodies[name].shape);
  const cased = Object.entries(json).map(([key, value]: [string, unknown]) => {
    return [members.find((member) => member.toLowerCase() === key.toLowerCase()) ?? key, value];
  });
  const parsed = bodies[name].safeParse(Object.fromEntries(cased));
  if (parsed.success) return parsed.data as Bodies[Name];
  const errors: Record<string, string[]> = {};
  for (const issue of parsed.error.issues) (errors[keyOf(issue, name)] ??= []).push(issue.message);
  throw new ValidationError(errors);
}

/** A value of another type is an error of the JSON; else it is the member's name in C#, below the body's (§5). */
function keyOf({ code, path }: z.core.$ZodIssue, body: keyof Bodies): string {
  const member = String(path[0]);
  if (code === 'invalid_type' || body === 'userIds' || body === 'demotion') return `$.${member}`;
  return `${body === 'updateMember' ? 'UpdateMember.' : ''}${member.charAt(0).toUpperCase()}${member.slice(1)}`;
}

/**
 * The type in a route. An unknown one is a validation error, not a 404; flags that are no type bind, and are refused as
 * All is (docspace-api.md §3.2).
 */
export function readRouteType(value: string): EmployeeType {
  const number = typeNumber(value);
  if (number === undefined || number > 7) throw new ValidationError({ type: [`The value '${value}' is not valid.`] });
  return typeNumbered(number) ?? 'All';
}

const missing = (parameter: string): ApiError => new ApiError(400, `Value cannot be null. (Parameter '${parameter}')`);

export function readUserIds(body: string): string[] {
  const { userIds } = readBody('userIds', body);
  if (!userIds) throw missing('source');
  return userIds;
}

export function readEmail(value: string | undefined): string {
  if (value === undefined || value === '') throw missing('email');
  if (!emailRule.test(value)) throw new ValidationError({ Email: [noEmail] });
  return value;
}

/** The portal's shipped name rule (docspace-api.md §1.1). */
const nameRule = /^[\p{L}\p{M}' -]+$/u;

export function checkNames(firstName: string, lastName: string | undefined): void {
  if (nameRule.test(firstName) && (!lastName || nameRule.test(lastName))) return;
  throw new ApiError(400, 'Incorrect firstname or lastname');
}

interface Columns {
  firstName: string;
  lastName: string;
  notes: string;
}

type Unchecked = Omit<Columns, 'lastName'> & { lastName: string | undefined };

/** The checks of a create after the rights, in the portal's order. An e-mail that cannot be parsed is a 500 there too. */
export function checkNewMember({
  firstName,
  lastName,
  email,
  comment,
}: Bodies['newMember']): Unchecked & { email: string } {
  if (email === undefined) throw missing('address');
  if (/\s/.test(email.trim()) || email.trim().endsWith('.')) {
    throw new ApiError(500, 'The specified string is not in the form required for an e-mail address.');
  }
  if (firstName === undefined) throw missing('input');
  checkNames(firstName, lastName);
  return { firstName, lastName, email: email.trim(), notes: comment ?? '' };
}

/** What the attributes let through and the columns do not is a 500 in the real one too. */
export function checkColumns<Row extends Unchecked>(row: Row): Row & { lastName: string } {
  const { firstName, lastName, notes } = row;
  if (lastName === undefined || firstName.length > 64 || lastName.length > 64 || notes.length > 512) {
    throw new ApiError(500, 'An error occurred while saving the entity changes.', 'DbUpdateException');
  }
  return { ...row, lastName };
}
