import { Client, Connection, NamespaceNotFoundError } from '@temporalio/client';
import { dataConverterOf } from '../codec/data-converter.js';
import { MissingKey } from '../codec/payload-codec.js';
import { readCodec } from '../codec/settings.js';
import { defaultAddress, temporalConfig, within, type TemporalConfig } from '../temporal/connection.js';
import type { ConnectionFlags } from '../temporal/connection-flags.js';
import { Exit, exitCodes } from '../program/exit.js';
import { clientIdentity } from '../temporal/identity.js';
import { noProblems, readOrigin, readPortal, taskQueueIn } from '../program/settings.js';
import type { LocalStack } from '../local/stack.js';
import { assertCodecMatchesWorkers } from './codec-check.js';
import { grpcCodes, grpcErrorIn } from '../temporal/grpc-errors.js';
import { info } from '../terminal/print.js';
import type { Session } from './session.js';

interface SessionRequest {
  flags: ConnectionFlags;
  /** Whether the command goes on with work, or only looks. */
  works: boolean;
}

/** Opens what a command works on; brings the local stack where no server was given and none listens. */
async function openSession({ flags, works }: SessionRequest, signalled: Promise<void>): Promise<Session> {
  const config = await temporalConfig(flags);
  const { foreignServerListens, openLocalStack, findStack } = await import('../local/stack.js');
  const foreign = config.address ?? ((await foreignServerListens()) ? defaultAddress : undefined);
  const problems: string[] = [];

  if (foreign !== undefined) {
    const origin = readOrigin(process.env, problems) ?? (await findStack(foreign))?.portal;
    if (origin === undefined && problems.length === 0) {
      problems.push(`API_HOST is not set: which portal do the workers of the Temporal server at ${foreign} serve?`);
    }
    noProblems(problems);
    return connect({ ...config, address: foreign }, origin ?? '', webUiOf(foreign), undefined, signalled, works);
  }

  // A command that only looks makes no call to the portal, and needs no key.
  const portal = works ? readPortal(process.env, problems) : { origin: readOrigin(process.env, problems) };
  noProblems(problems);
  const local = await openLocalStack({
    kind: 'command',
    portal:
      portal.origin === undefined
        ? undefined
        : { origin: portal.origin, key: 'key' in portal ? portal.key : undefined },
    works,
    say: info,
    interrupted: signalled.then(() => {
      throw new Exit(exitCodes.interrupted, 'interrupted before anything was started');
    }),
  });
  try {
    const given = { ...config, options: {}, address: local.address };
    return await connect(given, local.portal, local.webUi, local, signalled, works);
  } catch (error) {
    await local.stop();
    throw error;
  }
}

async function connect(
  { options, address = defaultAddress, namespace }: TemporalConfig,
  portal: string,
  webUi: string | null,
  local: LocalStack | undefined,
  signalled: Promise<void>,
  works: boolean,
): Promise<Session> {
  const interrupted = interruption(signalled, local, works);
  interrupted.catch(() => undefined);
  const connection = await within(address, options, Connection.connect({ ...(options as object), address }));
  const dataConverter = dataConverterOf(readCodec(process.env, []));
  const base = webUi === null ? null : `${webUi}/namespaces/${namespace}/workflows`;
  return {
    client: new Client({ connection, namespace, identity: clientIdentity(), dataConverter }),
    namespace,
    taskQueue: taskQueueIn(process.env),
    address,
    portal,
    local,
    interrupted,
    webUi: (workflowId, runId) => base && `${base}/${encodeURIComponent(workflowId)}/${runId}`,
    webUiList: (query) => base && `${base}?query=${encodeURIComponent(query)}`,
    close: async () => local?.stop(),
  };
}

/** The Web UI of a server that is not ours: known for the defaults of the Temporal CLI and for Temporal Cloud. */
function webUiOf(address: string): string | null {
  if (/\.tmprl\.cloud(?::|$)/.test(address)) return 'https://cloud.temporal.io';
  return /^(?:localhost|127\.0\.0\.1):7233$/.test(address) ? 'http://localhost:8233' : null;
}

/** Runs a command on a session, and closes it; Ctrl-C ends the command and leaves or stops the work, as it must. */
export async function withSession<Result>(
  request: SessionRequest,
  command: (session: Session) => Promise<Result>,
): Promise<Result> {
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  const session = await openSession(request, signalled);
  try {
    await Promise.race([assertCodecMatchesWorkers(session), session.interrupted]);
    return await Promise.race([command(session), session.interrupted]);
  } catch (error) {
    throw asExit(error, session);
  } finally {
    await session.close();
  }
}

const refusals: ReadonlySet<number> = new Set([
  grpcCodes.permissionDenied,
  grpcCodes.unauthenticated,
  grpcCodes.resourceExhausted,
]);

const lookAgain =
  'Its log says why; a full disk is one reason. What was started goes on when that is mended, and the same command looks again.';
const silent = { says: () => 'does not answer any more', hint: lookAgain };

/** What is wrong with a server, by the code of its answer. */
const sentences: Readonly<Record<number, { says: (details: string) => string; hint: string }>> = {
  [grpcCodes.unavailable]: silent,
  [grpcCodes.deadlineExceeded]: silent,
  [grpcCodes.unknown]: { says: (details) => `cannot do it: ${details}`, hint: lookAgain },
  // What a run answers whose last task no worker could do.
  [grpcCodes.failedPrecondition]: {
    says: (details) => `cannot do it: ${details}`,
    hint: 'The log of the worker says why: it may be of another build, or lack a key in CODEC_KEYS.',
  },
  [grpcCodes.unimplemented]: {
    says: (details) => `is too old: ${details}`,
    hint: 'This needs Temporal Server 1.29 or newer, which the Temporal CLI brings from 1.5.1 on.',
  },
};

/** What a server's answer means to the person who gave the command. */
function asExit(error: unknown, { address, namespace }: Session): unknown {
  if (error instanceof MissingKey) return new Exit(exitCodes.usage, error.message);
  const grpc = grpcErrorIn(error);
  const lacksNamespace = grpc?.code === grpcCodes.notFound && /namespace/i.test(grpc.details);
  if (lacksNamespace || error instanceof NamespaceNotFoundError) {
    const hint = 'Set it with --namespace or TEMPORAL_NAMESPACE.';
    return new Exit(exitCodes.usage, `there is no namespace ${namespace} at ${address}`, hint);
  }
  if (!grpc) return error;
  if (refusals.has(grpc.code)) {
    return new Exit(exitCodes.unreachable, `the Temporal server at ${address} refuses this client: ${grpc.details}`);
  }
  const unable = sentences[grpc.code];
  if (unable === undefined) return error;
  return new Exit(exitCodes.unreachable, `the Temporal server at ${address} ${unable.says(grpc.details)}`, unable.hint);
}

async function interruption(signalled: Promise<void>, local: LocalStack | undefined, works: boolean): Promise<never> {
  await signalled;
  const hint = !local?.owned
    ? 'The work goes on at the server. Look again with `npm run starter -- status`.'
    : works
      ? 'The work has stopped with this command, and nothing of it is lost: the same command goes on with it.'
      : 'This command only looked; `npm run dev` goes on with what is open.';
  throw new Exit(exitCodes.interrupted, 'interrupted', hint);
}
