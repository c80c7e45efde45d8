import { PortalError } from '../docspace/errors.js';
import type { Portal } from '../docspace/portal.js';
import type { ShownRole } from '../domain/roles.js';
import { classify } from '../docspace/verdict.js';

/** What a key may do is what the person may do whom it acts for (docspace-api.md §1.1 and §4). */
const rights: Record<ShownRole, string> = {
  Owner: 'it may make every role',
  DocSpaceAdmin: 'it may make every role but DocSpaceAdmin',
  RoomAdmin: 'it may make Users, and no other role',
  User: 'it may make nobody',
  Guest: 'it may make nobody',
};

/** What is to be said of a key, and whether it can onboard anybody at all. */
export function describeRights(role: ShownRole): { says: string; isEnough: boolean } {
  const isEnough = role !== 'User' && role !== 'Guest';
  return { says: `the key acts for a person with the role ${role}: ${rights[role]}`, isEnough };
}

/**
 * What a person must mend about the API key of a worker, if anything: a portal that is down for a moment is no such thing,
 * since steps are retried.
 *
 * @param patience milliseconds that the portal has to answer
 */
export async function checkApiKey(portal: Portal, patience: number): Promise<string | undefined> {
  try {
    const { says, isEnough } = describeRights((await portal.self(AbortSignal.timeout(patience))).role);
    return isEnough ? undefined : says;
  } catch (error) {
    if (!(error instanceof PortalError)) throw error;
    const verdict = classify(error.facts, portal.origin);
    return verdict.kind === 'needs attention' ? verdict.message : undefined;
  }
}
