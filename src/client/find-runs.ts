import { WorkflowNotFoundError, type WorkflowExecutionInfo, type WorkflowHandle } from '@temporalio/client';
import { lacksAttributes } from '../temporal/grpc-errors.js';
import type { Session } from './session.js';

/** The server's answer about a run; `undefined` if it has no such run. */
export async function ifFound<Answer>(asking: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Whether the server has an open run; `false` if it has no run at all. */
export async function isOpenRun(handle: Pick<WorkflowHandle, 'describe'>): Promise<boolean> {
  return (await ifFound(handle.describe()))?.status.name === 'RUNNING';
}

/** The runs that a visibility query finds; none if the namespace lacks the attributes that distinguish portals. */
export async function* findRuns({ client }: Session, query: string): AsyncGenerator<WorkflowExecutionInfo> {
  try {
    yield* client.workflow.list({ query });
  } catch (error) {
    if (!lacksAttributes(error)) throw error;
  }
}

/** The ids of the runs that a visibility query finds, newest first. */
export async function runIds(session: Session, query: string, max = Infinity): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId } of findRuns(session, query)) if (ids.push(workflowId) >= max) break;
  return ids;
}
