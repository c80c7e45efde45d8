import type { ConnectionOptions as ClientOptions } from '@temporalio/client';
import type { ClientConnectConfig } from '@temporalio/envconfig';
import type { ConnectionFlags } from './connection-flags.js';
import { Exit, exitCodes } from '../program/exit.js';
import type { Environment } from '../program/settings/environment.js';
import { isLoopback } from '../utils/loopback.js';

/** The variable that corresponds to an option. */
const variables: Record<keyof ConnectionFlags, string> = {
  address: 'TEMPORAL_ADDRESS',
  namespace: 'TEMPORAL_NAMESPACE',
  profile: 'TEMPORAL_PROFILE',
  apiKey: 'TEMPORAL_API_KEY',
  tls: 'TEMPORAL_TLS',
  tlsCertPath: 'TEMPORAL_TLS_CLIENT_CERT_PATH',
  tlsKeyPath: 'TEMPORAL_TLS_CLIENT_KEY_PATH',
  tlsCaPath: 'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
  tlsServerName: 'TEMPORAL_TLS_SERVER_NAME',
};

/** Short enough for a command to end within ten seconds if the server does not answer. */
const connectTimeoutMs = 6_000;

export type ConnectionOptions = ClientConnectConfig['connectionOptions'];

export interface TemporalConfig {
  /** For the clients of the SDK. */
  options: ConnectionOptions;
  /** `undefined` if none is given. */
  address: string | undefined;
  namespace: string;
}

/**
 * Reads the connection to Temporal from the options, `TEMPORAL_*` and a profile, through `@temporalio/envconfig`.
 *
 * @throws {Exit} if they are invalid, or would send a key unencrypted
 */
export async function temporalConfig(flags: ConnectionFlags, environment: Environment): Promise<TemporalConfig> {
  const { connectionOptions: options, namespace = 'default' } = await read(flags, environment);
  const { address, apiKey, tls } = options;
  if (address !== undefined && !isHostAndPort(address)) {
    throw new Exit(exitCodes.usage, `the address of Temporal is HOST:PORT such as 127.0.0.1:7233, not "${address}"`);
  }
  if (namespace === '')
    throw new Exit(exitCodes.usage, 'the namespace of Temporal is empty (--namespace, TEMPORAL_NAMESPACE)');
  if (apiKey !== undefined && /^sk-[\da-z]/i.test(apiKey)) {
    throw new Exit(
      exitCodes.usage,
      "Temporal's API key (--api-key, TEMPORAL_API_KEY) is set to the key of a portal",
      "Set the portal's key in API_KEY. A Temporal server on your own machines needs no API key.",
    );
  }
  if (apiKey !== undefined && !tls && address !== undefined && !isLoopback(splitAddress(address).host)) {
    throw new Exit(
      exitCodes.usage,
      `others could read the Temporal API key on the way to ${address}, because TLS is off`,
      'Remove TEMPORAL_TLS=false (or `disabled` in the profile): an API key turns TLS on.',
    );
  }
  return { options, address, namespace };
}

async function read(flags: ConnectionFlags, environment: Environment): Promise<ClientConnectConfig> {
  const flagVariables = (Object.keys(variables) as (keyof ConnectionFlags)[]).flatMap((flag) =>
    flags[flag] === undefined ? [] : [[variables[flag], String(flags[flag])]],
  );
  const env = { ...environment, ...(Object.fromEntries(flagVariables) as Record<string, string>) };
  const { loadClientConnectConfig, loadClientConfigProfile } = await import('@temporalio/envconfig');
  try {
    const settings = { overrideEnvVars: env as Record<string, string>, configFileStrict: true };
    const { tls } = loadClientConfigProfile(settings);
    if ((tls?.clientCert === undefined) !== (tls?.clientKey === undefined)) {
      throw new Error('a client certificate needs its key, and only one of them is set');
    }
    return loadClientConnectConfig(settings);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Exit(exitCodes.usage, `the connection to Temporal is not set correctly: ${reason}`);
  }
}

/** Whether an address has the notation of the Temporal CLI; the port may be missing. */
function isHostAndPort(address: string): boolean {
  return /^(?:[^:/[\]]+|\[[\da-f:.]+\])(?::\d+)?$/i.test(address) && splitAddress(address).port <= 65_535;
}

/** Splits `host:port`, in the notation of the Temporal CLI: an IPv6 host is in brackets. */
export function splitAddress(address: string): { host: string; port: number } {
  const [, host = '', port = '7233'] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(address) ?? [];
  return { host, port: Number(port) };
}

/** gRPC follows `http_proxy`, which does not apply to this machine. */
export function channelArgsFor(address: string): NonNullable<ClientOptions['channelArgs']> {
  return isLoopback(splitAddress(address).host) ? { 'grpc.enable_http_proxy': 0 } : {};
}

/**
 * Waits for a connection to a server.
 *
 * @throws {Exit} if it takes too long; it explains the problem if TLS is the cause
 */
export async function withinTimeout<Connection>(
  address: string,
  { tls }: ConnectionOptions,
  connecting: Promise<Connection>,
): Promise<Connection> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('timeout')), connectTimeoutMs);
  });
  try {
    return await Promise.race([connecting, timeout]);
  } catch {
    const { diagnoseTls } = await import('./tls-diagnosis.js');
    const problem = await diagnoseTls(splitAddress(address), tls);
    throw new Exit(
      exitCodes.unreachable,
      problem ?? `no Temporal server answers at ${address}`,
      problem === undefined
        ? 'Start it, or set TEMPORAL_ADDRESS to another one. Without TEMPORAL_ADDRESS, a command starts its own server.'
        : undefined,
    );
  } finally {
    clearTimeout(timer);
  }
}

/** The exit if a server lacks the namespace. */
export function missingNamespace(namespace: string, address: string): Exit {
  return new Exit(
    exitCodes.unreachable,
    `the namespace ${namespace} does not exist at ${address}`,
    `Create it with \`temporal operator namespace create --address ${address} --namespace ${namespace}\`, or choose another one with --namespace.`,
  );
}
