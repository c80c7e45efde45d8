import { batchKey } from '../contract/search-attributes.js';
import { findRuns } from './find-runs.js';
import type { Session } from './session.js';

/** The most runs that are described. */
const maxRuns = 20;

/** The failure that the open runs of a batch have retried most often; `undefined` if there is none. */
export async function mostRetriedFailure(session: Session, batchId: string): Promise<string | undefined> {
  const runs: string[] = [];
  for await (const { workflowId } of findRuns(
    session,
    `${batchKey.name} = '${batchId}' AND ExecutionStatus = 'Running'`,
  )) {
    if (runs.push(workflowId) === maxRuns) break;
  }
  const described = await Promise.all(runs.map((id) => session.client.workflow.getHandle(id).describe()));
  const failures = described
    .flatMap(({ raw }) => raw.pendingActivities ?? [])
    .map(({ attempt, lastFailure }) => ({ attempt: attempt ?? 0, message: lastFailure?.message }))
    .filter(({ message }) => message)
    .sort((one, other) => other.attempt - one.attempt);
  return failures[0]?.message ?? undefined;
}
