#!/usr/bin/env node
import { NativeConnection } from '@temporalio/worker';
import { defaultAddress, temporalConfig, within } from './temporal/connection.js';
import { readConnectionFlags, type ConnectionFlags } from './temporal/connection-flags.js';
import { Portal } from './docspace/portal.js';
import { exitCodes, exitWith, type ExitCode } from './program/exit.js';
import { startHealth } from './worker/health.js';
import { checkApiKey } from './worker/key-check.js';
import { installLogger } from './worker/logger.js';
import { createWorker } from './worker/create-worker.js';
import { attributesMissing, registerSearchAttributes } from './temporal/register-search-attributes.js';
import {
  loadEnvFile,
  noProblems,
  worldReadableSecrets,
  readListen,
  readPortal,
  readWorkerVersion,
  taskQueueIn,
} from './program/settings.js';
import { stopRequested } from './program/stop-signals.js';
import { portalCallCounter } from './worker/metrics.js';
import { readWorkerSettings } from './worker/worker-settings.js';

/**
 * The worker alone: it serves the portal at `API_HOST` for the Temporal server at `TEMPORAL_ADDRESS`, until it is stopped. It
 * then takes no more work, lets calls finish for a while, and gives up those that have not.
 */
async function runWorker(flags: ConnectionFlags): Promise<ExitCode> {
  const stopping = stopRequested();
  loadEnvFile();
  const problems: string[] = [];
  const { origin, key } = readPortal(process.env, problems);
  const { level, settleWindow, limits, codec } = readWorkerSettings(process.env, problems, origin);
  const version = readWorkerVersion(process.env, problems);
  if (origin === undefined && problems.length === 0) {
    problems.push(
      'API_HOST is not set: which portal does this worker serve? `npm run dev` brings a sandbox of its own',
    );
  }
  const healthAddress = readListen(process.env, 'HEALTH_ADDRESS', problems);
  const metrics = readListen(process.env, 'METRICS_ADDRESS', problems) && process.env['METRICS_ADDRESS']?.trim();
  noProblems(problems);

  const logger = installLogger({ level, metrics });
  for (const { says, mend } of worldReadableSecrets(process.env)) logger.warn(`${says}: ${mend}`);
  const portal = new Portal(origin ?? '', key ?? '', { limits, onResponse: portalCallCounter() });
  const health = healthAddress && (await startHealth(healthAddress, portal));
  const { options, namespace, address = defaultAddress } = await temporalConfig(flags);
  const taskQueue = taskQueueIn(process.env);
  const connection = await within(address, options, NativeConnection.connect({ ...options, address }));
  try {
    const worker = await createWorker({
      connection,
      namespace,
      taskQueue,
      portal,
      codec,
      settleWindow,
      version,
    });
    health?.begins({ worker, connection });
    const missing = await registerSearchAttributes(connection, namespace);
    if (missing !== undefined) logger.warn(attributesMissing(namespace, missing));
    void stopping.then(() => logger.info('worker stops when its calls are done; a second signal ends it at once'));
    const running = worker.runUntil(stopping);
    logger.info('worker ready', { portal: portal.origin, address, namespace, taskQueue });
    // Not waited for: a portal that is down now is asked again by the steps.
    void checkApiKey(portal, portal.timeoutMs).then((problem) => problem && logger.warn(problem));
    await running;
  } finally {
    portal.close();
    await connection.close();
  }
  return exitCodes.done;
}

// Not the flags, where everybody on this machine reads them.
process.title = 'docspace-onboarding worker';
void exitWith(() => runWorker(readConnectionFlags('worker')));
