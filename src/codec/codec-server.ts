#!/usr/bin/env node
import { once } from 'node:events';
import { EncryptingCodec } from './payload-codec.js';
import { codecServer } from './server.js';
import { readCodecServer } from './server-settings.js';
import { readCodec } from './settings.js';
import { Exit, exitCodes, exitWith, type ExitCode } from '../program/exit.js';
import { loadEnvFile, noProblems } from '../program/settings.js';

/** Decrypts what the Web UI shows, for whoever has the token, until it is stopped. */
async function runCodecServer(): Promise<ExitCode> {
  loadEnvFile();
  const problems: string[] = [];
  const codec = readCodec(process.env, problems);
  if (codec === undefined && problems.length === 0) problems.push('CODEC_KEYS is not set: there is nothing to decrypt');
  const settings = readCodecServer(process.env, problems);
  noProblems(problems);

  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const server = codecServer(new EncryptingCodec(codec), settings);
  await once(server.listen(settings.port, '127.0.0.1'), 'listening').catch(() => {
    throw new Exit(exitCodes.usage, `port ${settings.port} is taken`, 'Choose another one with CODEC_SERVER_PORT.');
  });
  process.stderr.write(
    `codec server ready for ${settings.ui}: there, at the glasses, enter the endpoint http://localhost:${settings.port}/TOKEN, with the value of CODEC_SERVER_TOKEN\n`,
  );
  await stopped;
  server.close();
  server.closeAllConnections();
  return exitCodes.done;
}

void exitWith(runCodecServer);
