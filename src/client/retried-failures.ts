import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow/index.js';
import pMap from 'p-map';
import { failureTypes } from '../contract/onboarding.js';
import { batchKey, onboardingStateKey, portalKey } from '../contract/search-attributes.js';
import { ifFound, runIds } from './find-runs.js';
import type { Session } from './session.js';

const maxRuns = 20;
const maxConcurrentCalls = 10;

/** The last failure of an activity that Temporal retries. */
interface RetriedFailure {
  attempt: number;
  type: string | undefined;
  message: string;
}

/** The failures that open runs retry. One whose codec key is missing is left out, because other calls report that. */
async function retriedFailures({ client }: Session, ids: readonly string[]): Promise<RetriedFailure[]> {
  // Visibility lists a run for a moment after its deletion.
  const described = await pMap(ids, (id) => ifFound(client.workflow.getHandle(id).describe()), {
    concurrency: maxConcurrentCalls,
  });
  const pending = described.flatMap((run) => run?.raw.pendingActivities ?? []);
  const failures = pending.map(async ({ attempt, lastFailure }): Promise<RetriedFailure[]> => {
    const decoding = decodeOptionalFailureToOptionalError(client.options.loadedDataConverter, lastFailure);
    const error = await decoding.catch(() => undefined);
    const type = lastFailure?.applicationFailureInfo?.type ?? undefined;
    return error ? [{ attempt: attempt ?? 0, type, message: error.message }] : [];
  });
  return (await Promise.all(failures)).flat();
}

/** The failure that the open runs of a batch have retried most often; `undefined` if there is none. */
export async function mostRetriedFailure(session: Session, batchId: string): Promise<string | undefined> {
  const ids = await runIds(session, `${batchKey.name} = '${batchId}' AND ExecutionStatus = 'Running'`, maxRuns);
  const [worst] = (await retriedFailures(session, ids)).sort((one, other) => other.attempt - one.attempt);
  return worst?.message;
}

/** A few runs of each type are enough: if the portal limits its calls, all runs wait. */
const maxRunsOfType = 10;

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
  const onboardings = await runIds(session, queryFor('onboardUser'), maxRunsOfType);
  // The newest come first, and a batch works on its oldest chunks.
  const chunks = (await runIds(session, queryFor('onboardChunk'))).slice(-maxRunsOfType);
  const failures = await retriedFailures(session, [...onboardings, ...chunks]);
  return failures.find(({ type }) => type === failureTypes.rateLimited)?.message;
}
