import { z } from 'zod';
import { employeeTypes, type EmployeeType } from './people.js';
import { Invalid, Thrown } from './answers.js';

/** Bodies as the portal reads them: names in any case, unknown members skipped (docspace-api.md §0.1, §1.1). */

const typeNames = Object.keys(employeeTypes) as EmployeeType[];

/** A name in any case or a number; `undefined` where it is neither. */
export function employeeTypeOf(value: unknown): EmployeeType | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeNames.find(
    (name) =>
      employeeTypes[name] === number || (typeof value === 'string' && name.toLowerCase() === value.toLowerCase()),
  );
}

const text = (name: string, limit: number) =>
  z
    .string()
    .max(limit, `The field ${name} must be a string with a maximum length of ${limit}.`)
    .nullish()
    .transform((value) => value ?? undefined);

const newMember = z.object({
  firstName: text('FirstName', 255),
  lastName: text('LastName', 255),
  email: text('Email', 255).refine(
    (email) => email === undefined || /^[^@]+@[^@]+$/.test(email),
    'The Email field is not a valid e-mail address.',
  ),
  comment: text('Comment', 512),
  type: z
    .unknown()
    .transform((value) => (value === undefined || value === null ? 'All' : employeeTypeOf(value)))
    .refine((type) => type !== undefined, 'The JSON value could not be converted to EmployeeType.'),
});

const members = {
  newMember,
  update: z.object({ disable: z.boolean().nullish(), isUser: z.boolean().nullish(), role: z.unknown().optional() }),
  userIds: z.object({ userIds: z.array(z.string()).nullish() }),
};

type Shapes = { [Name in keyof typeof members]: z.output<(typeof members)[Name]> };

/** @throws {Invalid} in the portal's validation shape, with the names of the fields in C# case. */
export function readBody<Name extends keyof Shapes>(name: Name, body: string): Shapes[Name] {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new Invalid({ $: ['The JSON value could not be read.'] });
  }
  if (typeof json !== 'object' || json === null) throw new Invalid({ '': ['A non-empty request body is required.'] });
  const cased = Object.fromEntries(
    Object.entries(json).map(([key, value]) => [key.charAt(0).toLowerCase() + key.slice(1), value as unknown]),
  );
  const parsed = members[name].safeParse(cased);
  if (parsed.success) return parsed.data as Shapes[Name];
  const errors: Record<string, string[]> = {};
  for (const { path, message } of parsed.error.issues) {
    const member = String(path[0] ?? '');
    (errors[member.charAt(0).toUpperCase() + member.slice(1)] ??= []).push(message);
  }
  throw new Invalid(errors);
}

/** The type in a route: an unknown one is a validation error, not a 404. */
export function readRouteType(value: string): EmployeeType {
  const type = employeeTypeOf(value);
  if (type === undefined) throw new Invalid({ type: [`The value '${value}' is not valid.`] });
  return type;
}

const missing = (parameter: string): Thrown => new Thrown(400, `Value cannot be null. (Parameter '${parameter}')`);

export function readUserIds(body: string): string[] {
  const { userIds } = readBody('userIds', body);
  if (!userIds) throw missing('source');
  return userIds;
}

/** The portal's shipped name rule (docspace-api.md §1.1). */
const nameRule = /^[\p{L}\p{M}' -]+$/u;

/**
 * The checks of a create after the rights, in the portal's order. Some problems are a 500 in the real one too: a name that
 * the attribute lets through and the column does not, and an e-mail that passes the attribute and cannot be parsed.
 */
export function checkNewMember(member: Shapes['newMember']): { firstName: string; lastName: string; email: string } {
  const { firstName, lastName, email } = member;
  if (email === undefined) throw missing('address');
  if (/\s/.test(email.trim()) || email.trim().endsWith('.')) {
    throw new Thrown(500, 'The specified string is not in the form required for an e-mail address.');
  }
  if (firstName === undefined) throw missing('input');
  if (!nameRule.test(firstName) || (lastName && !nameRule.test(lastName))) {
    throw new Thrown(400, 'Incorrect firstname or lastname');
  }
  if (lastName === undefined || firstName.length > 64 || lastName.length > 64) {
    throw new Thrown(500, 'An error occurred while saving the entity changes.', 'DbUpdateException');
  }
  return { firstName, lastName, email: email.trim() };
}
