import type { FindPlacesRequest } from '../contract/steps.js';
import type { FoundPlaces } from '../contract/places.js';
import { findPlaces as find } from '../docspace/find-places.js';
import type { Portal } from '../docspace/portal.js';
import type { Attempt } from './attempt/run-attempt.js';

/** Looks up the requested groups and rooms, with the key that will write to them. */
export async function findPlaces(
  { places }: Portal,
  { groups, rooms }: Pick<FindPlacesRequest, 'groups' | 'rooms'>,
  attempt: Attempt,
): Promise<{ found: FoundPlaces }> {
  attempt.assertCircuitClosed();
  return { found: await find(places, { groups, rooms }, attempt.signal) };
}
