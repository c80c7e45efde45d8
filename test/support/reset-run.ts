import type { WorkflowHandle } from '@temporalio/client';
import { randomUUID } from 'node:crypto';

/**
 * Resets a run to one of its completed workflow tasks, as the Web UI does.
 *
 * @param place 0 is the first task, and almost 1 the latest
 */
export async function resetRun({ workflowId, client }: WorkflowHandle, place = 0): Promise<void> {
  const { runId } = await client.getHandle(workflowId).describe();
  const { events } = await client.getHandle(workflowId, runId).fetchHistory();
  const tasks = events!.filter((event) => event.workflowTaskCompletedEventAttributes);
  const task = tasks[Math.floor(place * tasks.length)];
  if (!task?.eventId) return; // no worker has seen the run
  await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId, runId },
    reason: 'by the test',
    requestId: randomUUID(),
    workflowTaskFinishEventId: task.eventId,
  });
}
