import { Places, type PlacesState } from '../../contract/onboarding-places.js';
import type {
  FoundGroup,
  FoundPlaces,
  GroupPlace,
  PlaceChange,
  PlaceRequest,
  RoomPlace,
} from '../../contract/places.js';
import type { StepResult } from '../../contract/steps.js';
import { parseRoomRequest } from '../../domain/place-names.js';
import type { Access, ShownAccess } from '../../domain/room-access.js';

/** A request to join or leave a group, or to enter a room, reconstructed from the histories. */
export interface PlaceEntry {
  change: 'join' | 'leave' | 'enter';
  /** The name or id, as requested. */
  place: string;
  access?: Access;
  /** Identity of the client that sent it, or the batch. */
  by: string;
  /** When it arrived, ISO 8601. */
  at: string;
  /** `superseded`: a later request for the same place replaced it. `not-applied`: the run ended first. */
  state: Exclude<GroupPlace['state'] | RoomPlace['state'], 'leaving'> | 'superseded' | 'not-applied';
  /** The id of the group or room, once it is known. */
  id?: string;
  /** The access that the room showed then. */
  shown?: ShownAccess;
  /** When the portal, read back, showed the result. */
  confirmedAt?: string;
  /** Why it was refused, or failed. */
  message?: string;
  runId: string;
}

/** Who sent a request, when, and to which run. */
export type Sender = Pick<PlaceEntry, 'by' | 'at' | 'runId'>;

/** The requests for groups and rooms of an onboarding, and their results. */
export class PlaceLog {
  readonly entries: PlaceEntry[] = [];
  private readonly places: Places;
  /** The entries that `findPlaces` looks up now. */
  private lookedUp: PlaceEntry[] = [];
  /** A result whose missing groups are being created. */
  private incomplete: StepResult | undefined;

  constructor(private readonly state: PlacesState) {
    this.places = new Places(state, { exactGroups: false });
  }

  /** Why the person cannot become a Guest, or `undefined`. */
  get guestProblem(): string | undefined {
    return this.places.guestProblem;
  }

  /** @param sender absent if the history lists the request elsewhere */
  request(change: PlaceRequest, sender?: Sender): void {
    this.places.request({ ...change, mayLower: true });
    if (sender) this.entries.push(...requestedPlaces(change, sender));
  }

  startLookUp(): void {
    this.places.startLookUp();
    this.lookedUp = this.entries.filter((entry) => isUndecided(entry) && entry.id === undefined);
  }

  recordResult(result: StepResult, at: string): void {
    const { found, groups, rooms } = result;
    const { groupsToCreate } = this.places;
    const isIncomplete = found?.groups.some(({ asked, isMissing }) => isMissing && groupsToCreate.has(asked));
    this.incomplete = isIncomplete ? result : undefined;
    if (isIncomplete) return;
    if (found) {
      this.places.recordFound(found);
      for (const entry of this.lookedUp) this.recordFound(entry, found);
    }
    this.places.recordShown({ ...(groups && { groups }), ...(rooms && { rooms }) });
    for (const entry of this.entries) {
      const place = isUndecided(entry) ? findPlace(entry, this.state) : undefined;
      if (!place) continue;
      delete entry.message;
      Object.assign(entry, resultOf(place, at));
    }
  }

  /** Another run has created a group that the last look-up did not find. */
  recordCreated(group: FoundGroup | null, at: string): void {
    const { found } = this.incomplete ?? {};
    if (!found || !group) return;
    const groups = found.groups.map((each) => (each.asked === group.asked ? group : each));
    this.recordResult({ found: { ...found, groups } }, at);
  }

  close(): void {
    for (const entry of this.entries) if (isUndecided(entry)) entry.state = 'not-applied';
  }

  private recordFound(entry: PlaceEntry, { groups, rooms }: FoundPlaces): void {
    const found = (isRoom(entry) ? rooms : groups).find(({ asked }) => asked === entry.place);
    if (!found || found.message !== undefined) {
      Object.assign(entry, { state: 'refused', ...(found?.message && { message: found.message }) });
      return;
    }
    for (const earlier of this.entries) {
      const isSame = earlier.id === found.id && isRoom(earlier) === isRoom(entry);
      if (isSame && isUndecided(earlier)) earlier.state = 'superseded';
    }
    entry.id = found.id;
  }
}

/** The entries of a request. A room without a valid access is left out, as the workflow does. */
export function requestedPlaces({ join = [], leave = [], enter = [] }: PlaceChange, sender: Sender): PlaceEntry[] {
  const requests: Pick<PlaceEntry, 'change' | 'place' | 'access'>[] = [
    ...join.map((place) => ({ change: 'join' as const, place })),
    ...leave.map((place) => ({ change: 'leave' as const, place })),
    ...enter.flatMap((text) => {
      const { room: place, access } = parseRoomRequest(text) ?? {};
      return place && access ? { change: 'enter' as const, place, access } : [];
    }),
  ];
  return requests.map((request) => ({ ...request, ...sender, state: 'waiting' }));
}

/** What became of a request, and when the portal showed it. */
export function resultOf(place: GroupPlace | RoomPlace, at: string | undefined): Partial<PlaceEntry> {
  const { state, problem } = place;
  const isShown = state !== 'waiting' && state !== 'leaving' && !problem;
  return {
    state: state === 'leaving' ? 'waiting' : state,
    ...('title' in place && place.shown && { shown: place.shown }),
    ...(isShown && at !== undefined && { confirmedAt: at }),
    ...(problem && { message: problem.message }),
  };
}

/** Whether a later event can change the result. */
export function isUndecided({ state }: PlaceEntry): boolean {
  return state === 'waiting' || state === 'failed';
}

const isRoom = ({ change }: PlaceEntry): boolean => change === 'enter';

function findPlace(entry: PlaceEntry, { groups = [], rooms = [] }: PlacesState): GroupPlace | RoomPlace | undefined {
  return (isRoom(entry) ? rooms : groups).find(({ id }) => id === entry.id);
}
