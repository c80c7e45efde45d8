import type { Context } from 'hono';
import type { Employee } from './employee.js';
import { originOf } from './envelope.js';
import type { Env } from './env.js';
import { lostUser } from './lost-user.js';
import { shortProfile } from './profile.js';
import { roomTypes, type Room } from './room.js';
import { contentCreator, roomManager } from './room-access.js';
import { accessOf, isInRoom, mayEditAccess } from './room-rights.js';
import { isAdministrator } from './rights.js';
import { show } from './show.js';

/** Rooms and their rows as answers show them, without what concerns files and external links (docspace-api.md §11). */

type View = Record<string, unknown>;

/** A list shows no access to a room that the caller is not in, but a single room shows 3, which refuses everything. */
export function roomView(context: Context<Env>, room: Room, { isInList = false } = {}): View {
  const { caller, portal } = context.var;
  const isOwner = room.ownerId === caller.id;
  const access = isOwner ? 0 : accessOf(portal, room, caller);
  const isManager = isOwner || access === roomManager;
  const mayWrite = (isManager || access === contentCreator) && !room.isArchived;
  const owner = portal.people.byId(room.ownerId) ?? lostUser;
  const ownerShown = shortProfile(owner, originOf(context));
  return {
    parentId: 1,
    filesCount: 0,
    foldersCount: 0,
    new: 0,
    mute: false,
    tags: [],
    pinned: false,
    roomType: room.type,
    private: false,
    indexing: false,
    denyDownload: false,
    inRoom: isInRoom(portal, room, caller),
    ...(mayWrite && { usedSpace: 0 }),
    fileEntryType: 1,
    id: room.id,
    rootFolderId: 1,
    security: {
      Read: true,
      Create: mayWrite && room.type !== roomTypes.AiRoom,
      Delete: isOwner,
      EditRoom: isManager && !room.isArchived,
      Rename: isManager && !room.isArchived,
      EditAccess: mayEditAccess(portal, room, caller),
      ChangeOwner: isOwner || isAdministrator(caller),
    },
    title: room.title,
    access: access ?? (isInList ? 0 : 3),
    shared: false,
    sharedForUser: portal.rooms.rowsOf(room.id).size > 0,
    sharedExternal: false,
    parentShared: false,
    shortWebUrl: '',
    created: room.createdOn,
    createdBy: ownerShown,
    updated: room.createdOn,
    rootFolderType: room.isArchived ? 20 : 14,
    ...(isInList && { parentRoomType: 14 }),
    updatedBy: ownerShown,
  };
}

/** A row of somebody who is not (or no longer) there belongs to nobody, and no list shows it. */
export function shareRows(context: Context<Env>, room: Room): View[] {
  const { portal } = context.var;
  const rows = [...portal.rooms.rowsOf(room.id)];
  const groups = rows.filter(([id]) => portal.departments.get(id));
  const people = rows.filter(([id]) => portal.people.byId(id));
  const owner = portal.people.byId(room.ownerId) ?? lostUser;
  return [
    { ...personRow(context, room, owner, 1), isLocked: false },
    ...[...groups, ...people].map(([id, access]) => shareRow(context, room, id, access)),
  ];
}

/** The answer to a write shows an id that nobody has as the lost user. */
export function shareRow(context: Context<Env>, room: Room, subjectId: string, access: number): View {
  const { caller, portal } = context.var;
  const group = portal.departments.get(subjectId);
  if (!group) return personRow(context, room, portal.people.byId(subjectId) ?? lostUser, access);
  const sharedTo = { id: group.id, name: group.name };
  const mayEdit = mayEditAccess(portal, room, caller);
  return { access, sharedTo, sharedToGroup: sharedTo, ...flags({ mayEdit }), subjectType: 2 };
}

/** The owner is listed first with access 1, and a second time if somebody has given them a row. */
function personRow(context: Context<Env>, room: Room, person: Employee, access: number): View {
  const { caller, portal } = context.var;
  const profile = show(context, person);
  const sharedTo = isAdministrator(person) ? { ...profile, listAdminModules: ['files'] } : profile;
  const isOwner = person.id === room.ownerId;
  const mayEdit = mayEditAccess(portal, room, caller);
  const isLocked = person.id === caller.id || isOwner;
  return { access, sharedTo, sharedToUser: sharedTo, ...flags({ mayEdit, isLocked, isOwner }), subjectType: 0 };
}

function flags({ mayEdit = false, isLocked = false, isOwner = false }): Record<string, boolean> {
  return {
    isLocked,
    isOwner,
    canEditAccess: mayEdit && !isLocked,
    canEditInternal: mayEdit && !isOwner,
    canEditDenyDownload: true,
    canEditExpirationDate: mayEdit && !isOwner,
    canRevoke: false,
  };
}
