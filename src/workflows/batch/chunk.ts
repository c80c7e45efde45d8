import {
  type ActivityFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  chunkProgress,
  chunkStatus,
  groupSize,
  handOver,
  noCounts,
  personSettled,
  startChunk,
  untilHandedOver,
  type ChunkInput,
  type ChunkOutcome,
  type ChunkReport,
  type Counts,
} from '../../contract/batch.js';
import { compactResults } from '../../contract/kept-results.js';
import { retry, type Attention, type AttentionDetails } from '../../contract/onboarding.js';
import { isListOf, isText } from '../../utils/checks.js';
import { inParts } from '../../utils/in-parts.js';
import { completedByHand, isReset, toAttention } from '../onboarding/state.js';
import { signalIfOpen } from '../signal-if-open.js';
import { findAttention, recheckDelay } from '../steps/attention.js';
import { describeChunk } from '../visibility/batch-details.js';
import { confirmedAfter, countState } from '../visibility/metrics.js';
import { upsertState } from '../visibility/search-attributes.js';
import { ChunkPerson, type ResultChange } from './chunk-person.js';
import { ChunkPlaces, type CallOptions, type ResumeContext } from './chunk-places.js';
import { HandOvers } from './hand-overs.js';

/** How often a chunk that has not been started checks whether its batch is still open. */
const batchCheckInterval = '1h';

/** The state of one chunk: the result of each person, and whether the portal refuses everybody. */
export class Chunk {
  readonly people: ChunkPerson[];
  readonly handOvers: HandOvers;
  readonly places = new ChunkPlaces(this);
  readonly startedAt = workflowInfo().startTime.getTime();
  private readonly counts: Counts;
  private isStarted = false;
  private isIdle = false;
  private isClosed = false;
  private attention: Attention | null = null;
  private isResumed = false;
  private rechecks = 0;

  constructor(readonly input: ChunkInput) {
    this.people = input.people.map((person) => new ChunkPerson(person));
    this.counts = { ...noCounts, waiting: input.people.length };
    this.handOvers = new HandOvers(input, this.people, (person, change) => this.record(person, change));
  }

  registerHandlers(): void {
    setHandler(startChunk, () => void (this.isStarted = true), { description: 'The batch starts this chunk.' });
    setHandler(retry, () => void (this.isResumed = true), {
      description: 'Resumes a chunk that waits for the portal. Needs no data.',
    });
    setHandler(handOver, (emails, isCancelling) => this.handOvers.claim(emails, isCancelling), {
      description: 'Hands people over to their own onboardings, or cancels them. Needs a list of e-mails.',
    });
    setHandler(untilHandedOver, (emails, isCancelling) => this.handOvers.claim(emails, isCancelling), {
      validator: assertEmails,
      description: 'The same. Returns once the chunk will not write to their accounts again.',
    });
    setHandler(personSettled, (person) => this.handOvers.settle(person), {
      description: 'An onboarding reports the result of a person whom this chunk handed over.',
    });
    setHandler(chunkStatus, () => this.outcome(), {
      description: 'Returns the result of each person. Needs no argument.',
    });
    this.show();
  }

  /**
   * Waits until the batch starts this chunk. If somebody terminated the batch, it waits up to an hour until the same
   * file is imported again.
   *
   * @returns `false` if there is no batch, or it was cancelled
   */
  async untilStarted(): Promise<boolean> {
    try {
      while (!this.isStarted) {
        await condition(() => this.isStarted, batchCheckInterval, { summary: 'wait for the batch' });
        if (!this.isStarted && !(await this.reportProgress())) return false;
      }
      return true;
    } catch (error) {
      if (isCancellation(error)) return false;
      throw error;
    }
  }

  get isCancelled(): boolean {
    return CancellationScope.current().consideredCancelled;
  }

  /** The people in groups that are looked up and raised together. */
  groups(): ChunkPerson[][] {
    return inParts(this.people, groupSize);
  }

