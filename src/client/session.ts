import type { Client } from '@temporalio/client';
import type { WorkflowIds } from '../codec/workflow-ids.js';
import type { LocalStack } from '../local/stack.js';
import type { CodecSettings } from '../program/settings/codec-keys.js';

/** What a command works with: one Temporal server and one portal. */
export interface Session {
  client: Client;
  namespace: string;
  taskQueue: string;
  codec: CodecSettings | undefined;
  workflowIds: WorkflowIds;
  address: string;
  /** Origin of the portal. A command never reports another portal's outcome. */
  portal: string;
  /** The local stack, if the command started or joined one. */
  local: LocalStack | undefined;
  /** Rejects if somebody interrupts the command. */
  interrupted: Promise<never>;
  /** Prints information that is not data. */
  notify(line: string): void;
  /** Link to a run in the Web UI; `null` if no Web UI outlives the command. */
  webUi(workflowId: string, runId: string): string | null;
  /** Link to the results of a visibility query. The Web UI can save it as a view. */
  webUiList(query: string): string | null;
  /** Stops what the command started. Open calls end with the process. */
  close(): Promise<void>;
}
