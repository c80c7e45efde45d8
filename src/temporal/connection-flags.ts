import { Command } from '@commander-js/extra-typings';
import { callerPath } from '../program/working-folder.js';
import { exitCodes } from '../program/exit.js';

/** The connection options, named as in the Temporal CLI. A profile and `TEMPORAL_*` can set the same options. */
export const connectionOptions = new Command()
  .optionsGroup('Connection to Temporal:')
  .option('--address <host:port>', 'address of the Temporal server (TEMPORAL_ADDRESS)')
  .option('--namespace <name>', 'namespace (TEMPORAL_NAMESPACE)')
  .option('--profile <name>', 'profile of temporal.toml (TEMPORAL_PROFILE)')
  .option('--api-key <key>', 'API key; safer in TEMPORAL_API_KEY, because everybody on this machine can read an option')
  .option('--tls', 'encrypt the connection; an API key or a certificate implies it (TEMPORAL_TLS)')
  .option('--tls-cert-path <file>', 'client certificate (TEMPORAL_TLS_CLIENT_CERT_PATH)', callerPath)
  .option('--tls-key-path <file>', 'key of the client certificate (TEMPORAL_TLS_CLIENT_KEY_PATH)', callerPath)
  .option('--tls-ca-path <file>', 'certificate authority of the server (TEMPORAL_TLS_SERVER_CA_CERT_PATH)', callerPath)
  .option('--tls-server-name <name>', 'name in the certificate of the server (TEMPORAL_TLS_SERVER_NAME)');

export type ConnectionFlags = ReturnType<typeof connectionOptions.opts>;

/** Parses the command line of a program that has only these options. Exits if it asks for help or is wrong. */
export function readConnectionFlags(name: string): ConnectionFlags {
  const command = new Command(name).exitOverride(({ exitCode }) =>
    process.exit(exitCode === 0 ? exitCodes.done : exitCodes.usage),
  );
  for (const option of connectionOptions.options) command.addOption(option);
  return command.parse().opts();
}
