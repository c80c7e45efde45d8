import { WorkflowNotFoundError, type Client, type WorkflowHandle } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { grpcCodes, grpcErrorIn } from '../../src/temporal/grpc-errors.js';

/** What operators do to open runs in the Web UI. */

const namespace = 'default';

const pauseMs = 1_000;
const pollIntervalMs = 200;

export async function terminate(run: WorkflowHandle): Promise<void> {
  await run.terminate('by the test');
}

export async function resetActivity(run: WorkflowHandle): Promise<void> {
  const activity = await pendingActivity(run);
  if (activity) await run.client.workflowService.resetActivity({ ...activity, resetHeartbeat: true });
}

export async function pauseActivity(run: WorkflowHandle): Promise<void> {
  const activity = await pendingActivity(run);
  if (!activity) return;
  await run.client.workflowService.pauseActivity(activity);
  await delay(pauseMs);
  await run.client.workflowService.unpauseActivity({ ...activity, resetAttempts: true, resetHeartbeat: true });
}

interface ActivityRef {
  namespace: string;
  execution: { workflowId: string };
  id: string;
}

async function pendingActivity(run: WorkflowHandle): Promise<ActivityRef | undefined> {
  const [pending] = (await run.describe()).raw.pendingActivities ?? [];
  return pending?.activityId
    ? { namespace, execution: { workflowId: run.workflowId }, id: pending.activityId }
    : undefined;
}

export async function untilNoStepRuns({ workflow }: Client): Promise<void> {
  const isBusy = async (): Promise<boolean> => {
    for await (const { workflowId } of workflow.list({ query: `ExecutionStatus = 'Running'` })) {
      const { raw } = await workflow.getHandle(workflowId).describe();
      if (raw.pendingWorkflowTask || raw.pendingActivities?.length) return true;
    }
    return false;
  };
  while (await isBusy()) await delay(pollIntervalMs);
}

/** The run or its activity may end before the operator acts. */
export async function unlessClosed(acting: Promise<void>): Promise<void> {
  try {
    await acting;
  } catch (error) {
    const isClosed = error instanceof WorkflowNotFoundError || grpcErrorIn(error)?.code === grpcCodes.notFound;
    if (!isClosed) throw error;
  }
}
