#!/usr/bin/env node
import { NativeConnection } from '@temporalio/worker';
import { defaultAddress, temporalConfig, within } from './connection.js';
import { Portal } from './docspace/portal.js';
import { exitCodes, exitWith, type ExitCode } from './exit.js';
import { installLogger } from './logger.js';
import { createOnboardingWorker } from './onboarding-worker.js';
import { attributesMissing, makeAttributes } from './search-attributes.js';
import {
  loadEnvFile,
  noProblems,
  readLimits,
  readLogLevel,
  readPortal,
  readSettleWindow,
  readVersion,
  taskQueueIn,
} from './settings.js';
import { askedToStop } from './stop.js';

/**
 * The worker alone: it serves the portal at `API_HOST` for the Temporal server at `TEMPORAL_ADDRESS`, until it is stopped. It
 * then takes no more work, lets calls finish for a while, and gives up those that have not.
 */
async function runWorker(): Promise<ExitCode> {
  const stopping = askedToStop();
  loadEnvFile();
  const problems: string[] = [];
  const { origin, key } = readPortal(process.env, problems);
  const level = readLogLevel(process.env, problems);
  const settleWindow = readSettleWindow(process.env, problems);
  const limits = readLimits(process.env, problems, origin);
  const version = readVersion(process.env, problems);
  if (origin === undefined && problems.length === 0) {
    problems.push(
      'API_HOST is not set: which portal does this worker serve? `npm run dev` brings a sandbox of its own',
    );
  }
  noProblems(problems);

  const logger = installLogger({ level });
  const { options, namespace, address = defaultAddress } = await temporalConfig({});
  const taskQueue = taskQueueIn(process.env);
  const connection = await within(address, NativeConnection.connect(options));
  const portal = new Portal(origin ?? '', key ?? '', { limits });
  try {
    const worker = await createOnboardingWorker({ connection, namespace, taskQueue, portal, settleWindow, version });
    const missing = await makeAttributes(connection, namespace);
    if (missing !== undefined) logger.warn(attributesMissing(namespace, missing));
    void stopping.then(() => logger.info('worker stops when its calls are done; a second signal ends it at once'));
    const running = worker.runUntil(stopping);
    logger.info('worker ready', { portal: portal.origin, address, namespace, taskQueue });
    await running;
  } finally {
    portal.close();
    await connection.close();
  }
  return exitCodes.done;
}

void exitWith(runWorker);
