import { PortalError } from '../docspace/errors.js';
import type { Portal } from '../docspace/portal.js';
import { classify } from '../docspace/verdict.js';
import type { ShownRole } from '../domain/roles.js';

/** A key can do what its owner can do (docspace-api.md §1.1 and §4). */
const rights: Record<ShownRole, string> = {
  Owner: 'it can create every role',
  DocSpaceAdmin: 'it can create every role except DocSpaceAdmin',
  RoomAdmin: 'it can create Users and no other role',
  User: 'it can create nobody',
  Guest: 'it can create nobody',
};

/** Describes what a key can do, and whether that is enough to onboard anybody. */
export function describeRights(role: ShownRole): { says: string; isEnough: boolean } {
  const isEnough = role !== 'User' && role !== 'Guest';
  return { says: `the key belongs to a person with the role ${role}: ${rights[role]}`, isEnough };
}

/**
 * Finds what an operator has to fix about the API key of a worker. A portal that is down for a moment is no problem, because
 * steps are retried.
 */
export async function checkApiKey(portal: Portal, timeoutMs: number): Promise<string | undefined> {
  try {
    const { says, isEnough } = describeRights((await portal.self(AbortSignal.timeout(timeoutMs))).role);
    return isEnough ? undefined : says;
  } catch (error) {
    if (!(error instanceof PortalError)) throw error;
    const verdict = classify(error.facts, portal.origin);
    return verdict.kind === 'needs attention' ? verdict.message : undefined;
  }
}
