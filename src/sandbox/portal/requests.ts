import type { Context } from 'hono';
import { z } from 'zod';
import { employeeTypes, type EmployeeType } from './employee.js';
import { ValidationError, valueMissing } from './errors.js';
import { roomTypes } from './room.js';
import { toAccess } from './room-access.js';

/** Bodies as the portal reads them: member names in any case, unknown members skipped (docspace-api.md §0.1, §1.1). */

const typeNames = Object.keys(employeeTypes) as EmployeeType[];

/** Names in any case, or a number. They are flags: `RoomAdmin, Guest` is 3, a DocSpaceAdmin (docspace-api.md §3.2). */
function toTypeNumber(value: unknown): number | undefined {
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

/** A number without a type adds no group, as if it were absent. */
function toType(number: number): EmployeeType {
  return typeNames.find((name) => employeeTypes[name] === number) ?? 'All';
}

const optional = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? undefined);
const text = (name: string) =>
  optional(z.string().max(255, `The field ${name} must be a string with a maximum length of 255.`));

function refuseType(context: z.RefinementCtx, message = 'The JSON value could not be converted.'): never {
  context.addIssue({ code: 'invalid_type', expected: 'custom', message });
  return z.NEVER;
}

const emailRule = /^[^@]+@[^@]+$/;
const noEmail = 'The Email field is not a valid e-mail address.';
const email = text('Email').refine((value) => value === undefined || emailRule.test(value), noEmail);

const employeeType = z
  .unknown()
  .optional()
  .transform((value, context) => {
    const number = value === undefined ? 0 : toTypeNumber(value);
    if (number !== undefined) return toType(number);
    return refuseType(context, 'The JSON value could not be converted to ASC.Core.Users.EmployeeType.');
  });

const ids = optional(z.array(z.guid()));
const idsOrNothing = z.array(z.guid()).nullish();
const groupName = z.string().max(128, 'The field GroupName must be a string with a maximum length of 128.');

/** A name in any case, or a number, which need not be a type. */
const roomType = z.union([z.number(), z.string()]).transform((value, context) => {
  if (typeof value === 'number') return value;
  const named = Object.entries(roomTypes).find(([name]) => name.toLowerCase() === value.toLowerCase());
  if (named) return named[1];
  return refuseType(context);
});

const access = z
  .unknown()
  .optional()
  .transform((value, context) => {
    if (typeof value !== 'object' || value === null) return toAccess(value);
    return refuseType(context);
  });
const invitation = withAnyCase(z.object({ id: z.guid().optional(), email, access }));

const bodies = {
  newMember: z.object({
    firstName: text('FirstName'),
    lastName: text('LastName'),
    email,
    comment: optional(z.string()),
    type: employeeType,
    password: optional(z.string()),
    cultureName: optional(z.string()),
    department: ids,
  }),
  updateMember: z.object({
    firstName: text('FirstName'),
    lastName: text('LastName'),
    comment: optional(z.string()),
    disable: z.boolean().nullish(),
    isUser: z.boolean().nullish(),
    role: z.unknown().optional(),
  }),
  userIds: z.object({ userIds: ids, resendAll: z.boolean().nullish() }),
  demotion: z.object({ type: employeeType, userId: optional(z.guid()), reassignUserId: optional(z.guid()) }),
  password: z.object({ email }),
  invitations: z.object({ invitations: optional(z.array(z.object({ email, type: employeeType }))) }),
  newGroup: z.object({
    groupName: groupName.min(1, 'The GroupName field is required.'),
    groupManager: optional(z.guid()),
    members: ids,
  }),
  groupUpdate: z.object({
    groupName: optional(groupName),
    groupManager: optional(z.guid()),
    membersToAdd: ids,
    membersToRemove: ids,
  }),
  members: z.object({ members: idsOrNothing }),
  groupManager: z.object({ userId: optional(z.guid()) }),
  newRoom: z.object({
    title: z.string().max(170, 'The field Title must be a string with a maximum length of 170.'),
    roomType,
  }),
  roomInvitation: z.object({
    invitations: optional(z.array(invitation.nullable())),
    notify: z.boolean().nullish(),
  }),
  newKey: z.object({
    name: z.string().min(1).max(30, 'The field Name must be a string with a maximum length of 30.'),
    permissions: optional(z.array(z.string())),
  }),
};

/** Without one of these members, the body is refused as a whole. */
const required: Partial<Record<keyof typeof bodies, readonly string[]>> = {
  newGroup: ['groupName'],
  newRoom: ['title', 'roomType'],
};

