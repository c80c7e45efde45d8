import type { ClientConnectConfig } from '@temporalio/envconfig';
import { Exit, exitCodes } from './exit.js';

/** Flags named as in the Temporal CLI; each wins over the environment and the profile. */
export interface ConnectionFlags {
  address?: string;
  namespace?: string;
  profile?: string;
}

export const defaultAddress = 'localhost:7233';

/** How long a given server may take to answer, in milliseconds: the command ends within ten seconds. */
const connectTimeout = 6_000;

export interface TemporalConfig {
  /** What the clients of the SDK take; the address only where one was given. */
  options: ClientConnectConfig['connectionOptions'];
  address: string | undefined;
  namespace: string;
}

/** How Temporal is reached, from the flags, `TEMPORAL_*` and a profile: `@temporalio/envconfig` reads them. */
export async function temporalConfig(flags: ConnectionFlags): Promise<TemporalConfig> {
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  let config: ClientConnectConfig;
  try {
    config = loadClientConnectConfig(flags.profile === undefined ? {} : { profile: flags.profile });
  } catch (error) {
    throw new Exit(exitCodes.usage, `the Temporal configuration cannot be read: ${String(error)}`);
  }
  const address = flags.address ?? config.connectionOptions.address;
  return {
    options: { ...config.connectionOptions, ...(address !== undefined && { address }) },
    address,
    namespace: flags.namespace ?? config.namespace ?? 'default',
  };
}

/**
 * Waits for a connection to a given server.
 *
 * @throws {Exit} where it does not come about in time.
 */
export async function within<Connection>(address: string, connecting: Promise<Connection>): Promise<Connection> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('timeout')), connectTimeout);
  });
  try {
    return await Promise.race([connecting, late]);
  } catch {
    throw new Exit(
      exitCodes.unreachable,
      `no Temporal server answers at ${address}`,
      'Start it there, or set TEMPORAL_ADDRESS; without it, a command brings its own server.',
    );
  } finally {
    clearTimeout(timer);
  }
}
