import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { describeBatch } from '../visibility/batch-details.js';
import {
  batchStatus,
  begin,
  noCounts,
  chunkId,
  report,
  chunkSizeAt,
  stateAtEnd,
  type BatchInput,
  type BatchState,
  type BatchOutcome,
  type Counts,
  type ChunkReport,
} from '../../contract/batch.js';
import { isLong, now } from '../onboarding/state.js';
import { retry, type Attention, type OnboardingStatus } from '../../contract/onboarding.js';
import { upsertState } from '../visibility/search-attributes.js';

/** After so long without a word a part is told to begin again: one that somebody has terminated does not answer. */
const silence = '10m';

/** The state of one batch: how far each part is. */
export class Batch {
  private readonly memory: BatchState;
  private readonly working = new Set<number>();
  private isOver = false;

  constructor(private readonly input: BatchInput) {
    this.memory = input.continued ?? {
      began: now(),
      cancelled: false,
      reports: Array.from({ length: input.parts }, () => null),
    };
  }

  listen(): void {
    setHandler(report, (given) => this.take(given), { description: 'How far a part is: sent by the parts.' });
    setHandler(retry, () => this.release(), { description: 'Goes on where everybody waits for the portal.' });
    setHandler(batchStatus, () => this.outcome(), { description: 'What is known of this batch.' });
    this.show();
  }

  /** The parts that are not closed, in their order. */
  openParts(): number[] {
    return this.memory.reports.flatMap((given, part) => (given?.closed ? [] : [part]));
  }

  /** Begins with a part, and waits until it is closed; a cancelled batch cancels it, and waits as well. */
  async takeThrough(part: number): Promise<void> {
    if (isLong()) return;
    this.working.add(part);
    try {
      await this.begins(part);
    } catch (error) {
      if (!isCancellation(error)) throw error;
      this.memory.cancelled = true;
      await CancellationScope.nonCancellable(() => this.cancels(part));
    }
    this.working.delete(part);
  }

  /** Goes on as a new run that knows the same, before the history reaches the server's limit. */
  async continueWhereLong(): Promise<void> {
    if (this.openParts().length === 0) return;
    await condition(allHandlersFinished);
    await continueAsNew<(input: BatchInput) => Promise<BatchOutcome>>({ ...this.input, continued: this.memory });
  }

  async closed(): Promise<BatchOutcome> {
    this.isOver = true;
    this.show();
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
    return this.outcome();
  }

  private async begins(part: number): Promise<void> {
    const isClosed = (): boolean => this.memory.reports[part]?.closed === true;
    while (!isClosed() && !isLong()) {
      try {
        await handleOf(part).signal(begin);
      } catch (error) {
        if (isCancellation(error)) throw error;
        this.lose(part);
        return;
      }
      await condition(() => isClosed() || isLong(), silence, { summary: `part ${part}` });
    }
  }

  private async cancels(part: number): Promise<void> {
    try {
      await handleOf(part).cancel();
      await condition(() => this.memory.reports[part]?.closed === true);
    } catch {
      this.lose(part);
    }
  }

  private take(given: ChunkReport): void {
    if (this.memory.reports[given.part]?.closed) return;
    this.memory.reports[given.part] = given;
    this.show();
  }

  /** A part is not there any more: somebody has terminated it. What it had not told is not known. */
  private lose(part: number): void {
    const known = this.memory.reports[part];
    const { waiting, running, ...counts } = known?.counts ?? { ...noCounts, waiting: this.sizeOf(part) };
    const lost = { ...counts, waiting: 0, running: 0, failed: counts.failed + waiting + running };
    this.memory.reports[part] = { part, runId: known?.runId ?? '', counts: lost, attention: null, closed: true };
    this.show();
  }

  private release(): void {
    for (const part of this.working)
      void handleOf(part)
        .signal(retry)
        .catch(() => undefined);
  }

  private outcome(): BatchOutcome {
    const { input, memory } = this;
    const attention = memory.reports.find((given) => given?.attention)?.attention ?? null;
    const counts = this.counts();
    return {
      batchId: workflowInfo().workflowId,
      runId: workflowInfo().runId,
      state: this.stateOf(counts, attention),
      portal: input.portal,
      people: input.people,
      counts,
      attention,
      began: memory.began,
      parts: memory.reports.map((given) => given?.runId ?? null),
    };
  }

  private counts(): Counts {
    const sum = { ...noCounts };
    for (const [part, given] of this.memory.reports.entries()) {
      const counts = given?.counts ?? { ...noCounts, waiting: this.sizeOf(part) };
      for (const state of Object.keys(sum) as (keyof Counts)[]) sum[state] += counts[state];
    }
    return sum;
  }

  private sizeOf(part: number): number {
    return chunkSizeAt(this.input.people, part);
  }

  private stateOf(counts: Counts, attention: Attention | null): OnboardingStatus {
    if (!this.isOver) return attention ? 'needs-attention' : 'running';
    return this.memory.cancelled ? 'cancelled' : stateAtEnd(counts);
  }

  private show(): void {
    const outcome = this.outcome();
    setCurrentDetails(describeBatch(outcome));
    upsertState(outcome.state, outcome.attention);
  }
}

function handleOf(part: number): ReturnType<typeof getExternalWorkflowHandle> {
  return getExternalWorkflowHandle(chunkId(workflowInfo().workflowId, part));
}
