import type { FoundPlaces } from '../../contract/places.js';
import { ownAccess, type Share } from '../../docspace/places-api.js';
import type { Portal } from '../../docspace/portal.js';
import type { Profile } from '../../docspace/profile.js';
import { parseRoomRequest } from '../../domain/place-names.js';
import { hasAccess } from '../../domain/room-access.js';
import type { Person } from '../../people/person.js';
import { placeOf } from './check-places.js';

/** What a dry run shows about the places of one person. */
export interface PlannedPlaces {
  /** The groups that the person joins, and the rooms that they enter. */
  joins: string[];
  enters: string[];
  /** What the portal shows already, and what the person keeps. */
  has: string[];
  /** The requested rooms that the person owns. Their owner keeps all rights. */
  owns: string[];
}

/** Compares the groups and rooms of a file with what the portal shows. */
export class PlacesPlan {
  private readonly shares = new Map<string, { people: Share[]; groups: Share[] }>();

  constructor(private readonly found: FoundPlaces) {}

  /** Reads who has access to each room. */
  async read({ places }: Portal): Promise<void> {
    for (const { id } of this.found.rooms.filter(({ message }) => message === undefined)) {
      if (this.shares.has(id)) continue;
      this.shares.set(id, { people: await places.shares(id, 'User'), groups: await places.shares(id, 'Group') });
    }
  }

  /** The groups of these people that the portal does not have. */
  missingOf(people: readonly Person[]): string[] {
    const requested = new Set(people.flatMap(({ groups = [] }) => groups));
    return this.found.groups.flatMap(({ asked, isMissing }) => (isMissing && requested.has(asked) ? asked : []));
  }

  /** @returns `undefined` if the row requests none */
  for({ groups = [], rooms = [] }: Person, account: Profile | undefined): PlannedPlaces | undefined {
    if (groups.length + rooms.length === 0) return undefined;
    const plan: PlannedPlaces = { joins: [], enters: [], has: [], owns: [] };
    const groupIds = new Set(account?.groupIds);
    for (const asked of groups) {
      const { id = '', name = asked } = placeOf(this.found.groups, asked) ?? {};
      (groupIds.has(id) ? plan.has : plan.joins).push(groupIds.has(id) ? `is in ${name}` : name);
      if (id !== '') groupIds.add(id);
    }
    for (const text of rooms) this.planRoom(plan, text, account, groupIds);
    return plan;
  }

  private planRoom(plan: PlannedPlaces, text: string, account: Profile | undefined, groupIds: Set<string>): void {
    const request = parseRoomRequest(text);
    if (!request) return;
    const { id = '', name = request.room } = placeOf(this.found.rooms, request.room) ?? {};
    const { people = [], groups = [] } = this.shares.get(id) ?? {};
    const shown = account && ownAccess(people, account.id);
    if (shown === 'Owner') {
      plan.owns.push(name);
      return;
    }
    if (hasAccess(shown, request.access)) {
      plan.has.push(`has ${shown} in ${name}`);
      return;
    }
    plan.enters.push(`${name}: ${request.access}`);
    // A person's own access overrides that of a group, even if it is lower.
    const byGroup = groups.find(({ groupId, access }) => groupIds.has(groupId ?? '') && access !== request.access);
    if (byGroup?.access) {
      plan.has.push(`a group already gives ${byGroup.access} in ${name}, but the row will give ${request.access}`);
    }
  }
}

/** `joins 5a; enters Library: Read; is in Teachers`. */
export function formatPlannedPlaces({ joins, enters, has, owns }: PlannedPlaces): string {
  const parts = [joins.length > 0 && `joins ${joins.join(', ')}`, enters.length > 0 && `enters ${enters.join(', ')}`];
  return [...parts, ...has, owns.length > 0 && `owns ${owns.join(', ')}; nothing changes`].filter(Boolean).join('; ');
}
