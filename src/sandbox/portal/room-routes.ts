import { Hono, type Context } from 'hono';
import { randomUUID } from 'node:crypto';
import { collationKey } from './collation.js';
import { isFree, typeOf, wholeSeconds } from './employee.js';
import { success } from './envelope.js';
import type { Env, Portal } from './env.js';
import { accessDenied, ApiError, invalidOperation, notFound, ValidationError } from './errors.js';
import { readPage } from './pages.js';
import { readBody } from './requests.js';
import { roomTypes, toTitle, type Room, type RoomType } from './room.js';
import { assertMayRead, isMember, mayRead } from './room-rights.js';
import { roomView, shareRows } from './room-view.js';
import { isAdministrator } from './rights.js';
import { shareRoom } from './share-room.js';

/** `/files/rooms` (docspace-api.md §11). */
export function roomRoutes(portal: Portal): Hono<Env> {
  const { rooms, options } = portal;
  const routes = new Hono<Env>();

  const find = (context: Context<Env>): Room => {
    const room = rooms.get(Number(context.req.param('id')));
    if (!room) throw notFound('room');
    return room;
  };

  routes.post('/files/rooms', async (context) => {
    const { caller, call } = context.var;
    const { title, roomType } = await readBody(context, 'newRoom');
    if (isFree(typeOf(caller))) throw invalidOperation("You don't have enough permission to create");
    if (toTitle(title) === '') throw new ApiError(400, 'The title is empty');
    if (!isRoomType(roomType)) throw new ApiError(400, 'roomType', 'System.ArgumentOutOfRangeException');
    requireRoom();
    const createdOn = wholeSeconds(new Date());
    const room = { id: rooms.nextId(), title: toTitle(title), type: roomType, ownerId: caller.id, createdOn };
    call.commit(() => rooms.insert(room));
    return success(context, roomView(context, room));
  });

  routes.get('/files/rooms', (context) => {
    const { caller } = context.var;
    const { filterValue = '', type, subjectOwnerId, subjectId, searchArea = 'Active', ...query } = context.req.query();
    const { size, start } = readPage(query);
    const key = collationKey(filterValue.trim());
    const found = rooms.all().filter((room) => {
      if (searchArea !== 'Any' && (searchArea === 'Archive') !== (room.isArchived ?? false)) return false;
      if (type !== undefined && type !== String(room.type)) return false;
      if (subjectOwnerId !== undefined && subjectOwnerId.toLowerCase() !== room.ownerId) return false;
      if (subjectId !== undefined && !hasSubject(room, subjectId.toLowerCase())) return false;
      if (!collationKey(room.title).includes(key)) return false;
      return isAdministrator(caller) || isMember(portal, room, caller);
    });
    const page = found.slice(start, start + size);
    const folders = page.map((room) => roomView(context, room, { isInList: true }));
    const [id, folderType] = searchArea === 'Archive' ? [4, 20] : [1, 14];
    const current = { id, title: 'Rooms', rootFolderType: folderType };
    const pathParts = [{ id, title: current.title, folderType }];
    return success(context, {
      files: [],
      folders,
      current,
      pathParts,
      startIndex: start,
      count: page.length,
      total: found.length,
      new: 0,
    });
  });

  routes.get('/files/rooms/:id', (context) => {
    const room = find(context);
    assertMayRead(portal, room, context.var.caller);
    return success(context, { ...roomView(context, room), isFavorite: false });
  });

  /** Without a right to read, the list is empty. A start beyond the end gives a negative count. */
  routes.get('/files/rooms/:id/share', (context) => {
    const room = find(context);
    const { filterType, filterValue = '', ...query } = context.req.query();
    const { size, start } = readPage(query);
    const isWanted = readFilterType(filterType);
    const rows = mayRead(portal, room, context.var.caller) ? shareRows(context, room) : [];
    const found = rows.filter((row) => isWanted(row) && matches(row, filterValue));
    const page = found.slice(start, start + size);
    const count = start > found.length ? found.length - start : page.length;
    return success(context, page, { count, total: found.length });
  });

  routes.put('/files/rooms/:id/share', async (context) => {
    const body = await readBody(context, 'roomInvitation');
    const room = find(context);
    return success(context, await shareRoom(context, room, body));
  });

  /** The portal does these three in the background, and answers with an operation to watch. */
  routes.put('/files/rooms/:id/archive', (context) => change(context, { isArchived: true }));
  routes.put('/files/rooms/:id/unarchive', (context) => change(context, { isArchived: false }));
  routes.delete('/files/rooms/:id', (context) => change(context, { isRemoved: true }));

  function change(context: Context<Env>, to: Pick<Room, 'isArchived' | 'isRemoved'>): Response {
    const room = find(context);
    if (room.ownerId !== context.var.caller.id && !isAdministrator(context.var.caller)) throw accessDenied();
    if (to.isArchived === false) requireRoom();
    context.var.call.commit(() => rooms.update(room.id, to));
    return success(context, { id: randomUUID(), progress: 100, error: '', finished: true });
  }

  /** Archived rooms do not count. */
  function requireRoom(): void {
    const active = rooms.all().filter(({ isArchived }) => !isArchived).length;
    if (options.rooms === undefined || active < options.rooms) return;
    const message = `The number of rooms should not exceed ${options.rooms}`;
    throw new ApiError(402, message, 'ASC.Core.Tenants.TenantQuotaException');
  }

  function hasSubject(room: Room, id: string): boolean {
    return room.ownerId === id || rooms.rowsOf(room.id).has(id);
  }

  return routes;
}

function isRoomType(number: number): number is RoomType {
  return (Object.values(roomTypes) as number[]).includes(number);
}

type Row = Record<string, unknown>;

const [userType, groupType] = [16, 32];
/** The types of external links, of which a room of the sandbox has none. */
const linkTypes = [1, 2, 4, 8];

function readFilterType(text = '0'): (row: Row) => boolean {
  const named: Record<string, number> = { User: userType, Group: groupType };
  const type = named[text] ?? (/^\d+$/.test(text) ? Number(text) : undefined);
  if (type === 0) return () => true;
  if (type === userType) return (row) => 'sharedToUser' in row;
  if (type === groupType) return (row) => 'sharedToGroup' in row;
  if (type !== undefined && linkTypes.includes(type)) return () => false;
  throw new ValidationError({ filterType: [`The value '${text}' is invalid.`] });
}

/** An e-mail, a first or a last name, or the name of a group contains the text. */
function matches({ sharedTo }: Row, text: string): boolean {
  const { email, firstName, lastName, name } = sharedTo as Record<string, string | undefined>;
  const key = collationKey(text.trim());
  return key === '' || [email, firstName, lastName, name].some((each = '') => collationKey(each).includes(key));
}
