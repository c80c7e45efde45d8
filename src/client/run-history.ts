import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import type { Session } from './session.js';

/** Reads the histories of runs. This needs no worker. */

export type HistoryEvent = NonNullable<History['events']>[number];
export type Payloads = NonNullable<HistoryEvent['workflowExecutionSignaledEventAttributes']>['input'];

export interface Run {
  workflowId: string;
  runId: string;
}

export async function* eventsOf(
  { client, namespace }: Session,
  { workflowId, runId }: Run,
  maximumPageSize?: number,
): AsyncGenerator<HistoryEvent> {
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.getWorkflowExecutionHistory({
      namespace,
      execution: { workflowId, runId },
      ...(maximumPageSize !== undefined && { maximumPageSize }),
      ...(nextPageToken && { nextPageToken }),
    });
    yield* page.history?.events ?? [];
    nextPageToken = page.nextPageToken ?? undefined;
  } while (nextPageToken?.length);
}

/** Decodes the first of an event's payloads. */
export async function decodeFirst({ client }: Session, payloads: Payloads): Promise<unknown> {
  const [first] = await decodeArrayFromPayloads(client.options.loadedDataConverter, payloads?.payloads);
  return first;
}

export async function inputOf(session: Session, run: Run): Promise<unknown> {
  for await (const { workflowExecutionStartedEventAttributes: started } of eventsOf(session, run, 1)) {
    return decodeFirst(session, started?.input);
  }
  return undefined;
}
