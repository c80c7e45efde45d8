import type { ActivityFailure } from '@temporalio/workflow';
import { findUsable, type FoundPlaces, type GroupPlace, type RoomPlace } from '../../contract/places.js';
import type { ChunkInput } from '../../contract/batch.js';
import type { AttentionDetails } from '../../contract/onboarding.js';
import type { PlacedPerson, PortalRequest } from '../../contract/steps.js';
import { namedRooms, parseRoomRequest } from '../../domain/place-names.js';
import { accessProblem } from '../../domain/room-access.js';
import { parseRole } from '../../domain/roles.js';
import { createMissingGroups } from '../groups/create-missing-groups.js';
import { addToPlaces, findPlaces } from './chunk-activities.js';
import type { ChunkPerson } from './chunk-person.js';

/** Added to an activity's input if the run was reset, or the activity is called again. */
export type ResumeContext = Pick<PortalRequest, 'resumed' | 'resumeFrom' | 'isResetRun'>;

export interface CallOptions {
  /** Whether a failure that needs attention concerns the whole chunk. By default, each one does. */
  concernsEverybody?: (details: AttentionDetails, failure: ActivityFailure) => boolean;
  /** Called when the chunk pauses and when it continues, with what the activity is called with next. */
  setPaused?: (isPaused: boolean, context: ResumeContext) => void;
}

/** The part of a chunk that its places need. */
interface Caller {
  input: ChunkInput;
  call: <Result>(activity: (context: ResumeContext) => Promise<Result>, options?: CallOptions) => Promise<Result>;
}

type PersonPlaces = Pick<PlacedPerson, 'groups' | 'rooms'>;

/** The groups and rooms that the people of a chunk request. They are looked up once. */
export class ChunkPlaces {
  private found: Promise<FoundPlaces> | undefined;

  constructor(private readonly chunk: Caller) {}

  /**
   * Adds people whose role is confirmed to their places.
   *
   * @returns the places of those who are shown in all of them, as requested
   */
  async add(people: readonly ChunkPerson[], options: CallOptions): Promise<Map<ChunkPerson, PersonPlaces>> {
    const { portal } = this.chunk.input;
    const found = await (this.found ??= this.find());
    const { exactGroups } = this.chunk.input.options;
    const usable = people.flatMap((person) => {
      // A person who existed before may be in other groups. Only their own onboarding takes them out of those.
      const places = exactGroups && !person.created ? undefined : placesOf(person, found);
      return places ? { person, places } : [];
    });
    if (usable.length === 0) return new Map();
    let called = usable;
    const shown = await this.chunk.call((context) => {
      called = usable.filter(({ person }) => !person.isClaimed); // somebody may be claimed while the chunk is paused
      if (called.length === 0) return Promise.resolve<PersonPlaces[]>([]);
      const placed = called.map(({ person, places }) => toPlacedPerson(person, places));
      return addToPlaces({ portal, people: placed, ...context });
    }, options);
    const complete = called.flatMap(({ person }, index) => {
      const places = shown[index];
      const isComplete = places && [...places.groups, ...places.rooms].every(({ state }) => state !== 'failed');
      return isComplete ? [[person, places] as const] : [];
    });
    return new Map(complete);
  }

  /** Creates missing groups before anything else, so the people who are handed over find them. */
  async createGroups(): Promise<void> {
    if (this.chunk.input.people.some(({ groups }) => groups)) await (this.found ??= this.find());
  }

  private async find(): Promise<FoundPlaces> {
    const { portal, people, options } = this.chunk.input;
    const groups = [...new Set(people.flatMap((person) => person.groups ?? []))];
    const texts = people.flatMap((person) => person.rooms ?? []);
    const rooms = [...new Set(namedRooms(texts))];
    const toCreate = new Set(options.createGroups ? groups : []);
    return this.chunk.call(async (context) => {
      const { found } = await findPlaces({ portal, groups, rooms, ...context });
      return toCreate.size === 0 ? found : createMissingGroups(portal, found, toCreate);
    });
  }
}

export const requestsPlaces = ({ request: { groups, rooms } }: ChunkPerson): boolean =>
  groups !== undefined || rooms !== undefined;

/** The places of a person; `undefined` if one cannot be used, which their own onboarding reports. */
function placesOf({ request }: ChunkPerson, found: FoundPlaces): PersonPlaces | undefined {
  const groups = (request.groups ?? []).map((asked): GroupPlace | undefined => {
    const group = findUsable(found.groups, asked);
    return group && { id: group.id, name: group.name, state: 'waiting' };
  });
  const role = parseRole(request.role);
  const rooms = (request.rooms ?? []).map((text): RoomPlace | undefined => {
    const asked = parseRoomRequest(text);
    const room = asked && findUsable(found.rooms, asked.room);
    if (!room || !role || accessProblem(room.type, role, asked.access) !== undefined) return undefined;
    return { id: room.id, title: room.name, access: asked.access, state: 'waiting' };
  });
  if ([...groups, ...rooms].includes(undefined)) return undefined;
  return { groups: groups.flatMap((group) => group ?? []), rooms: rooms.flatMap((room) => room ?? []) };
}

function toPlacedPerson({ request: { email }, created, found }: ChunkPerson, places: PersonPlaces): PlacedPerson {
  const id = created?.id ?? found?.id ?? '';
  return { id, email, ...(created && { isCreated: true }), ...places };
}
