import type { FindPlacesRequest } from '../contract/steps.js';
import type { FoundPlaces } from '../contract/places.js';
import { findPlaces as find } from '../docspace/find-places.js';
import type { Attempt, WorkerContext } from './attempt/run-attempt.js';

/** Looks up the requested groups and rooms, with the key that will write to them. */
export async function findPlaces(
  { portal: { places, origin }, creationIdFor }: WorkerContext,
  { groups, rooms }: FindPlacesRequest,
  attempt: Attempt,
): Promise<{ found: FoundPlaces }> {
  attempt.assertCircuitClosed();
  const found = await find(places, { groups, rooms }, attempt.signal);
  for (const group of found.groups) if (group.isMissing) group.creationId = creationIdFor(origin, group.asked);
  return { found };
}
