import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { attributeKeys, attributeTypeNames } from '../contract/search-attributes.js';
import { Exit, exitCodes } from '../program/exit.js';
import { scrubbedEnvironment } from '../program/settings/environment.js';
import { isListening } from './ports.js';
import { stopChild } from './processes.js';
import { hasRival } from './running-servers.js';

export interface DevServer {
  pid: number;
  address: string;
  /** `undefined` if the server has no Web UI. */
  webUi: string | undefined;
  /** @throws {Exit} if the server ends before it listens */
  listening(): Promise<void>;
  /** Rejects if the server ends by itself. */
  failed: Promise<never>;
  stop(): Promise<void>;
}

/** The history outlives the command. The absolute path also identifies our server among the processes. */
export function databaseIn(folder: string): string {
  return resolve(folder, 'temporal.sqlite');
}

/**
 * Starts a Temporal dev server on loopback, with the folder's SQLite file.
 *
 * @param uiPort port of the Web UI; without it, the server has none
 */
export function spawnDevServer(cli: string, folder: string, port: number, uiPort?: number): DevServer {
  const logFile = join(folder, 'temporal.log');
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(cli, serverArguments(folder, port, uiPort), {
    // In its own process group, so Ctrl-C reaches only this process, which then stops the server.
    detached: true,
    stdio: ['ignore', log, log],
    env: scrubbedEnvironment(),
  });
  closeSync(log);
  const failed = new Promise<never>((_, reject) => {
    const fail = (reason: string): void => reject(explainFailure(reason, logFile));
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(`it ended with ${signal ?? `code ${code}`}`));
  });
  failed.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    address: `127.0.0.1:${port}`,
    webUi: uiPort === undefined ? undefined : `http://localhost:${uiPort}`,
    failed,
    stop: () => stopChild(child),
    listening: () => Promise.race([untilListening(child, folder, port), failed]),
  };
}

const maxLogTail = 4_096;

function explainFailure(reason: string, logFile: string): Exit {
  const tail = existsSync(logFile) ? readFileSync(logFile, 'utf8').slice(-maxLogTail) : '';
  const folder = resolve(logFile, '..');
  if (/no space left|disk is full|disk I\/O error|readonly database|unable to open database/i.test(tail)) {
    return new Exit(
      exitCodes.usage,
      `the Temporal dev server cannot write its database in ${folder}`,
      `Free some disk space, or make the folder writable. The log of the server is ${logFile}.`,
    );
  }
  if (/not a database|malformed|no such table/i.test(tail)) {
    return new Exit(
      exitCodes.usage,
      `the database of the Temporal dev server in ${folder} is damaged`,
      `Restore temporal.sqlite from a copy, or remove it to start with an empty history. The log is ${logFile}.`,
    );
  }
  return new Exit(
    exitCodes.unreachable,
    `the Temporal dev server has failed (${reason})`,
    `Its log is ${logFile}. Run the same command again to continue.`,
  );
}

function serverArguments(folder: string, port: number, uiPort: number | undefined): string[] {
  const options: Record<string, readonly string[]> = {
    ip: ['127.0.0.1'],
    port: [String(port)],
    'db-filename': [databaseIn(folder)],
    // The default journal is two to three times slower under load. A weaker `synchronous` would gain nothing.
    'sqlite-pragma': ['journal_mode=wal', 'synchronous=full'],
    'dynamic-config-value': [
      // No host name may reach the server's HTTP API, because any web page could then send it a role signal.
      'frontend.httpAllowedHosts=["disabled.invalid"]',
      // By default, a timer that is due within a second fires only when that second is over.
      'history.timerProcessorMaxTimeShift="20ms"',
      // By default, the server polls 20 times a second, so each step of a single onboarding waited up to 50 ms.
      'history.transferProcessorMaxPollRPS=1000',
      // By default, a rate limit is divided among four partitions, so the last steps of an import wait for one of them.
      'matching.numTaskqueueReadPartitions=1',
      'matching.numTaskqueueWritePartitions=1',
    ],
    'search-attribute': attributeKeys.map(({ name, type }) => `${name}=${attributeTypeNames[type]}`),
    'log-level': ['warn'],
  };
  return [
    'server',
    'start-dev',
    '--ui-disable-news-fetch',
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...Object.entries(options).flatMap(([name, values]) => values.flatMap((value) => [`--${name}`, value])),
  ];
}

/** The longest wait for a rival to end. One in a container may have the same port, and never ends. */
const rivalTimeoutMs = 10_000;

/** Of two servers that start together with the same port, one gets it, and the other ends by itself. */
async function untilListening(child: ChildProcess, folder: string, port: number): Promise<void> {
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  while (isRunning() && !(await isListening(port))) await delay(25);
  const giveUpAt = performance.now() + rivalTimeoutMs;
  while (isRunning() && performance.now() < giveUpAt && (await hasRival(databaseIn(folder), port))) await delay(25);
}
