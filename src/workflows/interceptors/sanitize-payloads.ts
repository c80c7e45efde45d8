import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { ActivateInput } from '@temporalio/workflow';
import { unreadablePayload } from '../../contract/role-change.js';

type Job = NonNullable<ActivateInput['activation']['jobs']>[number];

/**
 * Replaces each payload that does not match its encoding with a text, which is then refused like any other invalid
 * text. Unchanged, it would fail the workflow task again and again. The Web UI offers an encoding (`json/protobuf`)
 * that no worker of this SDK reads, and the Temporal CLI sends bytes unchanged.
 */
export function replaceUnreadablePayloads(jobs: readonly Job[]): void {
  for (const { signalWorkflow: signal, initializeWorkflow: start } of jobs) {
    if (signal?.input) signal.input = signal.input.map(toReadable);
    if (start?.arguments) start.arguments = start.arguments.map(toReadable);
  }
}

function toReadable(payload: Payload): Payload {
  try {
    defaultPayloadConverter.fromPayload(payload);
    return payload;
  } catch {
    return defaultPayloadConverter.toPayload(unreadablePayload) ?? payload;
  }
}
