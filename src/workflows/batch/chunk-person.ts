import type { BatchPerson, Created, PersonResult } from '../../contract/batch.js';
import {
  onboardingId,
  type AttentionDetails,
  type OnboardingState,
  type OnboardingStatus,
} from '../../contract/onboarding.js';
import { neverTried } from '../../domain/create-rule.js';
import type { CreatedUser, FoundUser } from '../../contract/steps.js';
import { initialState, recordStepResult } from '../onboarding/state.js';

/** The account exists: the create looks it up, and does not wait for a settle window. */
const lookUpFirst = { ...neverTried, posts: 1 };

/** What a chunk passes on with a person whom it cannot onboard itself. */
export interface Known {
  /** Why the person needs attention before anything else. */
  attention?: AttentionDetails;
  /** The note of a create that is unclear. */
  create?: unknown;
  /** When a write whose answer was lost was last sent. */
  lastUnclearWriteAt?: number;
  /** The type that the account was created with, if it shows another one. */
  needsRoleReset?: 'Guest' | 'User';
}

/** A person who has started never waits again. */
export type ResultChange = Partial<PersonResult> & { state: OnboardingStatus };

/** One person of a chunk. */
export class ChunkPerson {
  readonly onboardingId: string;
  /** The account as the chunk looked it up, before any write. */
  found: FoundUser | null = null;
  /** The account that this chunk created. */
  created: CreatedUser | undefined;
  result: PersonResult;
  /** Somebody asked for this person: the chunk hands them over before its next write. */
  isClaimed = false;
  /** A write for this person is under way. */
  isBusy = false;
  isHandedOver = false;

  constructor(
    readonly place: number,
    readonly request: BatchPerson,
  ) {
    const { email, onboardingId: id = onboardingId(email) } = request;
    this.onboardingId = id;
    this.result = { email, state: 'waiting' };
  }

  /** Whether the chunk still works on this person. */
  get isOpen(): boolean {
    return !this.isHandedOver && (this.result.state === 'waiting' || this.result.state === 'running');
  }

  /** Whether the chunk may still write to this person's account. */
  get mayBeWritten(): boolean {
    return this.isBusy || this.isOpen;
  }

  /** Who created the account. */
  get createdBy(): Created | undefined {
    if (this.created) return 'now';
    if (this.found) return this.found.isOurs ? 'earlier' : 'no';
    return undefined;
  }

  /** What the onboarding starts with: the created account, and what is unclear about it. */
  stateFor({ attention, create, lastUnclearWriteAt, needsRoleReset }: Known): OnboardingState {
    const state = initialState(this.request.role);
    const account = this.created ?? (attention && this.found);
    if (account) recordStepResult(state, 'create', account);
    if (attention) state.pendingAttention = { step: 'get', details: attention, rechecks: 0 };
    if (create !== undefined) state.notes.create = create;
    else if (this.found && !this.request.mayHaveBeenPosted) state.notes.create = lookUpFirst;
    if (lastUnclearWriteAt !== undefined) state.lastUnclearWriteAt = lastUnclearWriteAt;
    if (needsRoleReset) state.needsRoleReset = needsRoleReset;
    return state;
  }
}
