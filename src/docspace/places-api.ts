import { z, type ZodType } from 'zod';
import { beyondBasicPlane } from '../domain/characters.js';
import { isRoomId, storedTitle } from '../domain/place-names.js';
import { accessNumber, accessOfNumber, type Access, type ShownAccess } from '../domain/room-access.js';
import { unicodeSpelling } from './email-spellings.js';
import { undefinedIfNotFound } from './errors.js';
import type { Call, WriteBounds } from './http/http-client.js';

/** The largest page of every list (docspace-api.md §11). */
const pageSize = 100;

/** The portal's section of archived rooms. Their access cannot be changed. */
const archive = 20;

const groupSchema = z
  .object({ id: z.guid(), name: z.string().default(''), isSystem: z.boolean().default(false) })
  .transform(({ id, ...group }) => ({ id: id.toLowerCase(), ...group }));

const roomSchema = z
  .object({
    /** A text if the room is in a third-party storage (`POST /files/rooms/thirdparty/{id}`). */
    id: z.union([z.number(), z.string()]),
    title: z.string(),
    roomType: z.number(),
    rootFolderType: z.number().optional(),
    security: z.object({ EditAccess: z.boolean() }).partial().optional(),
  })
  .transform(({ id, title, roomType, rootFolderType, security }) => ({
    id: String(id),
    name: title,
    type: roomType,
    isArchived: rootFolderType === archive,
    /** Only a manager or the owner of a room may edit the access of others, whatever their role at the portal. */
    mayEditAccess: security?.EditAccess === true,
  }));

const shareSchema = z
  .object({
    access: z.number(),
    isOwner: z.boolean().default(false),
    sharedToUser: z.object({ id: z.string() }).optional(),
    sharedToGroup: z.object({ id: z.string() }).optional(),
  })
  .transform(({ access, isOwner, sharedToUser, sharedToGroup }) => ({
    userId: sharedToUser?.id.toLowerCase(),
    groupId: sharedToGroup?.id.toLowerCase(),
    access: isOwner ? ('Owner' as const) : accessOfNumber(access),
  }));

const shareAnswerSchema = z.object({ warning: z.string().nullish(), error: z.number().default(0) });

const pageOf = <Row>(row: ZodType<Row>) => z.object({ response: row.array(), total: z.number().default(0) });

const roomPage = z
  .object({ response: z.object({ folders: roomSchema.array(), total: z.number().default(0) }) })
  .transform(({ response: { folders, total } }) => ({ response: folders, total }));

export type Group = z.infer<typeof groupSchema>;
export type Room = z.infer<typeof roomSchema>;
export type Share = z.infer<typeof shareSchema>;

/** Sends a call, and validates the whole body of its answer. */
type Send = <Body>(call: Call, schema: ZodType<Body>) => Promise<Body>;

/**
 * Groups and rooms (docspace-api.md §11). The portal silently skips people it does not add, so a 200 proves nothing. Read
 * every write back.
 */
export class PlacesApi {
  constructor(private readonly send: Send) {}

  /** `GET /group`: the groups whose name contains the text. It never lists the groups that define a role. */
  groupsLike(name: string, signal?: AbortSignal): Promise<Group[]> {
    return this.pages({ method: 'GET', route: '/group', query: filterFor(name), signal }, pageOf(groupSchema));
  }

  /** `GET /group/{id}`; `undefined` if there is none. */
  async group(id: string, signal?: AbortSignal): Promise<Group | undefined> {
    const call = { method: 'GET', route: '/group/{id}', path: `/group/${id}`, signal } as const;
    return this.ask({ ...call, query: { includeMembers: 'false' } }, groupSchema).catch(undefinedIfNotFound);
  }

  /** `POST /group`: an empty group without a manager. Names are not unique, so every call makes another group. */
  async createGroup(groupName: string, bounds?: WriteBounds): Promise<void> {
    await this.ask({ method: 'POST', route: '/group', body: { groupName }, ...bounds }, groupSchema);
  }

  /** `GET /group/user/{id}`: also of a disabled account; empty for an unknown one. */
  groupsOf(userId: string, signal?: AbortSignal): Promise<Group[]> {
    const path = `/group/user/${userId}`;
    return this.ask({ method: 'GET', route: '/group/user/{id}', path, signal }, groupSchema.array());
  }

