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

/** The account exists, so the create looks it up and does not wait for a settle window. */
const lookUpFirst = { ...neverTried, posts: 1 };

/** What a chunk knows about a person whom it hands over. */
export interface Known {
  /** Why the person needs attention before any other step. */
  attention?: AttentionDetails;
  /** The note of an unclear create. */
  create?: unknown;
  /** When a write whose answer was lost was last sent. */
  lastUnclearWriteAt?: number;
  /** The type that the create asked for, if the account shows another one. */
  needsRoleReset?: 'Guest' | 'User';
}

/** A person who has started never returns to `waiting`. */
export type ResultChange = Partial<PersonResult> & { state: OnboardingStatus };

export class ChunkPerson {
  readonly onboardingId: string;
  /** The account that the chunk found before any write. */
  found: FoundUser | null = null;
  /** The account that this chunk created. */
  created: CreatedUser | undefined;
  result: PersonResult;
  /** Another run claimed this person, so the chunk hands them over before its next write. */
  isClaimed = false;
  /** Somebody cancelled this person, so the chunk makes no further write. */
  isCancelled = false;
  /** The result once the role is confirmed, while only groups and rooms are missing. */
  roleResult: ResultChange | undefined;
  /** A write for this person is in progress. */
  isBusy = false;
  isHandedOver = false;
  /** The onboarding that takes this person over is open, or was. */
  hasOnboarding = false;
  /** An onboarding that the chunk did not start takes this person over. */
  isTakenOver = false;

  constructor(readonly request: BatchPerson) {
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

  /** Whether an earlier run may have sent a create whose answer nobody knows. */
  get mayHaveBeenPosted(): boolean {
    return this.request.mayHaveBeenPosted === true || this.found?.isUnproven === true;
  }

  get createdBy(): Created | undefined {
    if (this.created) return 'now';
    if (this.found) return this.found.isOurs ? 'earlier' : 'no';
    return undefined;
  }

  /** The initial state of the person's onboarding: the created account, and what is unclear about it. */
  stateFor({ attention, create, lastUnclearWriteAt, needsRoleReset }: Known): OnboardingState {
    const { role, groups = [], rooms = [] } = this.request;
    const state = initialState(role);
    const account = this.created ?? (attention && this.found);
    if (account) recordStepResult(state, 'create', account);
    // `create` is done, so this is the first step that runs.
    const step = groups.length + rooms.length > 0 ? 'findPlaces' : 'get';
    if (attention) state.pendingAttention = { step, details: attention, rechecks: 0 };
    if (create !== undefined) state.notes.create = create;
    else if (this.found && !this.mayHaveBeenPosted) state.notes.create = lookUpFirst;
    if (lastUnclearWriteAt !== undefined) state.lastUnclearWriteAt = lastUnclearWriteAt;
    if (needsRoleReset) state.needsRoleReset = needsRoleReset;
    return state;
  }
}
