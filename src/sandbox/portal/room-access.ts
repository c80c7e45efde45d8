import type { ShownType } from './employee.js';
import type { RoomType } from './room.js';

/** `FileShare`: what somebody may do in a room (docspace-api.md §11). */
const accesses: Record<string, number> = {
  None: 0,
  ReadWrite: 1,
  Read: 2,
  Restrict: 3,
  Varies: 4,
  Review: 5,
  Comment: 6,
  FillForms: 7,
  CustomFilter: 8,
  RoomManager: 9,
  Editing: 10,
  ContentCreator: 11,
};
export const roomManager = 9;
export const contentCreator = 11;

/** What a person or a group may get, by the type of the room. */
const permitted: Record<RoomType, readonly number[]> = {
  1: [7, 11],
  2: [2, 10, 11],
  5: [2, 5, 6, 10, 11],
  6: [11],
  8: [2, 7, 10, 11],
  9: [2, 11],
};

/** Only DocSpaceAdmins and RoomAdmins may manage a room. In an AI room, Guests and groups only read. */
export function isPermitted(room: RoomType, subject: ShownType | 'Group', access: number): boolean {
  if (access === roomManager) return ['Owner', 'DocSpaceAdmin', 'RoomAdmin'].includes(subject);
  if (room === 9 && (subject === 'Guest' || subject === 'Group')) return access === 2;
  return permitted[room].includes(access);
}

/** Whatever the portal does not know removes the person: a misspelt name, null, or no value at all. */
export function toAccess(value: unknown): number {
  if (typeof value === 'number') return isInt32(value) ? value : 0;
  if (typeof value !== 'string') return 0;
  return accesses[value] ?? (/^\s*-?\d+\s*$/.test(value) && isInt32(Number(value)) ? Number(value) : 0);
}

export function accessName(access: number): string {
  return Object.keys(accesses).find((name) => accesses[name] === access) ?? String(access);
}

function isInt32(number: number): boolean {
  return Number.isInteger(number) && Math.abs(number) < 2 ** 31;
}
