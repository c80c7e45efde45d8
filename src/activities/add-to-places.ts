import type { AddToPlacesRequest, PlacedPerson } from '../contract/steps.js';
import type { GroupPlace, RoomPlace } from '../contract/places.js';
import { PortalError } from '../docspace/errors.js';
import { ownAccess } from '../docspace/places-api.js';
import { hasAccess, type ShownAccess } from '../domain/room-access.js';
import { inParts } from '../utils/in-parts.js';
import type { Attempt, WorkerContext } from './attempt/run-attempt.js';
import { isPortalWide, outcomeOf } from './failures.js';

/** One call with 100 people took 2 s for a group and 1 s for a room. A share is not atomic, so its calls are small. */
const maxMembersPerCall = 50;
const maxSharesPerCall = 10;

/** From this many people on, the whole share list of a room is read instead of one page for each person. */
const manyPeople = 4;

/**
 * Adds the people of a batch to their groups and rooms with few calls, and reads everybody back. It writes only for
 * people whom this run created. The caller hands over everybody who is not shown as requested.
 */
export async function addToPlaces(
  { portal }: WorkerContext,
  { people }: AddToPlacesRequest,
  attempt: Attempt,
): Promise<{ groups: GroupPlace[]; rooms: RoomPlace[] }[]> {
  attempt.assertCircuitClosed();
  const { places } = portal;
  const { signal, writeBounds } = attempt;

  const created = people.filter(({ isCreated }) => isCreated);
  for (const [groupId, members] of byPlace(created, ({ groups }) => groups)) {
    for (const part of inParts(members, maxMembersPerCall)) {
      const membersToAdd = part.map(({ person }) => person.id);
      await write(() => places.updateMembers(groupId, { membersToAdd }, writeBounds));
    }
  }
  for (const [roomId, members] of byPlace(created, ({ rooms }) => rooms)) {
    for (const part of inParts(members, maxSharesPerCall)) {
      const invitations = part.map(({ person, place }) => ({ id: person.id, access: place.access }));
      await write(() => places.share(roomId, invitations, writeBounds));
    }
  }

  const emails = people.map(({ email }) => email);
  const accounts = await portal.findByEmails(emails, signal);
  const shown = await readRooms();
  return people.map(({ id, email, groups, rooms }) => {
    const account = accounts.get(email);
    const isSame = account?.id === id && account.state === 'active';
    const isMember = (groupId: string): boolean => isSame && account.groupIds.includes(groupId);
    return {
      groups: groups.map((group) => ({ ...group, state: isMember(group.id) ? 'joined' : 'failed' })),
      rooms: rooms.map((room) => toShown(room, isSame ? shown.get(room.id)?.get(id) : undefined)),
    };
  });

  /** The portal may have carried out a part of a failed write, which the read-back shows. */
  async function write(call: () => Promise<unknown>): Promise<void> {
    try {
      await call();
    } catch (error) {
      if (!(error instanceof PortalError)) throw error;
      const isUnsent = outcomeOf(error) === 'not sent' || error.facts.kind === 'aborted';
      if (isUnsent || isPortalWide(error, portal.origin)) throw error;
    }
  }

  /** The access of each person in each room, by the ids of the room and the person. */
  async function readRooms(): Promise<Map<string, Map<string, ShownAccess | undefined>>> {
    const byRoom = new Map<string, Map<string, ShownAccess | undefined>>();
    for (const [roomId, members] of byPlace(people, ({ rooms }) => rooms)) {
      const accesses = new Map<string, ShownAccess | undefined>();
      const shares = members.length < manyPeople ? undefined : await places.shares(roomId, 'User', '', signal);
      for (const { person } of members) {
        const access = shares ? ownAccess(shares, person.id) : await places.accessOf(roomId, person, signal);
        accesses.set(person.id, access);
      }
      byRoom.set(roomId, accesses);
    }
    return byRoom;
  }
}

/** A higher access than requested is kept. */
function toShown(room: RoomPlace, shown: ShownAccess | undefined): RoomPlace {
  const isKept = hasAccess(shown, room.access);
  const state = shown === room.access ? 'entered' : isKept ? 'kept-higher' : 'failed';
  return { ...room, ...(shown && { shown }), state };
}

function byPlace<Place extends { id: string }>(
  people: readonly PlacedPerson[],
  placesOf: (person: PlacedPerson) => readonly Place[],
): Map<string, { person: PlacedPerson; place: Place }[]> {
  const byId = new Map<string, { person: PlacedPerson; place: Place }[]>();
  for (const person of people) {
    for (const place of placesOf(person)) byId.set(place.id, [...(byId.get(place.id) ?? []), { person, place }]);
  }
  return byId;
}
