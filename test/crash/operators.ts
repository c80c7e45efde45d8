import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Outcome } from '../../src/contract/onboarding.js';
import type { Finished, Running } from '../support/starter.js';
import { resetRun } from '../support/reset-run.js';
import { pauseActivity, resetActivity, terminate, unlessClosed, untilNoStepRuns } from './interventions.js';
import type { Report } from './observed-roles.js';
import type { Operation, PlannedOperation, Row } from './operations.js';
import type { Stage } from './stage.js';
import { UnreliableWorker } from './unreliable-worker.js';

const taskQueue = 'operators';

/** Longer than the heartbeat timeout, so the other worker gets the steps. */
const cutOffMs = 4_000;

/** Exit codes of commands that worked as they should: 6 only while the server is down. */
const soundCodes: readonly (number | null)[] = [0, 4, 5, 6, 7];

/** Milliseconds after which a command that has not ended is stuck. */
const stuckAfterMs = 300_000;

interface Command {
  name: string;
  running: Running;
  /** When it began, in milliseconds since 1970. */
  from: number;
  ended: Promise<void>;
  isOver: boolean;
}

/** Runs the commands of operators next to each other, and keeps what they report. */
export class Operators {
  readonly reports: Report[] = [];
  private readonly commands: Command[] = [];
  /** What ends by itself: a paused activity, a worker that is cut off. */
  private readonly disturbances: Promise<void>[] = [];
  private files = 0;

  private constructor(
    private readonly stage: Stage,
    private readonly workers: readonly UnreliableWorker[],
  ) {}

  static async start(stage: Stage, clockSkewsMs: readonly number[]): Promise<Operators> {
    const starting = clockSkewsMs.map((skewMs) => UnreliableWorker.start(stage, taskQueue, skewMs));
    return new Operators(stage, await Promise.all(starting));
  }

  close(): void {
    for (const worker of this.workers) worker.close();
  }

  async run({ afterCalls, operation }: PlannedOperation): Promise<void> {
    await this.orStuck(Promise.race([this.stage.portal.receives(afterCalls), this.allEnded()]));
    await this.begin(operation);
  }

  /** Resolves once every command, every disturbance and every step has ended. Some steps have no command. */
  async untilIdle(): Promise<void> {
    await this.orStuck(this.allEnded());
    await Promise.all(this.disturbances);
    await this.orStuck(this.withClient(untilNoStepRuns));
  }

  private async allEnded(): Promise<void> {
    await Promise.all(this.commands.map(({ ended }) => ended));
  }

  private async orStuck(waiting: Promise<void>): Promise<void> {
    const stuck = delay(stuckAfterMs, true, { ref: false });
    if (await Promise.race([waiting, stuck])) throw new Error(await this.describe());
  }

  /** The commands that have not ended, and the runs that are open. */
  private async describe(): Promise<string> {
    const commands = this.commands.filter(({ isOver }) => !isOver).map(({ name, running }) => name + running.stderr);
    const runs: string[] = [];
    await this.withClient(async ({ workflow }) => {
      for await (const { workflowId, raw } of workflow.list({ query: `ExecutionStatus = 'Running'` })) {
        const handle = workflow.getHandle(workflowId);
        const { raw: described } = await handle.describe();
        const pending = described.pendingActivities?.map(
          ({ activityType, attempt, lastFailure }) => `${activityType?.name} ${attempt} ${lastFailure?.message}`,
        );
        const status = await handle.query('status').catch(String);
        runs.push([workflowId, raw.historyLength, pending, JSON.stringify(status)].join(' '));
      }
    });
    return [...commands, ...runs].join('\n');
  }

  /** Imports a file, and waits for its result. */
  async import(rows: readonly Row[]): Promise<Finished> {
    return this.startImport(rows).running.finished;
  }

