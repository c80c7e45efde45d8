import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { Duration } from '@temporalio/common';
import { dataConverterOf, workflowBundleOf } from './codec/data-converter.js';
import type { CodecSettings } from './codec/settings.js';
import { createActivities } from './activities/index.js';
import { heartbeatInterval } from './activities/perform.js';
import type { Portal } from './docspace/portal.js';
import { workerIdentity } from './identity.js';
import { defaultSettleWindow } from './settings.js';

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
  /** Where the workflow code comes from: the bundle of the build, unless a test brings its own. */
  workflows?: Pick<WorkerOptions, 'workflowBundle'>;
}

/** A worker of onboardings, with the settings that make recovery quick. */
export function createOnboardingWorker(options: OnboardingWorkerOptions): Promise<Worker> {
  const {
    connection,
    namespace,
    taskQueue,
    portal,
    codec,
    workflows = { workflowBundle: workflowBundleOf(codec) },
    graceTime = '10s',
    settleWindow = defaultSettleWindow,
  } = options;
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    identity: workerIdentity(),
    dataConverter: dataConverterOf(codec),
    ...workflows,
    ...(portal && { activities: createActivities({ portal, settleWindow }) }),
    // A killed worker leaves its sticky queue behind, and the default waits ten seconds for it. With half a second one
    // workflow task in ten was taken from a live worker that was only busy (300 at a time on two cores).
    stickyQueueScheduleToStartTimeout: '1s',
    // Each heartbeat is sent: the default holds them back for four fifths of the timeout, and leaves none to be late.
    maxHeartbeatThrottleInterval: heartbeatInterval,
    shutdownGraceTime: graceTime,
  });
}
