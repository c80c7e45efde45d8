import type { WorkflowInterceptors } from '@temporalio/workflow';

/**
 * Who sent a signal: the history has the client's identity, and the SDK does not hand it to the handler. The signals of a
 * name are handled in the order in which they came, also those that came before there was a handler.
 */

let sender = '';

/** The identity of the client whose signal is being handled. */
export const senderOfSignal = (): string => sender;

/** Read by the bundle, once for each workflow. */
export function interceptors(): WorkflowInterceptors {
  const waiting = new Map<string, string[]>();
  return {
    internals: [
      {
        activate(input, next) {
          for (const { signalWorkflow } of input.activation.jobs ?? []) {
            if (!signalWorkflow) continue;
            const name = signalWorkflow.signalName ?? '';
            const senders = waiting.get(name) ?? [];
            senders.push(signalWorkflow.identity ?? '');
            waiting.set(name, senders);
          }
          next(input);
        },
      },
    ],
    inbound: [
      {
        handleSignal(input, next) {
          sender = waiting.get(input.signalName)?.shift() ?? '';
          return next(input);
        },
      },
    ],
  };
}
