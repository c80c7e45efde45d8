import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { attributeKeys } from '../contract/search-attributes.js';
import { Exit, exitCodes } from '../program/exit.js';
import { isListening } from './ports.js';
import { scrubbedEnvironment } from '../program/settings/environment.js';
import { endChild } from './processes.js';

export interface DevServer {
  pid: number;
  address: string;
  webUi: string;
  /** @throws {Exit} where the server ends before it listens */
  listening(): Promise<void>;
  stop(): Promise<void>;
}

/** Where the history is kept: it outlives the command. The absolute path also tells our own server from others. */
export function databaseIn(folder: string): string {
  return resolve(folder, 'temporal.sqlite');
}

/** Starts the Temporal dev server on loopback, over the SQLite file of the folder. */
export function spawnDevServer(cli: string, folder: string, port: number, uiPort: number): DevServer {
  const logFile = join(folder, 'temporal.log');
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(cli, flags(folder, port, uiPort), {
    // A process group of its own: Ctrl-C reaches our code first, which then stops the server.
    detached: true,
    stdio: ['ignore', log, log],
    env: scrubbedEnvironment(),
  });
  closeSync(log);
  const failed = new Promise<never>((_, reject) => {
    const fail = (why: string): void =>
      reject(
        new Exit(exitCodes.unreachable, `the Temporal dev server did not start (${why})`, `Its log is ${logFile}.`),
      );
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(`it ended with ${signal ?? `code ${code}`}`));
  });
  failed.catch(() => undefined);
  const stop = (): Promise<void> => endChild(child);
  return {
    pid: child.pid ?? 0,
    address: `127.0.0.1:${port}`,
    webUi: `http://localhost:${uiPort}`,
    stop,
    listening: () => Promise.race([untilListening(child, port), failed]),
  };
}

function flags(folder: string, port: number, uiPort: number): string[] {
  const settings: Record<string, readonly string[]> = {
    ip: ['127.0.0.1'],
    port: [String(port)],
    'ui-port': [String(uiPort)],
    'db-filename': [databaseIn(folder)],
    // The default journal makes an onboarding under load two to three times slower; nothing is gained by less than full.
    'sqlite-pragma': ['journal_mode=wal', 'synchronous=full'],
    'dynamic-config-value': [
      // The server's HTTP API would take a role signal from any web page: no host name is allowed to reach it.
      'frontend.httpAllowedHosts=["disabled.invalid"]',
      // By default what is due within a second is only done when that second is over.
      'history.timerProcessorMaxTimeShift="20ms"',
      // By default work is looked for 20 times a second: each step of an onboarding that is alone waited up to 50 ms for it.
      'history.transferProcessorMaxPollRPS=1000',
    ],
    'search-attribute': attributeKeys.map(({ name }) => `${name}=Keyword`),
    'log-level': ['warn'],
  };
  return [
    'server',
    'start-dev',
    '--ui-disable-news-fetch',
    ...Object.entries(settings).flatMap(([name, values]) => values.flatMap((value) => [`--${name}`, value])),
  ];
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  while (child.exitCode === null && !(await isListening(port))) await delay(25);
}
