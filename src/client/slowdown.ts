import { failureTypes } from '../contract/onboarding.js';
import { onboardingStateKey, portalKey } from '../contract/search-attributes.js';
import { runIds } from './find-runs.js';
import { retriedFailures } from './retried-failure.js';
import type { Session } from './session.js';

/** A few runs of each type are enough: if the portal limits its calls, all runs wait. */
const maxRuns = 10;

/**
 * Why the workers are slow, if the portal limits their calls: what a waiting step reported last. It needs no worker.
 *
 * @param condition limits the runs, in the language of visibility queries
 */
export async function findSlowdown(session: Session, condition?: string): Promise<string | undefined> {
  const queryFor = (type: string): string =>
    [
      `WorkflowType = '${type}' AND ExecutionStatus = 'Running'`,
      `${portalKey.name} = '${session.portal}' AND ${onboardingStateKey.name} = 'running'`,
      ...(condition === undefined ? [] : [condition]),
    ].join(' AND ');
  const onboardings = await runIds(session, queryFor('onboardUser'), maxRuns);
  // The newest come first, and a batch works on its oldest chunks.
  const chunks = (await runIds(session, queryFor('onboardChunk'))).slice(-maxRuns);
  const failures = await retriedFailures(session, [...onboardings, ...chunks]);
  return failures.find(({ type }) => type === failureTypes.rateLimited)?.message;
}
