import { fileURLToPath } from 'node:url';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { Duration } from '@temporalio/common';
import { createActivities } from './activities/index.js';
import { heartbeatInterval } from './activities/perform.js';
import { perSecond } from './docspace/limits.js';
import type { Portal } from './docspace/portal.js';
import { longestWait } from './docspace/turns.js';
import { workerIdentity } from './identity.js';
import { defaultSettleWindow, type WorkerVersion } from './settings.js';
import { peopleAtOnce } from './workflows/batch-messages.js';

export interface OnboardingWorkerOptions {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  /** The portal whose steps it takes; without one it only looks: queries and updates are answered, no step is taken. */
  portal?: Portal | undefined;
  /** Milliseconds after a lost create before another is sent. */
  settleWindow?: number;
  /** Where the server is told of it, it gives work to the version that it was told is the current one. */
  version?: WorkerVersion | undefined;
  /** How long calls in flight may take to finish before a stop. */
  graceTime?: Duration;
  /** Where the workflow code comes from: the bundle of the build, unless a test brings its own. */
  workflows?: Pick<WorkerOptions, 'workflowBundle'>;
}

const builtBundle = { workflowBundle: { codePath: fileURLToPath(new URL('./workflow-bundle.js', import.meta.url)) } };

/** Runs go on with the current version: they are open for days, and every version replays what the one before recorded. */
const moving = { useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' } as const;

/** A worker of onboardings, with the settings that make recovery quick. */
export function createOnboardingWorker(options: OnboardingWorkerOptions): Promise<Worker> {
  const {
    connection,
    namespace,
    taskQueue,
    portal,
    version,
    workflows = builtBundle,
    graceTime = '10s',
    settleWindow = defaultSettleWindow,
  } = options;
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    identity: workerIdentity(),
    ...workflows,
    ...(portal && { activities: createActivities({ portal, settleWindow }), ...withinLimits(portal) }),
    ...(version && { workerDeploymentOptions: { version, ...moving } }),
    // A killed worker leaves its sticky queue behind, and the default waits ten seconds for it. With half a second one
    // workflow task in ten was taken from a live worker that was only busy (300 at a time on two cores).
    stickyQueueScheduleToStartTimeout: '1s',
    // Each heartbeat is sent: the default holds them back for four fifths of the timeout, and leaves none to be late.
    maxHeartbeatThrottleInterval: heartbeatInterval,
    shutdownGraceTime: graceTime,
    // As many as a part of a batch has on their way: what the worker that decides may begin with by itself, without a task
    // queue between, halves what the server has to do.
    maxEagerActivityReservationsPerWorkflowTask: peopleAtOnce,
  });
}

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
  const steps = Math.floor((rate * longestWait * 0.8) / 1_000);
  return {
    maxTaskQueueActivitiesPerSecond: rate,
    maxConcurrentActivityTaskExecutions: Math.max(1, Math.min(steps, mostSteps)),
  };
}
