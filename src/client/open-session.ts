import { Client, Connection } from '@temporalio/client';
import { createDataConverter } from '../codec/data-converter.js';
import { WorkflowIds } from '../codec/workflow-ids.js';
import { Exit, exitCodes } from '../program/exit.js';
import { assertKeyIsSet, type Settings } from '../program/settings/starter-settings.js';
import { channelArgsFor, temporalConfig, withinTimeout, type TemporalConfig } from '../temporal/connection.js';
import type { ConnectionFlags } from '../temporal/connection-flags.js';
import { clientIdentity } from '../temporal/identity.js';
import type { Session } from './session.js';

interface SessionRequest {
  settings: Settings;
  flags: ConnectionFlags;
  /** Whether the command continues work; otherwise it only reads. */
  needsWorker: boolean;
  /** Whether the work continues after the command. */
  isDetached: boolean;
  notify: (line: string) => void;
  /** Rejects if somebody interrupts the command. */
  interrupted: Promise<never>;
}

/** Connects to the given Temporal server. Without one, it joins this folder's local stack, or starts it. */
export async function openSession(request: SessionRequest): Promise<Session> {
  const config = await temporalConfig(request.flags, request.settings.temporal);
  const { address } = config;
  if (address === undefined) return openLocalSession(config, request);
  return Promise.race([openExternalSession({ ...config, address }, request), request.interrupted]);
}

async function openExternalSession(
  config: TemporalConfig & { address: string },
  request: SessionRequest,
): Promise<Session> {
  const { address } = config;
  const { findStackAt } = await import('../local/running-servers.js');
  const stack = await findStackAt(address);
  if (stack?.isAbandoned) {
    request.notify(
      `A killed command left the Temporal server at ${address} behind, without a worker. Run \`npm run dev\` in ${stack.home} to continue its work.`,
    );
  }
  const portal = request.settings.portal.origin ?? stack?.portal;
  if (portal === undefined) {
    throw new Exit(
      exitCodes.usage,
      `API_HOST is not set: set it to the portal that the workers of the Temporal server at ${address} serve`,
    );
  }
  return connect(config, { portal, webUi: webUiOf(address), local: undefined }, request);
}

async function openLocalSession(config: TemporalConfig, request: SessionRequest): Promise<Session> {
  const { settings, needsWorker, isDetached, notify, interrupted } = request;
  // A command that only reads makes no call to the portal, so it needs no key.
  if (needsWorker) assertKeyIsSet(settings.portal);
  const { openLocalStack } = await import('../local/stack.js');
  const local = await openLocalStack({
    kind: 'command',
    settings,
    needsWorker,
    isDetached,
    notify,
    interrupted,
  });
  try {
    const { address, portal } = local;
    // The Web UI of a stack that stops with the command ends before anybody can open a link.
    const webUi = local.owned ? null : local.webUi;
    return await connect({ ...config, options: {}, address }, { portal, webUi, local }, request);
  } catch (error) {
    await local.stop();
    throw error;
  }
}

/** @param webUi base address of the Web UI */
async function connect(
  { options, address, namespace }: TemporalConfig & { address: string },
  { portal, webUi, local }: Pick<Session, 'portal' | 'local'> & { webUi: string | null },
  { settings, notify, interrupted }: SessionRequest,
): Promise<Session> {
  const connection = await withinTimeout(
    address,
    options,
    Connection.connect({ ...(options as object), address, channelArgs: channelArgsFor(address) }),
  );
  const dataConverter = createDataConverter(settings.codec);
  const base = webUi === null ? null : `${webUi}/namespaces/${namespace}/workflows`;
  return {
    client: new Client({ connection, namespace, identity: clientIdentity(), dataConverter }),
    namespace,
    taskQueue: settings.taskQueue,
    codec: settings.codec,
    workflowIds: new WorkflowIds(settings.codec),
    address,
    portal,
    local,
    interrupted,
    notify,
    webUi: (workflowId, runId) => base && `${base}/${encodeURIComponent(workflowId)}/${runId}/user-metadata`,
    webUiList: (query) => base && `${base}?query=${encodeURIComponent(query)}`,
    close: async () => local?.stop(),
  };
}

/** The Web UI of an external server, known for the defaults of the Temporal CLI and for Temporal Cloud. */
function webUiOf(address: string): string | null {
  if (/\.tmprl\.cloud(?::|$)/.test(address)) return 'https://cloud.temporal.io';
  return /^(?:localhost|127\.0\.0\.1):7233$/.test(address) ? 'http://localhost:8233' : null;
}
