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
import {
  batchStatus,
  chunkId,
  chunkProgress,
  chunkSizeAt,
  noCounts,
  startChunk,
  stateAtEnd,
  type BatchInput,
  type BatchOutcome,
  type BatchState,
  type BatchStatus,
  type ChunkReport,
  type Counts,
} from '../../contract/batch.js';
import { limitResults, maxKeptBytes } from '../../contract/kept-results.js';
import { retry, type Attention, type OnboardingStatus } from '../../contract/onboarding.js';
import { isLong, now } from '../onboarding/state.js';
import { doublingWaits } from '../doubling-waits.js';
import { signalIfOpen } from '../signal-if-open.js';
import { ignoreCancellation } from '../steps/attention.js';
import { describeBatch } from '../visibility/batch-details.js';
import { upsertState } from '../visibility/search-attributes.js';

/** A chunk that has not reported for this long is signaled again. If somebody terminated it, the signal fails. */
const firstReminderMs = 60_000;

/** The state of one batch: the progress of each chunk. */
export class Batch {
  private readonly state: BatchState;
  private isOver = false;

  constructor(private readonly input: BatchInput) {
    this.state = input.continued ?? {
      startedAt: now(),
      isCancelled: false,
      reports: Array.from({ length: input.chunks }, () => null),
    };
  }

  registerHandlers(): void {
    setHandler(chunkProgress, (report) => this.accept(report), { description: 'A chunk reports its progress.' });
    setHandler(retry, () => this.resume(), {
      description: 'Resumes a batch that waits for the portal. Needs no data.',
    });
    setHandler(batchStatus, () => this.status(), {
      description: 'Returns the status of this batch. Needs no argument.',
    });
    this.show();
  }

  /** The chunks that are not closed, in order. */
  openChunks(): number[] {
    return this.state.reports.flatMap((report, chunk) => (report?.results ? [] : [chunk]));
  }

  /** Starts a chunk, and waits until another may run: it is closed, or only waits for people it handed over. */
  run(chunk: number): Promise<void> {
    return this.follow(chunk, () => this.isClosed(chunk) || this.state.reports[chunk]?.isIdle === true);
  }

  async untilClosed(): Promise<void> {
    await Promise.all(this.openChunks().map((chunk) => this.follow(chunk, () => this.isClosed(chunk))));
  }

  /** Continues as a new run with the same state before the history reaches the server's limit. */
  async continueIfLong(): Promise<void> {
    if (this.openChunks().length === 0) return;
    await condition(allHandlersFinished);
    await continueAsNew<(input: BatchInput) => Promise<BatchOutcome>>({ ...this.input, continued: this.state });
  }

  async complete(): Promise<BatchOutcome> {
    this.isOver = true;
    this.show();
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
    return { ...this.status(), results: this.state.reports.map((report) => report?.results ?? []) };
  }

  /** A cancelled batch cancels its chunks, and waits until they have reported. */
  private async follow(chunk: number, isReached: () => boolean): Promise<void> {
    try {
      for (const waitMs of doublingWaits(firstReminderMs)) {
        if (isReached() || isLong()) return;
        if (!(await signalIfOpen(handleOf(chunk), startChunk))) return this.markLost(chunk);
        await condition(() => isReached() || isLong(), waitMs, { summary: `chunk ${chunk}` });
      }
    } catch (error) {
      if (!isCancellation(error)) throw error;
      await CancellationScope.nonCancellable(() => this.cancel(chunk));
    }
  }

  private async cancel(chunk: number): Promise<void> {
    this.state.isCancelled = true;
    await handleOf(chunk)
      .cancel()
      .catch(() => undefined);
    while (!this.isClosed(chunk)) {
      // The server also accepts the cancellation of a terminated chunk, so only a signal shows whether it is open.
      if (!(await signalIfOpen(handleOf(chunk), startChunk))) return this.markLost(chunk);
      await condition(() => this.isClosed(chunk), firstReminderMs);
    }
  }

  private isClosed(chunk: number): boolean {
    return this.state.reports[chunk]?.results !== undefined;
  }

  private accept(report: ChunkReport): void {
    if (!(report.chunk in this.state.reports) || this.isClosed(report.chunk)) return;
    const { results } = report;
    const maxBytes = maxKeptBytes / this.input.chunks;
    this.state.reports[report.chunk] = { ...report, ...(results && { results: limitResults(results, maxBytes) }) };
    this.show();
  }

  /** The chunk has closed. If it did not report its results, somebody terminated it, and nobody knows them. */
  private markLost(chunk: number): void {
    if (this.isClosed(chunk)) return;
    const last = this.state.reports[chunk];
    const { waiting, running, ...known } = last?.counts ?? this.initialCounts(chunk);
    const counts = { ...known, waiting: 0, running: 0, failed: known.failed + waiting + running };
    const lost = { chunk, runId: last?.runId ?? '', counts, attention: null, isIdle: true };
    this.state.reports[chunk] = { ...lost, results: [] };
    this.show();
  }

  private resume(): void {
    for (const chunk of this.openChunks()) {
      if (!this.state.reports[chunk]?.attention) continue;
      void signalIfOpen(handleOf(chunk), retry).catch(ignoreCancellation);
    }
  }

  private status(): BatchStatus {
    const { input, state } = this;
    const attention = state.reports.find((report) => report?.attention)?.attention ?? null;
    const counts = this.counts();
    return {
      batchId: workflowInfo().workflowId,
      runId: workflowInfo().runId,
      state: this.stateOf(counts, attention),
      portal: input.portal,
      people: input.people,
      counts,
      attention,
      startedAt: state.startedAt,
      chunks: state.reports.map((report) => report?.runId ?? null),
    };
  }

  private counts(): Counts {
    const sum = { ...noCounts };
    for (const [chunk, report] of this.state.reports.entries()) {
      const counts = report?.counts ?? this.initialCounts(chunk);
      for (const state of Object.keys(sum) as (keyof Counts)[]) sum[state] += counts[state];
    }
    return sum;
  }

  private initialCounts(chunk: number): Counts {
    return { ...noCounts, waiting: chunkSizeAt(this.input.people, chunk) };
  }

  private stateOf(counts: Counts, attention: Attention | null): OnboardingStatus {
    if (!this.isOver) return attention ? 'needs-attention' : 'running';
    return this.state.isCancelled ? 'cancelled' : stateAtEnd(counts);
  }

  private show(): void {
    const status = this.status();
    setCurrentDetails(describeBatch(status));
    upsertState(status);
  }
}

function handleOf(chunk: number): ReturnType<typeof getExternalWorkflowHandle> {
  return getExternalWorkflowHandle(chunkId(workflowInfo().workflowId, chunk));
}
