import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow/index.js';
import pMap from 'p-map';
import { failureTypes } from '../contract/onboarding.js';
import { onboardingStateKey, portalKey } from '../contract/search-attributes.js';
import { lacksAttributes } from '../temporal/grpc-errors.js';
import type { Session } from './session.js';

/** Runs of each type that are looked at. If the portal limits its calls, all of them wait. */
const maxRuns = 10;

/**
 * Why the workers are slow, if the portal limits their calls: what a waiting step reported last. It needs no worker.
 *
 * @param narrowed a visibility query that narrows the runs
 */
export async function findSlowdown(session: Session, narrowed?: string): Promise<string | undefined> {
  try {
    const onboardings = await runningIds(session, 'onboardUser', narrowed);
    const chunks = await runningIds(session, 'onboardChunk', narrowed);
    // The newest come first, and a batch works on its oldest chunks.
    const ids = [...onboardings.slice(0, maxRuns), ...chunks.slice(-maxRuns)];
    const reasons = await pMap(ids, (id) => readLimit(session, id), { concurrency: maxRuns });
    return reasons.find((reason) => reason !== undefined);
  } catch (error) {
    if (!lacksAttributes(error)) throw error;
    return undefined;
  }
}

async function runningIds({ client, portal }: Session, type: string, narrowed?: string): Promise<string[]> {
  const conditions = [
    `WorkflowType = '${type}' AND ExecutionStatus = 'Running'`,
    `${portalKey.name} = '${portal}' AND ${onboardingStateKey.name} = 'running'`,
    ...(narrowed === undefined ? [] : [narrowed]),
  ];
  const ids: string[] = [];
  for await (const { workflowId } of client.workflow.list({ query: conditions.join(' AND ') })) ids.push(workflowId);
  return ids;
}

async function readLimit({ client }: Session, workflowId: string): Promise<string | undefined> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const failures = (raw.pendingActivities ?? []).map(({ lastFailure }) => lastFailure);
  const limit = failures.find((failure) => failure?.applicationFailureInfo?.type === failureTypes.rateLimited);
  // Without the key of an encrypted message, the caller reports the missing key.
  const decoding = decodeOptionalFailureToOptionalError(client.options.loadedDataConverter, limit);
  return (await decoding.catch(() => undefined))?.message;
}
