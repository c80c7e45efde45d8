import type { FoundGroup } from '../contract/places.js';
import type { CreateGroupRequest } from '../contract/steps.js';
import { PortalError } from '../docspace/errors.js';
import { findGroup } from '../docspace/find-places.js';
import { decideAfterNotFound, recordPost, recordStall } from '../domain/create-rule.js';
import type { Attempt, WorkerContext } from './attempt/run-attempt.js';
import { logAtStart, postOutcome } from './create-log.js';
import { isStall, needsAttention, retryAfter } from './failures.js';

/**
 * Creates a group, unless the portal has one of this name, and reads it back. Names are not unique, and nothing marks a
 * group as ours. So the rule of `create-rule.ts` decides when to post, and every attempt looks the name up first.
 *
 * @returns a `message` if the portal has several groups of this name
 */
export async function createGroup(
  { portal: { places }, settleWindowMs }: WorkerContext,
  request: CreateGroupRequest,
  attempt: Attempt,
): Promise<FoundGroup> {
  const { name } = request;
  let log = logAtStart(request, attempt);
  try {
    attempt.assertCircuitClosed();
    for (;;) {
      const group = await findGroup(places, name, attempt.untilShutdown);
      if (!group.isMissing) return group;
      const next = decideAfterNotFound(log, attempt.now(), settleWindowMs);
      if (next.move === 'wait') throw notSettled(name, next.delayMs);
      if (next.move === 'needs attention') throw unconfirmed(name);
      // Once sent, the create is completed.
      await places.createGroup(name, { ...attempt.writeBounds, signal: attempt.untilShutdown, unsent: attempt.signal });
      log = recordPost(log, 'unknown'); // until a look-up shows the group
    }
  } catch (error) {
    if (error instanceof PortalError && error.facts.route === 'POST /group') log = recordPost(log, postOutcome(error));
    else if (isStall(error)) log = recordStall(log);
    throw error;
  } finally {
    attempt.saveNote(log);
  }
}

function notSettled(name: string, delayMs: number): Error {
  const message = `the portal does not show the group "${name}" yet; it is looked up again before another create is sent`;
  return retryAfter(delayMs, message);
}

function unconfirmed(name: string): Error {
  return needsAttention(
    'portal-unavailable',
    `up to five creates of the group "${name}" may have been sent, and the portal never showed it`,
    "Check the portal's log, then retry.",
  );
}