export type Bodies = { [Name in keyof typeof bodies]: z.output<(typeof bodies)[Name]> };

/** The content type says that the body is not JSON. */
export class MediaTypeError extends Error {}

/** @throws {ValidationError | MediaTypeError} */
export async function readBody<Name extends keyof Bodies>({ req }: Context, name: Name): Promise<Bodies[Name]> {
  if (!/^(application|text)\/(.*\+)?json\b/i.test(req.header('content-type') ?? '')) throw new MediaTypeError();
  const schema = bodies[name];
  const json = parseObject(await req.text());
  const named = withSchemaNames(json, Object.keys(schema.shape));
  const missing = required[name]?.find((member) => !(member in named));
  if (missing !== undefined) throw new ValidationError({ $: [`A required property is missing: '${missing}'.`] });
  const parsed = schema.safeParse(named);
  if (parsed.success) return parsed.data as Bodies[Name];
  const errors: Record<string, string[]> = {};
  for (const issue of parsed.error.issues) (errors[keyOf(issue, name)] ??= []).push(issue.message);
  throw new ValidationError(errors);
}

function parseObject(body: string): object {
  let json: unknown;
  try {
    json = JSON.parse(body === '' ? 'null' : body);
  } catch {
    const member = /"(\w+)"\s*:\s*$/.exec(body)?.[1];
    throw new ValidationError({ [member ? `$.${member}` : '$']: ['The JSON value could not be read.'] });
  }
  if (json === null) throw new ValidationError({ '': ['A non-empty request body is required.'] });
  if (typeof json === 'object' && !Array.isArray(json)) return json;
  throw new ValidationError({ $: ['The JSON value could not be converted.'] });
}

function withAnyCase<Schema extends z.ZodObject>(schema: Schema) {
  const members = Object.keys(schema.shape);
  const rename = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? withSchemaNames(value, members) : value;
  return z.preprocess(rename, schema);
}

function withSchemaNames(json: object, members: string[]): object {
  return Object.fromEntries(
    Object.entries(json).map(([key, value]: [string, unknown]) => {
      return [members.find((member) => member.toLowerCase() === key.toLowerCase()) ?? key, value];
    }),
  );
}

/**
 * A value of the wrong type is an error of the JSON. Other errors have the member's name in C#, below the body's (§5).
 */
function keyOf({ code, path }: z.core.$ZodIssue, body: keyof Bodies): string {
  const isOfJson = ['invalid_type', 'invalid_format', 'invalid_union'].includes(code);
  const names = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  if (isOfJson) return `$${names}`;
  const wrappers: Partial<Record<keyof Bodies, string>> = {
    updateMember: '.UpdateMember',
    groupUpdate: '.Update',
    roomInvitation: '.RoomInvitation',
  };
  const wrapper = wrappers[body] ?? '';
  return `${wrapper}${names}`.slice(1).replaceAll(/(^|\.)\w/g, (start) => start.toUpperCase());
}

/**
 * An unknown type in a route is a validation error, not a 404. Flags that are no type are accepted, and refused like All
 * (docspace-api.md §3.2).
 */
export function readRouteType(value: string): EmployeeType {
  const number = toTypeNumber(value);
  if (number === undefined) throw new ValidationError({ type: [`The value '${value}' is not valid for Type.`] });
  if (number > 7) throw new ValidationError({ type: [`The value '${value}' is invalid.`] });
  return toType(number);
}

/** @returns `undefined` for a status that nobody can be set to */
export function readRouteStatus(value: string): 1 | 2 | undefined {
  const statuses: Record<string, number> = { active: 1, terminated: 2, pending: 4, default: 5, all: 7 };
  const status = /^\d+$/.test(value) ? Number(value) : statuses[value.toLowerCase()];
  if (status === undefined) throw new ValidationError({ status: [`The value '${value}' is not valid for Status.`] });
  if (status > 7) throw new ValidationError({ status: [`The value '${value}' is invalid.`] });
  return status === 1 || status === 2 ? status : undefined;
}

export async function readUserIds(context: Context, parameter = 'source'): Promise<string[]> {
  const { userIds } = await readBody(context, 'userIds');
  if (!userIds) throw valueMissing(parameter);
  return userIds;
}

export function readEmail({ req }: Context): string {
  const value = req.query('email');
  if (value === undefined || value === '') throw valueMissing('email');
  if (!emailRule.test(value)) throw new ValidationError({ email: [noEmail] });
  return value;
}