  private async begin(operation: Operation): Promise<void> {
    switch (operation.do) {
      case 'import':
        this.startImport(operation.rows);
        break;
      case 'onboard': {
        const { email, role } = operation.row;
        this.startForOne(['onboard', '--first-name', 'Pat', '--last-name', 'Doe', '--email', email, '--role', role]);
        break;
      }
      case 'role':
        this.startForOne(['role', operation.row.email, operation.row.role]);
        break;
      case 'cancel':
      case 'retry':
        this.startForOne([operation.do, operation.email]);
        break;
      case 'cancel the batch':
        this.cancelBatch();
        break;
      case 'terminate':
        await this.withOpenRun(operation.type, terminate);
        break;
      case 'reset the run':
        await this.withOpenRun(operation.type, (run) => resetRun(run, operation.place));
        break;
      case 'reset an activity':
        await this.withOpenRun(operation.type, resetActivity);
        break;
      case 'pause an activity':
        this.disturbances.push(this.withOpenRun(operation.type, pauseActivity));
        break;
      case 'cut off a worker':
        this.disturbances.push(this.cutOff(operation.worker));
        break;
      case 'kill a worker':
        await this.workers[operation.worker]?.restart();
        break;
      case 'kill':
        await this.kill(operation.victim);
    }
  }

  private startForOne(args: readonly string[]): void {
    const command = this.start([...args, '--json'], ({ stdout }) => {
      if (stdout === '') return;
      const { email, state, role } = JSON.parse(stdout) as Outcome;
      this.report(command, { email, state, role: role ?? '' });
    });
  }

  private startImport(rows: readonly Row[]): Command {
    const file = join(this.stage.folder, `people${++this.files}.csv`);
    const out = file.replace('.csv', '.result.csv');
    const lines = rows.map(({ email, role }) => `Pat,Doe,${email},${role}`);
    writeFileSync(file, ['first name,last name,email,role', ...lines, ''].join('\n'));
    const command = this.start(['import', file, '--out', out, '--keep-higher', '--json'], ({ stderr }) => {
      if (!stderr.includes('The result is in')) return;
      const [, ...results] = readFileSync(out, 'utf8').trimEnd().split(/\r?\n/);
      for (const result of results) {
        const [, , email = '', , state = '', role = ''] = result.split(',');
        this.report(command, { email, state, role });
      }
    });
    return command;
  }

  /** Cancels the batch that was started last. */
  private cancelBatch(): void {
    const ids = this.commands.map(({ running }) => /Started (batch:[\da-f]+)/.exec(running.stderr)?.[1]);
    const id = ids.findLast((each) => each !== undefined);
    if (id !== undefined) this.start(['cancel', '--batch', id, '--json']);
  }

  private report({ name, from }: Command, shown: Pick<Report, 'email' | 'state' | 'role'>): void {
    this.reports.push({ ...shown, by: name, from, to: Date.now() });
  }

  private start(args: readonly string[], onEnd: (finished: Finished) => void = () => undefined): Command {
    const running = this.stage.starter(taskQueue, args);
    const name = `${args.join(' ')} (${this.commands.length})`;
    const command = { name, running, from: Date.now(), isOver: false, ended: Promise.resolve() };
    command.ended = this.untilEnd(command, onEnd);
    this.commands.push(command);
    return command;
  }

  private async untilEnd(command: Command, onEnd: (finished: Finished) => void): Promise<void> {
    const { name, running } = command;
    const finished = await running.finished;
    command.isOver = true;
    if (running.child.signalCode === 'SIGKILL') return;
    const { code, stderr } = finished;
    if (!soundCodes.includes(code)) throw new Error(`${name} exited with ${code}:\n${stderr}`);
    onEnd(finished);
  }

  private async cutOff(index: number): Promise<void> {
    const worker = this.workers[index];
    worker?.cutOff();
    await delay(cutOffMs);
    worker?.reconnect();
  }

  /** Acts on the newest open run of a type. */
  private async withOpenRun(type: string, act: (run: WorkflowHandle) => Promise<void>): Promise<void> {
    await this.withClient(async ({ workflow }) => {
      const query = `WorkflowType = '${type}' AND ExecutionStatus = 'Running'`;
      for await (const { workflowId, runId } of workflow.list({ query })) {
        return unlessClosed(act(workflow.getHandle(workflowId, runId)));
      }
      return undefined;
    });
  }

  private async withClient(use: (client: Client) => Promise<unknown>): Promise<void> {
    const connection = await Connection.connect({ address: this.stage.address });
    try {
      await use(new Client({ connection }));
    } finally {
      await connection.close();
    }
  }

  private async kill(victim: 'server' | 'command'): Promise<void> {
    switch (victim) {
      case 'server':
        await Promise.all(this.disturbances); // the end of a pause needs the server
        await this.stage.killServer();
        await this.stage.startServer();
        break;
      case 'command':
        await this.commands.findLast(({ isOver }) => !isOver)?.running.kill('SIGKILL');
    }
  }
}
