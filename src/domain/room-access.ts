import { wordKey } from './characters.js';
import type { ShownRole } from './roles.js';

/** What a person may do in a room, least rights first, with the portal's numbers. */
const numbers = {
  Read: 2,
  FillForms: 7,
  Comment: 6,
  Review: 5,
  Editing: 10,
  ContentCreator: 11,
  RoomManager: 9,
} as const;

export type Access = keyof typeof numbers;

/** The accesses that a portal can show. The owner of a room is listed with 1 and keeps all rights. */
export type ShownAccess = Access | 'Owner';

export const accesses = Object.keys(numbers) as readonly Access[];

/** The words on the portal's own pages. */
const aliases: Readonly<Record<Access, string>> = {
  Read: 'viewer',
  FillForms: 'form filler',
  Comment: 'commenter',
  Review: 'reviewer',
  Editing: 'editor',
  ContentCreator: 'content creator',
  RoomManager: 'room manager',
};

const accessByKey = new Map(
  accesses.flatMap((access) => [access, aliases[access]].map((name) => [wordKey(name), access] as const)),
);

/** The access that a word means, in any case, with or without spaces: `room manager`, `Editing`. */
export function parseAccess(word: string): Access | undefined {
  return accessByKey.get(wordKey(word));
}

/** A call with an unknown or missing access answers 200 and removes the person, so only these numbers are sent. */
export function accessNumber(access: Access): number {
  return numbers[access];
}

export function accessOfNumber(number: number): Access | undefined {
  return accesses.find((access) => numbers[access] === number);
}

/** Whether a room shows the access, or one with more rights. */
export function hasAccess(shown: ShownAccess | undefined, access: Access): boolean {
  return shown !== undefined && rank(shown) >= rank(access);
}

/** The types of rooms by the portal's number, with the access that each person may have: measured with 420 calls. */
const roomTypes: Readonly<Record<number, { name: string; allowed: string; guests?: string }>> = {
  1: { name: 'form filling room', allowed: 'FillForms ContentCreator' },
  2: { name: 'collaboration room', allowed: 'Read Editing ContentCreator' },
  5: { name: 'custom room', allowed: 'Read Comment Review Editing ContentCreator' },
  6: { name: 'public room', allowed: 'ContentCreator' },
  8: { name: 'virtual data room', allowed: 'Read FillForms Editing ContentCreator' },
  9: { name: 'AI room', allowed: 'Read ContentCreator', guests: 'Read' },
};

/** The access that a person with the role may have in a room of this type. Administrators may also manage the room. */
export function allowedAccesses(type: number, role: ShownRole): readonly Access[] {
  const roomType = roomTypes[type];
  if (!roomType) return [];
  const { allowed, guests = allowed } = roomType;
  const words = role === 'Guest' ? guests : role === 'User' ? allowed : `${allowed} RoomManager`;
  return accesses.filter((access) => words.split(' ').includes(access));
}

/** Why the portal would refuse the access with a 403. */
export function accessProblem(type: number, role: ShownRole, access: Access): string | undefined {
  const allowed = allowedAccesses(type, role);
  if (allowed.includes(access)) return undefined;
  const { name } = roomTypes[type] ?? {};
  if (name === undefined) return `the portal has a type of room that is not known here (${type})`;
  return `a ${role} cannot have ${access} in a ${name} (possible: ${allowed.join(', ')})`;
}

function rank(access: ShownAccess): number {
  return access === 'Owner' ? accesses.length : accesses.indexOf(access);
}
