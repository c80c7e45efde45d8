import { guestInGroup, guestProblem, namedRooms, parseRoomRequest } from '../domain/place-names.js';
import { accessProblem } from '../domain/room-access.js';
import { parseRole, type ShownRole } from '../domain/roles.js';
import { formatCount } from '../utils/format-count.js';
import type { AttentionDetails, OnboardingState } from './onboarding.js';
import {
  findUsable,
  groupProblem,
  isInGroup,
  type FoundPlace,
  type FoundPlaces,
  type GroupPlace,
  type PlaceNames,
  type PlaceProblem,
  type PlaceRequest,
  type RoomPlace,
} from './places.js';
import type { EnterRoomsRequest, JoinGroupsRequest, StepRequest } from './steps.js';

type Details<Request extends StepRequest> = Omit<Request, keyof StepRequest>;

/** The part of an onboarding's state that its groups and rooms need. */
export type PlacesState = Pick<
  OnboardingState,
  'groups' | 'rooms' | 'placeRequests' | 'requestedRole' | 'isRolePending' | 'role'
>;

/**
 * The groups and rooms of one onboarding: what is requested, and what the portal shows. The workflow and the audit
 * follow these rules.
 */
export class Places {
  /** The requests that are being looked up. Later ones wait for the next look-up. */
  private requestsInStep = 0;

  constructor(
    private readonly state: PlacesState,
    /** With `exactGroups`, the person leaves all groups that are not requested. */
    private readonly options: { exactGroups: boolean },
  ) {}

  request(request: PlaceRequest): void {
    const { state } = this;
    state.groups ??= [];
    state.rooms ??= [];
    dropRefused(state.groups, [...(request.join ?? []), ...(request.leave ?? [])]);
    dropRefused(state.rooms, namedRooms(request.enter ?? []));
    (state.placeRequests ??= []).push(request);
  }

  get areRequested(): boolean {
    return (this.state.placeRequests ?? []).length > 0;
  }

  get haveGroupsToJoin(): boolean {
    return this.groups.some(({ state }) => state === 'waiting' || state === 'leaving');
  }

  get haveRoomsToEnter(): boolean {
    return this.rooms.some(({ state }) => state === 'waiting');
  }

  get arePending(): boolean {
    return this.areRequested || this.haveGroupsToJoin || this.haveRoomsToEnter;
  }

  /** Why the person cannot become a Guest, or `undefined`. */
  get guestProblem(): string | undefined {
    const requested = (this.state.placeRequests ?? []).flatMap(({ join = [] }) => join);
    return guestProblem([...this.groups.filter(isInGroup).map(({ name }) => name), ...requested]);
  }

  /** The input of `findPlaces`. */
  startLookUp(): PlaceNames {
    const requests = this.state.placeRequests ?? [];
    this.requestsInStep = requests.length;
    return {
      groups: requests.flatMap(({ join = [], leave = [] }) => [...join, ...leave]),
      rooms: namedRooms(requests.flatMap(({ enter = [] }) => enter)),
    };
  }

  /** Of the names in {@link startLookUp}, the groups to create if the portal does not have them. */
  get groupsToCreate(): Set<string> {
    const requests = (this.state.placeRequests ?? []).slice(0, this.requestsInStep);
    return new Set(requests.flatMap(({ join = [], mayCreate }) => (mayCreate ? join : [])));
  }

  /** The result of `findPlaces`. Of two requests for one place, the last one wins. */
  recordFound(found: FoundPlaces): void {
    const requests = this.state.placeRequests?.splice(0, this.requestsInStep) ?? [];
    for (const { join = [], leave = [], enter = [], mayLower, isExact } of requests) {
      // Nobody leaves a group because of a list with a name that may be a typing error.
      if (isExact && join.every((asked) => findUsable(found.groups, asked))) this.leaveAll();
      for (const asked of join) this.putGroup(found, asked, 'waiting', mayLower);
      for (const asked of leave) this.putGroup(found, asked, 'leaving', mayLower);
      for (const text of enter) this.putRoom(found, text, mayLower);
    }
  }

  /** The groups that the request names are joined again. */
  private leaveAll(): void {
    this.options.exactGroups = true; // for this run and those that continue it
    for (const group of this.groups) {
      if (group.state === 'refused' || group.state === 'left') continue;
      delete group.problem;
      group.state = 'leaving';
    }
  }

  /** Why places cannot be used, one sentence each. */
  get refusals(): string[] {
    return this.all.flatMap(({ state, problem }) => (state === 'refused' && problem ? problem.message : []));
  }

  /** The input of `joinGroups`. */
  groupsToJoin(): Details<JoinGroupsRequest> {
    return {
      groups: this.groups.filter(({ state }) => state !== 'refused'),
      ...(this.options.exactGroups && { isExact: true }),
    };
  }

