import type { PlaceProblem } from '../contract/places.js';
import { PortalError } from '../docspace/errors.js';
import { classify } from '../docspace/verdict.js';

/**
 * Does the work for one place after another. A place that fails does not hold up the others.
 *
 * @returns why places need attention
 * @throws a failure that may pass, at the end, so Temporal retries the step; one that concerns every place, at once
 */
export async function forEachPlace<Place>(
  places: readonly Place[],
  origin: string,
  work: (place: Place) => Promise<PlaceProblem | undefined>,
): Promise<Map<Place, PlaceProblem>> {
  const problems = new Map<Place, PlaceProblem>();
  let temporary: PortalError | undefined;
  for (const place of places) {
    try {
      const problem = await work(place);
      if (problem) problems.set(place, problem);
    } catch (error) {
      if (!(error instanceof PortalError) || error.facts.kind === 'aborted') throw error;
      const verdict = classify(error.facts, origin);
      if (verdict.kind === 'retry now') temporary ??= error;
      else if (verdict.kind !== 'needs attention' || verdict.portalWide) throw error;
      else problems.set(place, { reason: verdict.reason, message: verdict.message, hint: verdict.hint });
    }
  }
  if (temporary) throw temporary;
  return problems;
}
