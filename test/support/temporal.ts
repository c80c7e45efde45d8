import {
  Client,
  Connection,
  WithStartWorkflowOperation,
  WorkflowClient,
  type WorkflowHandle,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { NativeConnection, Runtime, type TelemetryOptions, type Worker } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import type { Portal } from '../../src/docspace/portal.js';
import { createWorker, type OnboardingWorkerOptions } from '../../src/worker/create-worker.js';
import { searchAttributesFor } from '../../src/contract/search-attributes.js';
import {
  changeRole,
  status,
  untilSettled,
  type OnboardingInput,
  type Outcome,
  type RoleChange,
} from '../../src/contract/onboarding.js';
import type { onboardUser } from '../../src/workflows/onboarding/onboard-user.js';
import { outcomeOf, type OnboardingHandle } from '../../src/client/outcomes.js';
import { WorkflowIds } from '../../src/codec/workflow-ids.js';
import type { HistoryEvent } from '../../src/client/run-history.js';
import type { Session } from '../../src/client/session.js';
import { startTemporalServer, type TemporalServer } from './temporal-server.js';

export const workflowBundle = {
  codePath: fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url)),
};

/** Between two queries. Without a pause they would keep the worker busy. */
const pollIntervalMs = 50;

const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
let installed = false;

/** Installs what all workers of this process share. Call it before the first worker if a test reads metrics. */
export function installRuntime(telemetryOptions: TelemetryOptions = {}): void {
  if (!installed) Runtime.install({ logger: quiet, shutdownSignals: [], telemetryOptions });
  installed = true;
}

/** The dev server skips time for a run if its start asks for it; the SDK has no option for that yet. */
class SkippingClient extends WorkflowClient {
  protected override async createStartWorkflowRequest(
    ...given: Parameters<WorkflowClient['createStartWorkflowRequest']>
  ): ReturnType<WorkflowClient['createStartWorkflowRequest']> {
    return { ...(await super.createStartWorkflowRequest(...given)), timeSkippingConfig: { enabled: true } };
  }
}

/** Whether every role change that was sent has been decided. */
export const settledAt = (handle: OnboardingHandle): ReturnType<typeof outcomeOf> => outcomeOf(handle);

/** A server of its own, with other limits than the shared one, as in `limit.historyCount.suggestContinueAsNew=30`. */
export function startServer(...limits: string[]): Promise<TemporalServer> {
  return startTemporalServer(inject('temporalCli'), limits);
}

/** A worker and a client on the shared server, with their own task queue. */
export class TestTemporal {
  private constructor(
    readonly client: Client,
    readonly taskQueue: string,
    private readonly worker: Worker,
    private readonly running: Promise<void>,
    private readonly connections: { close(): Promise<void> }[],
  ) {}

  /** @param options replace the options that tests use */
  static async start(
    portal: Portal | undefined,
    settleWindow?: number,
    taskQueue = `test-${randomUUID()}`,
    { address = inject('temporalAddress'), ...options }: { address?: string } & Partial<OnboardingWorkerOptions> = {},
  ): Promise<TestTemporal> {
    installRuntime();
    const native = await NativeConnection.connect({ address });
    const connection = await Connection.connect({ address });
    const worker = await createWorker({
      connection: native,
      namespace: 'default',
      taskQueue,
      portal,
      workflows: { workflowBundle },
      graceTime: '1s',
      ...(settleWindow !== undefined && { settleWindow }),
      ...options,
    });
    return new TestTemporal(new Client({ connection }), taskQueue, worker, worker.run(), [connection, native]);
  }

  /** @param taskQueue a task queue that nobody polls yet */
  start(input: OnboardingInput, taskQueue = this.taskQueue): Promise<OnboardingHandle> {
    return this.client.workflow.start<typeof onboardUser>('onboardUser', { ...this.options(input), taskQueue });
  }