  /** `PUT /group/{id}`: skips Guests, disabled and unknown accounts with a 200. */
  async updateMembers(
    id: string,
    members: { membersToAdd: readonly string[] } | { membersToRemove: readonly string[] },
    bounds?: WriteBounds,
  ): Promise<void> {
    await this.ask(
      { method: 'PUT', route: '/group/{id}', path: `/group/${id}`, body: members, ...bounds },
      z.unknown(),
    );
  }

  /** `GET /files/rooms`: the active rooms whose title contains the text, as the portal stores it. */
  roomsLike(title: string, signal?: AbortSignal): Promise<Room[]> {
    return this.pages({ method: 'GET', route: '/files/rooms', query: filterFor(storedTitle(title)), signal }, roomPage);
  }

  /** `GET /files/rooms/{id}`, archived or not; `undefined` if there is none. */
  async room(id: string, signal?: AbortSignal): Promise<Room | undefined> {
    if (!isRoomId(id)) return undefined;
    const call = { method: 'GET', route: '/files/rooms/{id}', path: `/files/rooms/${id}`, signal } as const;
    return this.ask(call, roomSchema).catch(undefinedIfNotFound);
  }

  /**
   * `GET /files/rooms/{id}/share`: who has access. People who have it only through a group are not shown. The owner may
   * be listed twice.
   *
   * @param filterValue a part of the e-mail
   */
  shares(roomId: string, kind: 'User' | 'Group', filterValue = '', signal?: AbortSignal): Promise<Share[]> {
    const path = `/files/rooms/${roomId}/share`;
    const query = { filterType: kind === 'User' ? '16' : '32', ...filterFor(filterValue) };
    return this.pages({ method: 'GET', route: '/files/rooms/{id}/share', path, query, signal }, pageOf(shareSchema));
  }

  /** What the share list of a room shows for a person; `undefined` if they have no access of their own. */
  async accessOf(
    roomId: string,
    { id, email }: { id: string; email: string },
    signal?: AbortSignal,
  ): Promise<ShownAccess | undefined> {
    // A portal searches for the domain as it was typed, so only the local part of an international address is safe.
    const searched = unicodeSpelling(email) === undefined ? email : email.slice(0, email.lastIndexOf('@') + 1);
    return ownAccess(await this.shares(roomId, 'User', searched, signal), id);
  }

  /**
   * `PUT /files/rooms/{id}/share`: not atomic, stops at the first person that it refuses, and sends no mail. It takes
   * only ids: an e-mail that the portal does not know would create an account.
   */
  async share(
    roomId: string,
    people: readonly { id: string; access: Access }[],
    bounds?: WriteBounds,
  ): Promise<z.infer<typeof shareAnswerSchema>> {
    const path = `/files/rooms/${roomId}/share`;
    const invitations = people.map(({ id, access }) => ({ id, access: accessNumber(access) }));
    const body = { invitations, notify: false };
    return this.ask({ method: 'PUT', route: '/files/rooms/{id}/share', path, body, ...bounds }, shareAnswerSchema);
  }

  private async ask<Result>(call: Call, schema: ZodType<Result>): Promise<Result> {
    return (await this.send(call, z.object({ response: schema }))).response;
  }

  private async pages<Row>(call: Call, page: ZodType<{ response: Row[]; total: number }>): Promise<Row[]> {
    const rows: Row[] = [];
    for (;;) {
      const query = { ...call.query, count: String(pageSize), startIndex: String(rows.length) };
      const { response, total } = await this.send({ ...call, query }, page);
      rows.push(...response);
      if (response.length === 0 || rows.length >= total) return rows;
    }
  }
}

/** What a share list shows for a person. The owner may have a second row, with less access. */
export function ownAccess(shares: readonly Share[], id: string): ShownAccess | undefined {
  const rows = shares.filter(({ userId }) => userId === id);
  return rows.find(({ access }) => access === 'Owner')?.access ?? rows[0]?.access;
}

/** The portal cannot search for characters beyond U+FFFF (500), so everything is listed instead. */
function filterFor(text: string): Record<string, string> {
  const filterValue = text.trim();
  return filterValue === '' || beyondBasicPlane.test(filterValue) ? {} : { filterValue };
}
