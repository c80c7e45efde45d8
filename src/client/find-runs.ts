import { WorkflowNotFoundError, type WorkflowExecutionInfo, type WorkflowHandle } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import { Exit, exitCodes } from '../program/exit.js';
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

/**
 * The run that continues a terminated one. A reset terminates the open run, and a new run of the same chain continues.
 */
export async function resetRunOf<Type extends Workflow>(
  handle: WorkflowHandle<Type>,
): Promise<WorkflowHandle<Type> | undefined> {
  const { workflowId, client } = handle;
  const latest = await ifFound(handle.describe());
  if (!latest || latest.status.name === 'TERMINATED') return undefined;
  const { runId, raw } = latest;
  const isFirst = raw.workflowExecutionInfo?.firstRunId === runId;
  return isFirst ? undefined : client.getHandle<Type>(workflowId, runId);
}

export function deletedRun({ workflowId }: Pick<WorkflowHandle, 'workflowId'>): Exit {
  return new Exit(
    exitCodes.failed,
    `${workflowId} is no longer on the Temporal server: somebody deleted it, or its retention time has passed`,
    'The portal keeps what it already has. Run the same command again: it reads the portal first.',
  );
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
