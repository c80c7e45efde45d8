import { WorkflowNotFoundError, type WorkflowExecutionInfo } from '@temporalio/client';
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

/** The runs that a visibility query finds; none if the namespace lacks the attributes that distinguish portals. */
export async function* findRuns({ client }: Session, query: string): AsyncGenerator<WorkflowExecutionInfo> {
  try {
    yield* client.workflow.list({ query });
  } catch (error) {
    if (!lacksAttributes(error)) throw error;
  }
}
