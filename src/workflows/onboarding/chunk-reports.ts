import { CancellationScope, getExternalWorkflowHandle } from '@temporalio/workflow';
import { personSettled, type SettledPerson } from '../../contract/batch.js';
import type { Outcome } from '../../contract/onboarding.js';
import { pickPlaces } from '../../contract/places.js';
import { failureIn } from '../../contract/steps.js';
import { signalIfOpen } from '../signal-if-open.js';

/** Reports how the onboarding settles to the chunks that handed this person over. */
export class ChunkReports {
  private unsent = 0;

  /** @param chunks workflow ids; a chunk that has closed is removed */
  constructor(
    private readonly chunks: string[],
    private readonly outcome: () => Outcome,
  ) {}

  has(chunk: string): boolean {
    return this.chunks.includes(chunk);
  }

  add(chunk: string): void {
    if (!this.has(chunk)) this.chunks.push(chunk);
  }

  sendToAll(): void {
    for (const chunk of this.chunks) this.send(chunk);
  }

  /** @param change what the chunk gets instead of the values of the outcome */
  send(chunk: string, change: Partial<SettledPerson> = {}): void {
    const person = { ...settledPerson(this.outcome()), ...change };
    this.unsent++;
    const handle = getExternalWorkflowHandle(chunk);
    void CancellationScope.nonCancellable(() => signalIfOpen(handle, personSettled, person))
      .then((isSent) => isSent || this.remove(chunk))
      .finally(() => this.unsent--);
  }

  /** A run waits for this before it closes. */
  get areSent(): boolean {
    return this.unsent === 0;
  }

  private remove(chunk: string): void {
    const index = this.chunks.indexOf(chunk);
    if (index >= 0) this.chunks.splice(index, 1);
  }
}

function settledPerson(outcome: Outcome): SettledPerson {
  const { email, portal, state, userId, role, otherName, created, attention, steps } = outcome;
  const message = attention ? `${attention.message}. ${attention.hint}` : (failureIn(steps) ?? '');
  const name = otherName === undefined ? {} : { otherName };
  return { email, portal, state, userId, role, ...name, created, message, ...pickPlaces(outcome) };
}
