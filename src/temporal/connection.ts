import type { ClientConnectConfig } from '@temporalio/envconfig';
import type { ConnectionFlags } from './connection-flags.js';
import { Exit, exitCodes } from '../program/exit.js';
import type { Environment } from '../program/settings/environment.js';
import { isLoopback } from '../utils/loopback.js';

/** The variable that says the same as a flag. */
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

export const defaultAddress = 'localhost:7233';

/** How long a given server may take to answer, in milliseconds: the command ends within ten seconds. */
const connectTimeout = 6_000;

export type ConnectionOptions = ClientConnectConfig['connectionOptions'];

export interface TemporalConfig {
  /** What the clients of the SDK take; the address only where one was given. */
  options: ConnectionOptions;
  address: string | undefined;
  namespace: string;
}

/**
 * How Temporal is reached, from the flags, `TEMPORAL_*` and a profile: `@temporalio/envconfig` reads them.
 *
 * @throws {Exit} where they cannot be read, or would send a key in the clear
 */
export async function temporalConfig(flags: ConnectionFlags, environment: Environment): Promise<TemporalConfig> {
  const { connectionOptions: options, namespace = 'default' } = await read(flags, environment);
  const { address, apiKey, tls } = options;
  // Written as in the CLI, `host:port`; an IPv6 host stands in brackets.
  const host = (address ?? defaultAddress).replace(/:\d+$/, '');
  if (apiKey !== undefined && !tls && !isLoopback(host)) {
    throw new Exit(
      exitCodes.usage,
      `the Temporal API key would be readable on the way to ${address}: TLS is switched off`,
      'Remove TEMPORAL_TLS=false (or `disabled` in the profile): with an API key, TLS is on by itself.',
    );
  }
  return { options, address, namespace };
}

async function read(flags: ConnectionFlags, environment: Environment): Promise<ClientConnectConfig> {
  const given = (Object.keys(variables) as (keyof ConnectionFlags)[]).flatMap((flag) =>
    flags[flag] === undefined ? [] : [[variables[flag], String(flags[flag])]],
  );
  const env = { ...environment, ...(Object.fromEntries(given) as Record<string, string>) };
  const { loadClientConnectConfig, loadClientConfigProfile } = await import('@temporalio/envconfig');
  try {
    const settings = { overrideEnvVars: env as Record<string, string>, configFileStrict: true };
    const { tls } = loadClientConfigProfile(settings);
    if ((tls?.clientCert === undefined) !== (tls?.clientKey === undefined)) {
      throw new Error('a client certificate and its key go together, and only one of them is given');
    }
    return loadClientConnectConfig(settings);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Exit(exitCodes.usage, `the Temporal connection cannot be read: ${why}`);
  }
}

/**
 * Waits for a connection to a given server.
 *
 * @throws {Exit} where it does not come about in time, with what is wrong with TLS where it is that.
 */
export async function within<Connection>(
  address: string,
  { tls }: ConnectionOptions,
  connecting: Promise<Connection>,
): Promise<Connection> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('timeout')), connectTimeout);
  });
  try {
    return await Promise.race([connecting, late]);
  } catch {
    const { diagnoseTls } = await import('./tls-diagnosis.js');
    const problem = await diagnoseTls(address, tls);
    throw new Exit(
      exitCodes.unreachable,
      problem ?? `no Temporal server answers at ${address}`,
      problem === undefined
        ? 'Start it there, or set TEMPORAL_ADDRESS; without it, a command brings its own server.'
        : undefined,
    );
  } finally {
    clearTimeout(timer);
  }
}
