import type { Employee } from './employee.js';
import type { Portal } from './env.js';
import { invalidOperation } from './errors.js';
import type { Room } from './room.js';
import { roomManager } from './room-access.js';
import { isAdministrator } from './rights.js';

/** Who may do what in a room (docspace-api.md §11). The portal's owner has no more rights than a DocSpaceAdmin. */

/** The access of somebody's own row. The room's owner has none, and needs none. */
function ownAccess({ rooms }: Portal, room: Room, { id }: Employee): number | undefined {
  return rooms.rowsOf(room.id).get(id);
}

/** A person's own row counts, even if it gives less than a group's. */
export function accessOf(portal: Portal, room: Room, person: Employee): number | undefined {
  const rows = portal.rooms.rowsOf(room.id);
  const ofGroups = portal.departments.of(person.id).flatMap(({ id }) => rows.get(id) ?? []);
  return rows.get(person.id) ?? (ofGroups.length > 0 ? Math.max(...ofGroups) : undefined);
}

/** Somebody who is in the room only through a group is not shown as in the room. */
export function isInRoom(portal: Portal, room: Room, person: Employee): boolean {
  return room.ownerId === person.id || ownAccess(portal, room, person) !== undefined;
}

/** Administrators read every room. */
export function mayRead(portal: Portal, room: Room, person: Employee): boolean {
  return isAdministrator(person) || isMember(portal, room, person);
}

export function assertMayRead(portal: Portal, room: Room, person: Employee): void {
  if (!mayRead(portal, room, person)) {
    throw invalidOperation("You don't have enough permission to view the folder content");
  }
}

export function isMember(portal: Portal, room: Room, person: Employee): boolean {
  return room.ownerId === person.id || accessOf(portal, room, person) !== undefined;
}

/** Only the room's owner and its managers: not even the portal's owner, if they are neither. */
export function mayEditAccess(portal: Portal, room: Room, person: Employee): boolean {
  if (room.isArchived) return false;
  return room.ownerId === person.id || ownAccess(portal, room, person) === roomManager;
}