  record(person: ChunkPerson, change: ResultChange): void {
    const { result } = person;
    if (result.state !== change.state && change.state !== 'running' && !person.isHandedOver) countState(change.state);
    if (change.state === 'onboarded' && !person.isHandedOver) confirmedAfter(Date.now() - this.startedAt);
    this.counts[result.state]--;
    this.counts[change.state]++;
    const { createdBy: created } = person;
    person.result = { ...result, ...(created && { created }), ...change };
  }

  /**
   * Calls an activity. If the portal refuses everybody, the chunk pauses and then calls it again.
   */
  async call<Result>(
    activity: (context: ResumeContext) => Promise<Result>,
    { concernsEverybody = () => true, setPaused = () => undefined }: CallOptions = {},
  ): Promise<Result> {
    const ofRun: ResumeContext = isReset() ? { isResetRun: true } : {};
    let context = ofRun;
    for (;;) {
      if (this.attention) {
        setPaused(true, context);
        await condition(() => this.attention === null);
        // What was read before the pause may be outdated. A reset run reads it again in any case.
        if (!isReset()) context = { resumeFrom: { attempt: 0 }, ...context };
      }
      setPaused(false, context);
      try {
        const result = await activity(context);
        if (typeof result !== 'object' || result === null) throw completedByHand('an activity');
        this.rechecks = 0;
        return result;
      } catch (error) {
        const found = findAttention(error);
        if (!found || !concernsEverybody(found.details, error as ActivityFailure)) throw error;
        context = { ...ofRun, resumeFrom: found.resumeFrom };
        setPaused(true, context);
        context = { ...context, resumed: await this.pause(found.details) };
      }
    }
  }

  /** @returns whether the batch is open and got the report */
  async reportProgress(): Promise<boolean> {
    this.show();
    const batch = getExternalWorkflowHandle(this.input.batch);
    const isSent = await CancellationScope.nonCancellable(() => signalIfOpen(batch, chunkProgress, this.report()));
    if (!isSent) this.isStarted = false;
    return isSent;
  }

  /** Waits for the people whom the chunk handed over, and reports everybody's result. */
  async complete(): Promise<ChunkOutcome> {
    if (this.handOvers.areOpen && !this.isCancelled) {
      this.isIdle = true;
      await this.reportProgress();
    }
    await this.handOvers.untilSettled();
    const wasCancelled = this.isCancelled;
    return CancellationScope.nonCancellable(async () => {
      // A later import then finds out what this chunk had sent.
      if (wasCancelled) upsertState({ state: 'cancelled', attention: null, portal: this.input.portal });
      for (const person of this.people) if (person.isOpen) this.record(person, { state: 'cancelled' });
      this.isClosed = true;
      await condition(allHandlersFinished);
      await this.reportProgress();
      return this.outcome();
    });
  }

  /** @returns whether an operator resumed the chunk */
  private async pause(details: AttentionDetails): Promise<boolean> {
    if (this.attention) {
      await condition(() => this.attention === null);
      return this.isResumed;
    }
    this.attention = toAttention(details);
    this.isResumed = false;
    await this.reportProgress();
    const delay = recheckDelay(details, this.rechecks++);
    await condition(() => this.isResumed, delay, { summary: 'check again whether the portal answers' });
    this.attention = null;
    await this.reportProgress();
    return this.isResumed;
  }

  private outcome(): ChunkOutcome {
    return { ...this.report(), people: this.people.map(({ result }) => result) };
  }

  private report(): ChunkReport {
    const { attention, counts, isIdle, isClosed, people, input } = this;
    return {
      chunk: input.chunk,
      runId: workflowInfo().runId,
      counts: { ...counts },
      attention: attention && { ...attention },
      isIdle,
      ...(isClosed && { results: compactResults(people.map(({ result }) => result)) }),
    };
  }

  private show(): void {
    setCurrentDetails(describeChunk(this.report()));
  }
}

/** Refuses an update that was sent by hand with anything else. A TypeError in its handler would block the run. */
function assertEmails(emails: unknown, _isCancelling?: unknown): void {
  if (!isListOf(isText)(emails)) throw new TypeError('this update needs a list of e-mails');
}
