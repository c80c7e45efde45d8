#!/usr/bin/env node
import { EncryptingCodec } from './payload-codec.js';
import { codecApp } from './codec-app.js';
import { exitCodes, exitWith, type ExitCode } from '../program/exit.js';
import { listen } from '../program/http-server.js';
import { codecServerSettings } from '../program/settings/codec-server-settings.js';
import { requireSettings } from '../program/settings/read-settings.js';
import { stopRequested } from '../program/stop-signals.js';

/** Decrypts what the Web UI shows, for everybody who has the token, until it is stopped. */
async function runCodecServer(): Promise<ExitCode> {
  const { codec, ui, port, token } = requireSettings(codecServerSettings);
  const stopping = stopRequested();
  const server = await listen(
    codecApp(new EncryptingCodec(codec), { ui, token }),
    '127.0.0.1',
    port,
    'CODEC_SERVER_PORT',
  );
  process.stderr.write(
    `codec server ready for ${ui}. In the Web UI, click the glasses and enter the endpoint http://localhost:${port}/TOKEN, with the value of CODEC_SERVER_TOKEN.\n`,
  );
  await stopping;
  server.close();
  return exitCodes.done;
}

void exitWith(runCodecServer);
