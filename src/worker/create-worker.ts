import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { Duration } from '@temporalio/common';
import { dataConverterOf, workflowBundleOf } from '../codec/data-converter.js';
import type { CodecSettings } from '../codec/settings.js';
import { createActivities } from '../activities/index.js';
import { heartbeatIntervalMs } from '../activities/attempt/run-attempt.js';
import { perSecond } from '../docspace/rate-limit/limits.js';
import type { Portal } from '../docspace/portal.js';
import { longestWaitMs } from '../docspace/rate-limit/request-queue.js';
import { workerIdentity } from '../temporal/identity.js';
import { defaultSettleWindow, type WorkerVersion } from '../program/settings.js';
import { peopleAtOnce } from '../contract/batch.js';

export interface OnboardingWorkerOptions {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  /** The portal whose steps it takes; without one it only looks: queries and updates are answered, no step is taken. */
  portal?: Portal | undefined;
  /** How payloads are encrypted; without it they are not. */
  codec?: CodecSettings | undefined;
  /** Milliseconds after a lost create before another is sent. */
  settleWindow?: number;
  /** How long calls in flight may take to finish before a stop. */
  graceTime?: Duration;
  /** Which build of which deployment this worker is; without it the server gives every worker every task. */
  version?: WorkerVersion | undefined;
  /** Where the workflow code comes from: the bundle of the build, unless a test brings its own. */
  workflows?: Pick<WorkerOptions, 'workflowBundle'>;
}

/** A worker of onboardings, with the settings that make recovery quick. */
export function createWorker(options: OnboardingWorkerOptions): Promise<Worker> {
  const {
    connection,
    namespace,
    taskQueue,
    portal,
    codec,
    workflows = { workflowBundle: workflowBundleOf(codec) },
    graceTime = '10s',
    settleWindow = defaultSettleWindow,
    version,
  } = options;
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    identity: workerIdentity(codec !== undefined),
    dataConverter: dataConverterOf(codec),
    ...workflows,
    ...(version && { workerDeploymentOptions: { version, useWorkerVersioning: true, ...movesOn } }),
    ...(portal && { activities: createActivities({ portal, settleWindow }), ...withinLimits(portal) }),
    // A killed worker leaves its sticky queue behind, and the default waits ten seconds for it. With half a second one
    // workflow task in ten was taken from a live worker that was only busy (300 at a time on two cores).
    stickyQueueScheduleToStartTimeout: '1s',
    // Each heartbeat is sent: the default holds them back for four fifths of the timeout, and leaves none to be late.
    maxHeartbeatThrottleInterval: heartbeatIntervalMs,
    shutdownGraceTime: graceTime,
    ...patience,
    // As many as a part of a batch has on their way: what the worker that decides may begin with by itself, without a task
    // queue between, halves what the server has to do.
    maxEagerActivityReservationsPerWorkflowTask: peopleAtOnce,
  });
}

/**
 * How long one decision may take, by the wall's clock; the SDK takes this option, though its types do not list it. Overrun it
 * ends the process on Node 20 ("async hook stack has become corrupted"), and its five seconds are too few for a worker that
 * is stopped, or starved, in the middle of a decision.
 */
const patience = { isolateExecutionTimeout: '1m' };

/**
 * A run that is open goes on with the build that is current: it is open for a week, and the replay of recorded histories is
 * what makes that safe.
 */
const movesOn = { defaultVersioningBehavior: 'AUTO_UPGRADE' } as const;

/** The default of the SDK. */
const mostSteps = 100;

/**
 * How many steps a worker takes, and how many all workers together are given, where the portal limits its calls.
 *
 * The server's rate is the one bound that all workers share. A step makes one call at least, so that it never keeps a call
 * back that the portal would have taken: with the four partitions of a queue, 25 a second were asked for and reached. It
 * turns the eager start of steps off (the SDK sees to that), which would go past it. How the calls of a worker are spread
 * is the part of its portal's {@link Portal | pace}.
 */
function withinLimits({ limits }: Portal): Partial<WorkerOptions> {
  const rate = perSecond(limits);
  if (rate === undefined) return {};
  // Each waits for the calls of all others, and none as long as a call is held at most.
  const steps = Math.floor((rate * longestWaitMs * 0.8) / 1_000);
  return {
    maxTaskQueueActivitiesPerSecond: rate,
    maxConcurrentActivityTaskExecutions: Math.max(1, Math.min(steps, mostSteps)),
  };
}
