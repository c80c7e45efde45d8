import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { ActivateInput } from '@temporalio/workflow';
import { unreadablePayload } from '../../contract/role-change.js';

type Job = NonNullable<ActivateInput['activation']['jobs']>[number];

/**
 * Puts a text in the place of each payload that is not what its encoding says: what was sent is then refused as any other
 * text is. As it came it would fail the workflow task, again and again. The Web UI offers an encoding (`json/protobuf`) that
 * no worker of this SDK reads, and the Temporal CLI sends bytes as they are.
 */
export function replaceUnreadablePayloads(jobs: readonly Job[]): void {
  for (const { signalWorkflow: signal, initializeWorkflow: start } of jobs) {
    if (signal?.input) signal.input = signal.input.map(orText);
    if (start?.arguments) start.arguments = start.arguments.map(orText);
  }
}

function orText(payload: Payload): Payload {
  try {
    defaultPayloadConverter.fromPayload(payload);
    return payload;
  } catch {
    return defaultPayloadConverter.toPayload(unreadablePayload) ?? payload;
  }
}