  /** Starts an onboarding and waits until it has settled, in one call, as the starter does. */
  async settled(input: OnboardingInput): Promise<{ handle: OnboardingHandle; outcome: Outcome }> {
    const startWorkflowOperation = new WithStartWorkflowOperation<typeof onboardUser>('onboardUser', {
      ...this.options(input),
      workflowIdConflictPolicy: 'FAIL',
    });
    const outcome = await this.client.workflow.executeUpdateWithStart(untilSettled, { startWorkflowOperation });
    return { handle: this.client.workflow.getHandle<typeof onboardUser>(this.options(input).workflowId), outcome };
  }

  /** Sends a role change as the starter does: to the open run, or to a new one that only applies it. */
  changeRole({ email, portal }: OnboardingInput, role: string): Promise<OnboardingHandle> {
    return this.client.workflow.signalWithStart<typeof onboardUser, [RoleChange]>('onboardUser', {
      ...this.options({ email, portal, roleOnly: true }),
      signal: changeRole,
      signalArgs: [role],
    });
  }

  /** One server serves all tests, so each test has its own ids. */
  private options(input: OnboardingInput): WorkflowStartOptions<typeof onboardUser> {
    return {
      workflowId: `onboard:${input.email}:${this.taskQueue}`,
      taskQueue: this.taskQueue,
      args: [{ lookUpBeforeCreate: false, ...input }],
      typedSearchAttributes: searchAttributesFor({ portal: input.portal }),
    };
  }

  /** Starts a run for which the server skips the time in which nothing happens. */
  async startSkippingTime(input: OnboardingInput): Promise<OnboardingHandle> {
    return this.skipping.start<typeof onboardUser>('onboardUser', this.options(input));
  }

  /** Lets milliseconds pass for an open run. */
  async pass(handle: OnboardingHandle, milliseconds: number): Promise<void> {
    const { workflowService } = this.client.connection;
    const which = { namespace: 'default', workflowExecution: { workflowId: handle.workflowId } };
    const id = randomUUID();
    await workflowService.updateWorkflowExecutionOptions({
      ...which,
      workflowExecutionOptions: {
        timeSkippingConfig: { enabled: true, fastForwardConfig: { id, duration: msToTs(milliseconds) } },
      },
      updateMask: { paths: ['time_skipping_config'] },
    });
    await workflowService.pollWorkflowExecutionTimeSkipping({ ...which, fastForwardId: id });
  }

  /** The session that commands use. */
  session(portal: string, taskQueue = this.taskQueue): Session {
    const workflowIds = new WorkflowIds(undefined);
    return { client: this.client, namespace: 'default', taskQueue, portal, workflowIds } as Session;
  }

  get skipping(): WorkflowClient {
    return new SkippingClient({ connection: this.client.connection });
  }

  /** Stops the worker and keeps the client, so new tasks wait for another worker. */
  async stopWorker(): Promise<void> {
    if (this.worker.getState() === 'RUNNING') this.worker.shutdown();
    await this.running;
  }

  async stop(): Promise<void> {
    await this.stopWorker();
    for (const connection of this.connections) await connection.close();
  }
}

/** Whether the history of a run has an event with these attributes. */
export async function hasEvent(
  run: Pick<WorkflowHandle, 'fetchHistory'>,
  attributes: keyof HistoryEvent & `${string}Attributes`,
): Promise<boolean> {
  return ((await run.fetchHistory()).events ?? []).some((event) => Boolean(event[attributes]));
}

/** Resolves once a query finds so many runs. The server lists each change of a run a moment later. */
export async function untilCount(client: WorkflowClient, query: string, runs: number): Promise<void> {
  while ((await client.count(query)).count !== runs) await delay(pollIntervalMs);
}

/** Resolves once the server lists a run. */
export async function untilListed(run: WorkflowHandle): Promise<void> {
  await untilCount(run.client, `RunId = '${(await run.describe()).runId}'`, 1);
}

/** Resolves once the status of an onboarding meets a condition. */
export async function until(handle: OnboardingHandle, holds: (outcome: Outcome) => boolean): Promise<Outcome> {
  for (; ; await delay(pollIntervalMs)) {
    const outcome = await handle.query(status);
    if (holds(outcome)) return outcome;
  }
}