  /** The input of `enterRooms`. */
  roomsToEnter(): Details<EnterRoomsRequest> {
    return { rooms: this.rooms.filter(({ state }) => state === 'waiting') };
  }

  /** The result of `joinGroups` or `enterRooms`. */
  recordShown({ groups = [], rooms = [] }: { groups?: GroupPlace[]; rooms?: RoomPlace[] }): void {
    for (const group of groups) put(this.groups, group);
    for (const room of rooms) put(this.rooms, room);
  }

  /** Why the onboarding needs attention, if a place failed. */
  get failure(): { step: 'joinGroups' | 'enterRooms'; details: AttentionDetails } | undefined {
    const failed = this.all.filter(({ state }) => state === 'failed');
    const [first] = failed;
    if (!first?.problem) return undefined;
    const { message, ...rest } = first.problem;
    const others = failed.length > 1 ? ` (and ${formatCount(failed.length - 1)} more)` : '';
    return { step: 'title' in first ? 'enterRooms' : 'joinGroups', details: { message: message + others, ...rest } };
  }

  retryFailed(): void {
    for (const place of this.all) {
      if (place.state !== 'failed') continue;
      delete place.problem;
      place.state = 'isLeaving' in place ? 'leaving' : 'waiting';
    }
  }

  /** Reads all places again. This lowers no access that somebody has raised since. */
  checkAgain(): void {
    for (const group of this.groups) if (group.state === 'joined') group.state = 'waiting';
    for (const room of this.rooms) {
      if (room.state !== 'entered' && room.state !== 'kept-higher') continue;
      delete room.mayLower;
      room.state = 'waiting';
    }
  }

  private get groups(): GroupPlace[] {
    return this.state.groups ?? [];
  }

  private get rooms(): RoomPlace[] {
    return this.state.rooms ?? [];
  }

  private get all(): (GroupPlace | RoomPlace)[] {
    return [...this.groups, ...this.rooms];
  }

  /** The role that the person has or will have; `undefined` before an existing account is read. */
  private get role(): ShownRole | undefined {
    const { isRolePending, requestedRole, role } = this.state;
    return (isRolePending ? parseRole(requestedRole) : undefined) ?? role ?? undefined;
  }

  /** @param isChange a signal asks for it, and signals create no group */
  private putGroup({ groups }: FoundPlaces, asked: string, state: 'waiting' | 'leaving', isChange = false): void {
    const found = groups.find((group) => group.asked === asked) ?? { asked, id: '', name: asked };
    const { id, name } = found;
    const message = isChange ? found.message : groupProblem(found);
    const problem = message ?? (state === 'waiting' && this.role === 'Guest' ? guestInGroup : undefined);
    const group: GroupPlace = { id, name, state };
    put(this.groups, problem === undefined ? group : { ...group, ...refusedAs(problem), name: nameAsked(found) });
  }

  private putRoom({ rooms }: FoundPlaces, text: string, mayLower?: true): void {
    const request = parseRoomRequest(text);
    const found = rooms.find(({ asked }) => asked === request?.room);
    if (!request || !found) return;
    const { id, name: title, type } = found;
    const message = found.message ?? (this.role && accessProblem(type, this.role, request.access));
    const room: RoomPlace = { id, title, access: request.access, state: 'waiting', ...(mayLower && { mayLower }) };
    put(this.rooms, message === undefined ? room : { ...room, ...refusedAs(message), title: nameAsked(found) });
  }
}

/** A new request replaces the refusal of an earlier one. */
function dropRefused(places: (GroupPlace | RoomPlace)[], asked: readonly string[]): void {
  const stale = places.filter(
    (place) => place.state === 'refused' && asked.some((name) => name === place.id || name === nameOf(place)),
  );
  for (const place of stale) places.splice(places.indexOf(place), 1);
}

/** The name by which whoever asked for the place finds it among the refused ones. */
const nameAsked = ({ asked, id, name }: FoundPlace): string => (asked === id ? name : asked);

const refusedAs = (message: string): { state: 'refused'; problem: PlaceProblem } => ({
  state: 'refused',
  problem: {
    reason: 'place-gone',
    message,
    hint: 'Correct the name, or change the group or room in the portal. Then request it again.',
  },
});

/** How many refused places an outcome lists. The oldest ones are dropped. */
const maxRefused = 20;

const nameOf = (place: GroupPlace | RoomPlace): string => ('title' in place ? place.title : place.name);

/** Replaces the entry of the same place, or adds one. */
function put<Place extends GroupPlace | RoomPlace>(places: Place[], place: Place): void {
  const isSame = (other: Place): boolean =>
    place.id === '' ? other.id === '' && nameOf(other) === nameOf(place) : other.id === place.id;
  const index = places.findIndex(isSame);
  if (index >= 0) places[index] = place;
  else places.push(place);
  const refused = places.filter(({ state }) => state === 'refused');
  if (refused.length > maxRefused) places.splice(places.indexOf(refused[0]!), 1);
}
