import { NamespaceNotFoundError, WorkflowNotFoundError } from '@temporalio/client';
import { MissingKey } from '../codec/payload-codec.js';
import { Exit, exitCodes } from '../program/exit.js';
import { missingNamespace } from '../temporal/connection.js';
import { grpcCodes, grpcErrorIn } from '../temporal/grpc-errors.js';
import type { Session } from './session.js';

const refusals: ReadonlySet<number> = new Set([
  grpcCodes.permissionDenied,
  grpcCodes.unauthenticated,
  grpcCodes.resourceExhausted,
]);

const seeServerLog =
  'Its log shows why; a full disk is one reason. Fix it, then run the same command again. The work continues.';
const noAnswer = { describe: () => 'does not answer any more', hint: seeServerLog };

/** The problem with a server, by the code of its answer. */
const explanations: Readonly<Record<number, { describe: (details: string) => string; hint: string }>> = {
  [grpcCodes.unavailable]: noAnswer,
  [grpcCodes.deadlineExceeded]: noAnswer,
  [grpcCodes.unknown]: { describe: (details) => `reports an error: ${details}`, hint: seeServerLog },
  // The answer if no worker could complete the run's last workflow task.
  [grpcCodes.failedPrecondition]: {
    describe: (details) => `reports an error: ${details}`,
    hint: "The worker's log shows why: it may be of another build, or lack a key in CODEC_KEYS.",
  },
  [grpcCodes.unimplemented]: {
    describe: (details) => `is too old: ${details}`,
    hint: 'Temporal Server 1.29 or newer is required. The Temporal CLI includes it from version 1.5.1.',
  },
};

/** Turns a server's answer into an exit that tells the user what to do. Any other error is returned as it is. */
export function explainServerError(error: unknown, { address, namespace }: Session): unknown {
  if (error instanceof MissingKey) return new Exit(exitCodes.usage, error.message);
  const grpc = grpcErrorIn(error);
  const lacksNamespace = grpc?.code === grpcCodes.notFound && /namespace/i.test(grpc.details);
  if (lacksNamespace || error instanceof NamespaceNotFoundError) {
    return missingNamespace(namespace, address);
  }
  if (error instanceof WorkflowNotFoundError || grpc?.code === grpcCodes.notFound) {
    const what = 'a run has ended meanwhile, or is no longer on the Temporal server';
    return new Exit(exitCodes.failed, what, 'Run the same command again.');
  }
  if (!grpc) return error;
  if (refusals.has(grpc.code)) {
    return new Exit(exitCodes.unreachable, `the Temporal server at ${address} refuses this client: ${grpc.details}`);
  }
  if (grpc.code === grpcCodes.invalidArgument && /length exceeds limit/.test(grpc.details)) {
    return new Exit(exitCodes.usage, `the Temporal server at ${address} refuses a setting: ${grpc.details}`);
  }
  const explanation = explanations[grpc.code];
  if (explanation === undefined) return error;
  const what = `the Temporal server at ${address} ${explanation.describe(grpc.details)}`;
  return new Exit(exitCodes.unreachable, what, explanation.hint);
}
