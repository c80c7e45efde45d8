#!/usr/bin/env node
import { NativeConnection } from '@temporalio/worker';
import { Portal } from './docspace/portal.js';
import { Exit, exitCodes, exitWith, type ExitCode } from './program/exit.js';
import { requireSettings } from './program/settings/read-settings.js';
import { workerSettings } from './program/settings/worker-settings.js';
import { stopRequested } from './program/stop-signals.js';
import { temporalConfig, withinTimeout } from './temporal/connection.js';
import { readConnectionFlags, type ConnectionFlags } from './temporal/connection-flags.js';
import { describeMissingAttributes, registerSearchAttributes } from './temporal/register-search-attributes.js';
import { createWorker } from './worker/create-worker.js';
import { startHealthServer } from './worker/health.js';
import { checkApiKey } from './worker/key-check.js';
import { installLogger } from './worker/logger.js';
import { portalCallCounter } from './worker/metrics.js';
import { assertQueueIsUsable } from './worker/queue-check.js';
import { slowdownLogger } from './worker/slowdown-log.js';

/**
 * Runs the worker for the portal at `API_HOST` and the Temporal server at `TEMPORAL_ADDRESS`. On a signal it stops
 * polling, gives running calls ten seconds to finish, cancels the rest and exits.
 */
async function runWorker(flags: ConnectionFlags): Promise<ExitCode> {
  const stopping = stopRequested();
  const settings = requireSettings(workerSettings);
  const { codec, logLevel, metricsAddress, healthAddress, taskQueue, version, settleWindowMs } = settings;
  const { options, namespace, address } = await temporalConfig(flags, settings.temporal);
  if (address === undefined) throw new Exit(exitCodes.usage, missingAddress);
  const logger = installLogger({ level: logLevel, isConfidential: codec !== undefined, metrics: metricsAddress });
  for (const { message, fix } of settings.secretWarnings) logger.warn(`${message}: ${fix}`);
  const { origin = '', key = '', limits, proxy } = settings.portal;
  const count = portalCallCounter();
  const logSlowdown = slowdownLogger(logger, () => portal.slowdown());
  const onResponse = (route: string, result: string): void => {
    count(route, result);
    logSlowdown(route, result);
  };
  const portal: Portal = new Portal(origin, key, { limits, proxy, onResponse });
  const reportHealth = healthAddress && (await startHealthServer(healthAddress, portal));
  const connection = await withinTimeout(address, options, NativeConnection.connect({ ...options, address }));
  try {
    await assertQueueIsUsable(connection, { address, namespace, taskQueue, codec });
    const worker = await createWorker({
      connection,
      namespace,
      taskQueue,
      portal,
      codec,
      settleWindow: settleWindowMs,
      version,
    });
    reportHealth?.({ worker, connection });
    const missing = await registerSearchAttributes(connection, namespace);
    if (missing !== undefined) logger.warn(describeMissingAttributes(namespace, missing));
    void stopping.then(() => logger.info('worker stops when its calls are done; a second signal stops it at once'));
    const running = worker.runUntil(stopping);
    logger.info('worker ready', { portal: portal.origin, address, namespace, taskQueue });
    // The worker does not wait for this check: if the portal is down now, the steps retry.
    void checkApiKey(portal, portal.timeoutMs).then((problem) => problem && logger.warn(problem));
    await running;
  } finally {
    portal.close();
    await connection.close();
  }
  return exitCodes.done;
}

/** There is no default address, because whoever listens there could give this worker orders. */
const missingAddress =
  'TEMPORAL_ADDRESS is not set: set it to the Temporal server of this worker. `npm run dev` starts a server with its own worker';

// Everybody on this machine can see the arguments in the process list.
process.title = 'docspace-onboarding worker';
void exitWith(() => runWorker(readConnectionFlags('worker')));
