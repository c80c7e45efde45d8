import { defineSignal } from '@temporalio/workflow';
import type { Access, ShownAccess } from '../domain/room-access.js';
import type { AttentionReason } from './attention-reasons.js';

/** Groups and rooms, together called places: what an input asks for, and what the portal shows. */

/** A group or room by its name or id. Rooms are written with the access: `Library: Read`. */
export interface RequestedPlaces {
  groups?: string[];
  rooms?: string[];
  /** Takes the person out of all other groups. */
  exactGroups?: boolean;
  /** Creates each group of `groups` that the portal does not have, once. */
  createGroups?: boolean;
}

/** Why a place was not reached, and what to do. */
export interface PlaceProblem {
  reason: AttentionReason;
  message: string;
  hint: string;
}

/** `refused`: the group cannot be used. Its id is empty if the portal does not have it. */
export interface GroupPlace {
  id: string;
  name: string;
  state: 'waiting' | 'leaving' | 'joined' | 'left' | 'failed' | 'refused';
  /** The person could not leave the group. */
  isLeaving?: true;
  problem?: PlaceProblem;
}

/** Whether the person is in the group, or will be. */
export function isInGroup({ state }: GroupPlace): boolean {
  return state === 'waiting' || state === 'joined';
}

export interface RoomPlace {
  id: string;
  title: string;
  /** As requested. */
  access: Access;
  /** What the portal showed last. */
  shown?: ShownAccess;
  state: 'waiting' | 'entered' | 'kept-higher' | 'failed' | 'refused';
  /** Somebody asked for exactly this access, so a higher one is lowered. */
  mayLower?: true;
  problem?: PlaceProblem;
}

/** Names or ids to look up. Rooms are listed without the access. */
export interface PlaceNames {
  groups: string[];
  rooms: string[];
}

/** What a portal has under these names and ids. */
export interface FoundPlaces {
  groups: FoundGroup[];
  rooms: (FoundPlace & { type: number })[];
}

/** A place that can be used, or the reason why not. */
export interface FoundPlace {
  /** The name or id that was looked up. */
  asked: string;
  id: string;
  name: string;
  /** The place cannot be used. */
  message?: string;
}

export interface FoundGroup extends FoundPlace {
  /** No group has this name or a similar one, so one can be created. `message` is set, too. */
  isMissing?: true;
  /** The id of the run that creates the missing group. */
  creationId?: string;
}

/** What is wrong with a group. If it can be created, the sentence names the option. */
export function groupProblem({ message, isMissing }: FoundGroup): string | undefined {
  return isMissing ? `${message}; --create-groups creates it` : message;
}

/** The workflow id of the creation of a group. Temporal keeps at most one open run per id, so no name is posted twice. */
export const groupCreationId = (portal: string, name: string): string =>
  `create-group:${new URL(portal).host}:${name.toLowerCase()}`;

/** The input of `createGroup`. */
export interface CreateGroupInput {
  /** Origin of the portal. */
  portal: string;
  name: string;
  /** An earlier run may have sent a create, so the name is looked up for the length of the settle window. */
  mayHaveBeenPosted?: true;
}

/** A change of an existing person's places. An `enter` may also lower the access. */
export interface PlaceChange {
  join?: string[];
  leave?: string[];
  enter?: string[];
}

/** A change whose names have not been looked up yet. */
export interface PlaceRequest extends PlaceChange {
  mayLower?: true;
  /** The person leaves the groups that earlier requests named. */
  isExact?: true;
  /** Groups to join that the portal does not have are created. */
  mayCreate?: true;
}

/** `5a (joined)`, `Library: Read (keeps Editing)`. */
export function formatPlace(place: GroupPlace | RoomPlace): string {
  const { state, problem } = place;
  const name = 'title' in place ? `${place.title}: ${place.access}` : place.name;
  const isKept = 'title' in place && state === 'kept-higher' && place.shown !== undefined;
  const fact = isKept ? `keeps ${place.shown}` : problem ? `${state}: ${problem.message}` : state;
  return `${name} (${fact})`;
}

/** The groups and rooms of a request, a result or an outcome. A list that it lacks stays absent. */
export function pickPlaces<Places extends { groups?: unknown; rooms?: unknown }>({
  groups,
  rooms,
}: Places): Pick<Places, 'groups' | 'rooms'> {
  return { ...(groups !== undefined && { groups }), ...(rooms !== undefined && { rooms }) };
}

/** The group or room that a name or id stands for; `undefined` if it cannot be used. */
export const findUsable = <Place extends FoundPlace>(places: readonly Place[], asked: string): Place | undefined =>
  places.find((place) => place.asked === asked && place.message === undefined);

/** Why requested places cannot be used, one sentence each. @param asked their names or ids, without the access */
export function refusalsOf(
  asked: ReadonlySet<string>,
  { groups = [], rooms = [] }: { groups?: GroupPlace[]; rooms?: RoomPlace[] },
): string[] {
  const refused = [...groups, ...rooms].filter(
    (place) =>
      place.state === 'refused' && (asked.has(place.id) || asked.has('title' in place ? place.title : place.name)),
  );
  return refused.flatMap(({ problem }) => problem?.message ?? []);
}

const maxPlaces = 100;
const maxNameLength = 300;

const isName = (value: unknown): value is string => typeof value === 'string' && value.length <= maxNameLength;

/** Parses a list of places as it was sent, which can be anything. `undefined` if it is not a list of texts. */
export function parsePlaceList(value: unknown): string[] | undefined {
  if (!Array.isArray(value) || value.length > maxPlaces) return undefined;
  if (!value.every(isName)) return undefined;
  return [...new Set(value.map((name) => name.trim().normalize('NFC')).filter((name) => name !== ''))];
}

/** Parses a change as it was sent. What is not a list of texts is left out. */
export function parsePlaceChange(change: unknown): PlaceChange {
  const { join, leave, enter } = (typeof change === 'object' && change !== null ? change : {}) as PlaceChange;
  return { join: parsePlaceList(join) ?? [], leave: parsePlaceList(leave) ?? [], enter: parsePlaceList(enter) ?? [] };
}

export const changePlaces = defineSignal<[PlaceChange]>('changePlaces');
