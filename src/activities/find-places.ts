import type { FindPlacesRequest } from '../contract/steps.js';
import type { FoundPlaces, groupCreationId } from '../contract/places.js';
import { findPlaces as find } from '../docspace/find-places.js';
import type { Portal } from '../docspace/portal.js';
import type { Attempt } from './attempt/run-attempt.js';

/** Looks up the requested groups and rooms, with the key that will write to them. */
export async function findPlaces(
  { places, origin }: Portal,
  creationIdFor: typeof groupCreationId,
  { groups, rooms }: Pick<FindPlacesRequest, 'groups' | 'rooms'>,
  attempt: Attempt,
): Promise<{ found: FoundPlaces }> {
  attempt.assertCircuitClosed();
  const found = await find(places, { groups, rooms }, attempt.signal);
  for (const group of found.groups) if (group.isMissing) group.creationId = creationIdFor(origin, group.asked);
  return { found };
}
