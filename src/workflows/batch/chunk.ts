import {
  allHandlersFinished,
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { describePart } from '../visibility/batch-details.js';
import {
  begin,
  noCounts,
  chunkStatus,
  report,
  type Counts,
  type ChunkInput,
  type ChunkOutcome,
  type ChunkReport,
  type PersonResult,
} from '../../contract/batch.js';
import { toAttention } from '../onboarding/state.js';
import { recheckDelay } from '../steps/attention.js';
import { retry, type Attention, type AttentionDetails } from '../../contract/onboarding.js';

/** Milliseconds a part waits for its batch: a starter that was killed before it started one begins again with the same. */
const patience = 3_600_000;

/** A part tells its batch each time so many of its people are over. */
const reportEvery = 30;

/** The state of one part: what became of each person, and whether everybody waits for the portal. */
export class Chunk {
  readonly startedAt = workflowInfo().startTime.getTime();
  private readonly results: PersonResult[];
  private readonly counts: Counts;
  private hasBegun = false;
  private isOver = false;
  private batchIsGone = false;
  private attention: Attention | null = null;
  private resumed = false;
  private looked = 0;
  /** How many steps have ended well: where none has, it is the portal, and not the person. */
  progress = 0;

  constructor(readonly input: ChunkInput) {
    this.results = input.people.map(({ email }) => ({ email, state: 'waiting' }));
    this.counts = { ...noCounts, waiting: input.people.length };
  }

  listen(): void {
    setHandler(begin, () => void (this.hasBegun = true), { description: 'The batch begins with this part.' });
    setHandler(retry, () => this.release(), { description: 'Goes on where everybody waits for the portal.' });
    setHandler(chunkStatus, () => this.outcome(), { description: 'What became of each person of this part.' });
    this.show();
  }

  /** Whether the batch begins with this part, or not. */
  async begins(): Promise<boolean> {
    const waiting = condition(() => this.hasBegun, patience, { summary: 'wait for the batch to begin' });
    return waiting.catch(() => false);
  }

  /** Whether nobody else of this part is to be begun with. */
  get stops(): boolean {
    return this.batchIsGone || CancellationScope.current().consideredCancelled;
  }

  record(index: number, result: Omit<PersonResult, 'email'>): void {
    const before = this.results[index];
    if (!before) return;
    this.counts[before.state]--;
    this.counts[result.state]++;
    this.results[index] = { email: before.email, ...result };
  }

  /** A step has ended well: the portal answers. */
  advance(): void {
    this.progress++;
    this.looked = 0;
  }

  /** Whether so many are over that the batch is told. */
  get isReportDue(): boolean {
    const { waiting, running } = this.counts;
    return (this.results.length - waiting - running) % reportEvery === 0;
  }

  /** Whether everybody waits for the portal. Asked first: the SDK takes a stack trace for every promise. */
  get isPausing(): boolean {
    return this.attention !== null;
  }

  /** Resolves when nobody waits for the portal. */
  async goes(): Promise<void> {
    await condition(() => this.attention === null);
  }

  /**
   * Pauses everybody: the portal refuses them all. The first one looks again, at growing intervals; the others wait.
   *
   * @returns whether a person released it
   */
  async pause(found: AttentionDetails): Promise<boolean> {
    if (this.attention) {
      await this.goes();
      return this.resumed;
    }
    this.attention = toAttention(found);
    this.resumed = false;
    await this.tell();
    const delay = recheckDelay(found, this.looked++);
    await condition(() => this.resumed, delay, { summary: 'look again whether the portal answers' });
    this.attention = null;
    await this.tell();
    return this.resumed;
  }

  /** Tells the batch how far this part is. */
  async tell(): Promise<void> {
    this.show();
    if (this.batchIsGone) return;
    try {
      await getExternalWorkflowHandle(this.input.batch).signal(report, this.reportNow());
    } catch (error) {
      // Somebody has terminated it: nobody counts on this part any more, and nothing else is begun.
      if (!isCancellation(error)) this.batchIsGone = true;
    }
  }

  /** Tells the batch, also where the part was cancelled, and answers what became of everybody. */
  async closed(): Promise<ChunkOutcome> {
    return CancellationScope.nonCancellable(async () => {
      this.isOver = true;
      for (const [index, { state }] of this.results.entries()) {
        if (state === 'waiting') this.record(index, { state: 'cancelled' });
      }
      await this.tell();
      await condition(allHandlersFinished);
      return this.outcome();
    });
  }

  private outcome(): ChunkOutcome {
    return { ...this.reportNow(), people: this.results };
  }

  private reportNow(): ChunkReport {
    const { attention, counts, isOver } = this;
    return {
      part: this.input.part,
      runId: workflowInfo().runId,
      counts: { ...counts },
      attention: attention && { ...attention },
      closed: isOver,
    };
  }

  private release(): void {
    this.resumed = true;
  }

  private show(): void {
    setCurrentDetails(describePart(this.outcome()));
  }
}
