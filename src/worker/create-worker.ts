import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { Duration, WorkerDeploymentVersion } from '@temporalio/common';
import { createDataConverter, workflowBundleFor } from '../codec/data-converter.js';
import { fingerprintOf } from '../codec/fingerprint.js';
import { WorkflowIds } from '../codec/workflow-ids.js';
import { createActivities } from '../activities/index.js';
import { heartbeatIntervalMs } from '../activities/attempt/run-attempt.js';
import { perSecond } from '../docspace/rate-limit/limits.js';
import type { Portal } from '../docspace/portal.js';
import { longestWaitMs } from '../docspace/rate-limit/request-queue.js';
import { workerIdentity } from '../temporal/identity.js';
import type { CodecSettings } from '../program/settings/codec-keys.js';
import { defaultSettleWindowMs } from '../program/settings/starter-settings.js';
import { groupSize } from '../contract/batch.js';

export interface OnboardingWorkerOptions {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  /** Without a portal, the worker answers queries and updates but runs no step. */
  portal?: Portal | undefined;
  /** Without a codec, payloads are not encrypted. */
  codec?: CodecSettings | undefined;
  /** Milliseconds between a lost create and the next one. */
  settleWindow?: number;
  /** How long running calls may take to finish when the worker stops. */
  graceTime?: Duration;
  /** Without a version, the server gives tasks to every worker. */
  version?: WorkerDeploymentVersion | undefined;
  /** By default, the bundle from the build. */
  workflows?: Pick<WorkerOptions, 'workflowBundle'>;
}

/** Creates a worker for onboardings, with options for a quick recovery. */
export function createWorker({
  connection,
  namespace,
  taskQueue,
  portal,
  codec,
  workflows = { workflowBundle: workflowBundleFor(codec) },
  graceTime = '10s',
  settleWindow = defaultSettleWindowMs,
  version,
}: OnboardingWorkerOptions): Promise<Worker> {
  const workflowIds = new WorkflowIds(codec);
  const creationIdFor = workflowIds.groupCreationIdFor.bind(workflowIds);
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    identity: workerIdentity(codec && fingerprintOf(codec), portal?.origin),
    dataConverter: createDataConverter(codec),
    ...workflows,
    ...(version && { workerDeploymentOptions: { version, useWorkerVersioning: true, ...autoUpgrade } }),
    ...(portal && { activities: createActivities({ portal, settleWindow, creationIdFor }), ...activityLimits(portal) }),
    // A killed worker leaves its sticky queue behind, and the server waits ten seconds for it by default. With half a
    // second, one workflow task in ten was taken from a worker that was only busy (300 at a time on two cores).
    stickyQueueScheduleToStartTimeout: '1s',
    // By default, a heartbeat is sent only after four fifths of the timeout, so a single late one would miss it.
    maxHeartbeatThrottleInterval: heartbeatIntervalMs,
    shutdownGraceTime: graceTime,
    ...isolateTimeout,
    // A group of a chunk starts this many activities at once. An eager start bypasses the task queue: half the work.
    maxEagerActivityReservationsPerWorkflowTask: groupSize,
  });
}

/**
 * The time limit of one workflow activation, in wall-clock time. The SDK accepts this option, although its types omit
 * it. If an activation exceeds it, the process dies on Node 20 ("async hook stack has become corrupted"). The default of
 * five seconds is too short for a worker that is suspended or gets no CPU time during an activation.
 */
const isolateTimeout = { isolateExecutionTimeout: '1m' };

/** A run stays open for a week, and continues with the current build. Replays of recorded histories make that safe. */
const autoUpgrade = { defaultVersioningBehavior: 'AUTO_UPGRADE' } as const;

/** The default of the SDK. */
const maxConcurrentSteps = 100;

/**
 * If the portal limits its calls, limits how many steps this worker runs at once, and how many all workers together start
 * per second.
 *
 * The server's rate is the only limit that all workers share. A step makes at least one call, so the rate never holds
 * back a call that the portal would have accepted: with the four partitions of a queue, 25 per second were requested and
 * reached. With this rate the SDK turns off the eager start of activities, which would exceed it. The {@link Portal |
 * throttle of the portal} spreads the calls of one worker.
 */
function activityLimits({ limits }: Portal): Partial<WorkerOptions> {
  const rate = perSecond(limits);
  if (rate === undefined) return {};
  // Each call waits for those of all other steps, but for less than the longest wait in the queue.
  const steps = Math.floor((rate * longestWaitMs * 0.8) / 1_000);
  return {
    maxTaskQueueActivitiesPerSecond: rate,
    maxConcurrentActivityTaskExecutions: Math.max(1, Math.min(steps, maxConcurrentSteps)),
  };
}
