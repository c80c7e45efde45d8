import { Command } from 'commander';
import type { ConnectionFlags } from './connection.js';
import { exitCodes } from '../program/exit.js';

/** The flags of a connection, for starter and worker; a profile of `temporal.toml` and `TEMPORAL_*` say the same. */
export function withConnectionFlags(command: Command): Command {
  return command
    .option('--address <host:port>', 'the Temporal server (TEMPORAL_ADDRESS)')
    .option('--namespace <name>', 'its namespace (TEMPORAL_NAMESPACE)')
    .option('--profile <name>', 'a profile of temporal.toml (TEMPORAL_PROFILE)')
    .option('--api-key <key>', 'better in TEMPORAL_API_KEY: everybody on this machine can read a flag')
    .option('--tls', 'encrypted, which an API key or a certificate says too (TEMPORAL_TLS)')
    .option('--tls-cert-path <file>', 'a client certificate (TEMPORAL_TLS_CLIENT_CERT_PATH)')
    .option('--tls-key-path <file>', 'its key (TEMPORAL_TLS_CLIENT_KEY_PATH)')
    .option('--tls-ca-path <file>', 'the authority of the server (TEMPORAL_TLS_SERVER_CA_CERT_PATH)')
    .option('--tls-server-name <name>', 'the name in its certificate (TEMPORAL_TLS_SERVER_NAME)');
}

/** The flags of a program that has no others; it ends with them where they ask for help, or are wrong. */
export function readConnectionFlags(name: string): ConnectionFlags {
  const command = new Command(name).exitOverride(({ exitCode }) =>
    process.exit(exitCode === 0 ? exitCodes.done : exitCodes.usage),
  );
  return withConnectionFlags(command).parse().opts();
}
