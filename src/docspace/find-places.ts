import type { FoundGroup, FoundPlaces, PlaceNames } from '../contract/places.js';
import { isGroupId, isRoomId, isSimilarName, matchName, newGroupProblem } from '../domain/place-names.js';
import type { Group, PlacesApi, Room } from './places-api.js';

/** Looks up groups and rooms by name or id, each once, and tells why one cannot be used. */
export async function findPlaces(
  api: PlacesApi,
  { groups, rooms }: PlaceNames,
  signal?: AbortSignal,
): Promise<FoundPlaces> {
  const found: FoundPlaces = { groups: [], rooms: [] };
  for (const asked of new Set(groups)) {
    const group = await findGroup(api, asked, signal);
    const similar = group.isMissing && found.groups.find((each) => each.isMissing && isSimilarName(each.name, asked));
    found.groups.push(similar ? unfound(asked, `${group.message}; is it the same as "${similar.name}"?`) : group);
  }
  for (const asked of new Set(rooms)) found.rooms.push(await findRoom(api, asked, signal));
  return found;
}

/** Looks up one group by name or id. */
export async function findGroup(api: PlacesApi, asked: string, signal?: AbortSignal): Promise<FoundGroup> {
  const match = isGroupId(asked)
    ? await byId(asked, 'group', api.group(asked.toLowerCase(), signal))
    : matchName<Group>('group', asked, await api.groupsLike(asked, signal));
  if ('problem' in match) {
    if (!('isMissing' in match)) return unfound(asked, match.problem);
    const problem = newGroupProblem(asked);
    if (problem !== undefined) return unfound(asked, `${match.problem}; ${problem}`);
    return { ...unfound(asked, match.problem), isMissing: true };
  }
  const { id, name, isSystem } = match.place;
  if (!isSystem) return { asked, id, name };
  return { asked, id, name, message: `the group "${name}" defines a role; change the role instead` };
}

const unfound = (asked: string, message: string): FoundGroup => ({ asked, id: '', name: asked, message });

async function findRoom(api: PlacesApi, asked: string, signal?: AbortSignal): Promise<FoundPlaces['rooms'][number]> {
  const match = isRoomId(asked)
    ? await byId(asked, 'room', api.room(asked, signal))
    : matchName<Room>('room', asked, await api.roomsLike(asked, signal));
  if ('problem' in match) return { asked, id: '', name: asked, type: 0, message: match.problem };
  const { id, name, type } = match.place;
  const message = roomUseProblem(match.place);
  return { asked, id, name, type, ...(message !== undefined && { message }) };
}

/** Why nobody can be added to a room with this key. */
export function roomUseProblem({ id, name, isArchived, mayEditAccess }: Room): string | undefined {
  if (!isRoomId(id)) return `the room "${name}" is in a third-party storage; add people to it in the portal`;
  if (isArchived) return `the room "${name}" is archived`;
  if (!mayEditAccess) return `the key's account must be manager or owner of the room "${name}"`;
  return undefined;
}

async function byId<Place>(
  id: string,
  kind: 'group' | 'room',
  place: Promise<Place | undefined>,
): Promise<{ place: Place } | { problem: string }> {
  const found = await place;
  return found ? { place: found } : { problem: `the portal has no ${kind} with the id ${id}` };
}
