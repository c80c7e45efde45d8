import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  rootCause,
  setCurrentDetails,
  setHandler,
  TemporalFailure,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { parseRole, unknownRole, type ShownRole } from '../docspace/roles.js';
import { noReason, onboardingReasonKey, onboardingStateKey } from './attributes.js';
import { describeOutcome } from './details.js';
import type { CheckedInput } from './input.js';
import {
  changeRole,
  failureTypes,
  retry,
  status,
  untilSettled,
  type Attention,
  type AttentionFound,
  type OnboardingState,
  type Outcome,
  type RoleChange,
  type StepName,
  type StepStatus,
} from './messages.js';
import { attentionIn, isCancelled } from './step-failures.js';

/** What a step found out; an outcome is made of nothing else. */
export interface StepFinding {
  id?: string;
  role?: ShownRole;
  created?: boolean;
  from?: ShownRole;
  by?: string;
}

/** What a step is told when it is taken again: that a person released it, and what it knew when it parked. */
interface Again {
  released?: boolean;
  carried?: never;
}

/** Milliseconds between two looks at a portal that refuses everybody; doubled each time. */
const shortestLook = 60_000;
const longestLook = 3_600_000;

/** An outcome stays small however many changes came; the whole story is in the history. */
const supersededLimit = 20;

/** The state of one onboarding, what its messages do to it, and how a step is taken. */
export class Onboarding {
  /** What marks an account as made by this onboarding, and since when it could have been. */
  readonly identity = { onboardingId: workflowInfo().workflowId, began: workflowInfo().startTime.getTime() };
  requestedRole: string;

  private state: OnboardingState = 'running';
  private userId: string | null = null;
  private role: ShownRole | null = null;
  private created = false;
  private attention: Attention | null = null;
  private readonly superseded: string[] = [];
  private readonly steps: Record<StepName, StepStatus> = {
    create: { state: 'waiting' },
    get: { state: 'waiting' },
    updateRole: { state: 'waiting' },
  };

  /** What the step before has just read: good for one use, so that the portal is not asked twice. */
  private justRead: ShownRole | undefined;
  private changePending = true;
  /** The role that updateRole works on, where another one is wanted by now. */
  private applying = '';
  /** Whether somebody asked for another role: that may be a lower one. */
  private changed = false;
  private released = false;
  private refused: string | null = null;
  private readonly attributes = workflowInfo().typedSearchAttributes;
  private upserted: { state: OnboardingState; reason: string } = { state: 'running', reason: noReason };

  constructor(private readonly input: CheckedInput) {
    this.requestedRole = input.role;
  }

  listen(): void {
    setHandler(changeRole, (change) => this.takeRequest(change), {
      description: 'Wants another role: "Guest", "User", "RoomAdmin" or "DocSpaceAdmin", or {"role": …, "reason": …}.',
    });
    setHandler(retry, () => this.release(), {
      description: 'Goes on from the step at which this onboarding waits for a person.',
    });
    setHandler(status, () => this.outcome(), {
      description: 'What is known of this onboarding.',
    });
    setHandler(untilSettled, () => this.settled(), {
      description: 'Returns as soon as this onboarding is onboarded, needs attention, failed or was cancelled.',
    });
    this.show();
  }

  /** Ends the run as failed when there is a problem with what it was started with. */
  refuse(problems: readonly string[]): void {
    if (problems.length > 0) throw ApplicationFailure.nonRetryable(problems.join('; '), failureTypes.givenUp);
  }

  skip(name: StepName): void {
    this.record(name, { state: 'skipped' });
  }

  /** Takes a step, and parks the onboarding for as long as the step needs a person. */
  async step<Finding extends StepFinding>(name: StepName, take: (again: Again) => Promise<Finding>): Promise<Finding> {
    let again: Again = {};
    for (let parked = 0; ; parked++) {
      this.record(name, { state: 'running' });
      try {
        const finding = await take(again);
        this.userId = finding.id ?? this.userId;
        this.role = finding.role ?? this.role;
        this.created = finding.created ?? this.created;
        this.justRead = name === 'get' ? finding.role : undefined;
        const { from, role, by } = finding;
        this.record(name, { state: 'done', ...(from && { from }), ...(role && { role }), ...(by && { by }) });
        return finding;
      } catch (error) {
        // What failed is not wanted any more: the change that came meanwhile is applied next.
        if (name === 'updateRole' && this.changePending && error instanceof ActivityFailure && !isCancelled(error)) {
          this.supersede(this.applying);
          continue;
        }
        const found = attentionIn(error);
        if (!found) throw error;
        const released = await this.park(name, found.attention, parked);
        again = { released, ...(name === 'create' && { carried: found.carried as never }) };
      }
    }
  }

  /** The role to apply now, with the one the portal showed just before where a step has read it. */
  takeRoleChange(): { requested: string; shown?: ShownRole; mayLower: boolean } {
    const shown = this.justRead;
    this.justRead = undefined;
    this.changePending = false;
    this.applying = this.requestedRole;
    const mayLower = this.created || this.changed || this.input.allowDemotion;
    return { requested: this.requestedRole || (this.role ?? ''), mayLower, ...(shown && { shown }) };
  }

  /** Whether another role was asked for, waiting as long as the role window is open. */
  async roleChangedWithin(window: number): Promise<boolean> {
    if (this.changePending) return true;
    this.settle('onboarded');
    if (window === 0) return false;
    return condition(() => this.changePending, window, { summary: 'open for role changes' });
  }

  async closed(): Promise<Outcome> {
    await condition(allHandlersFinished);
    return this.outcome();
  }

  /** The error to close the run with, after those who wait for the outcome have it. */
  async closedBy(error: unknown): Promise<unknown> {
    if (!(error instanceof TemporalFailure)) return error; // a bug: the workflow task is retried until it is mended
    const cancelled = isCancelled(error);
    const reason = cancelled ? 'cancelled' : (rootCause(error) ?? 'failed');
    const reached = (Object.keys(this.steps) as StepName[]).find((name) => this.isOpen(name));
    if (reached) this.record(reached, { state: 'failed', lastFailure: reason });
    this.attention = null;
    this.settle(cancelled ? 'cancelled' : 'failed');
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
    if (cancelled) return new CancelledFailure('cancelled');
    return ApplicationFailure.nonRetryable(reason, failureTypes.onboardingFailed, this.outcome());
  }

  outcome(): Outcome {
    const { email, portal } = this.input;
    return {
      email,
      workflowId: this.identity.onboardingId,
      runId: workflowInfo().runId,
      state: this.state,
      userId: this.userId,
      requestedRole: this.requestedRole || null,
      role: this.role,
      created: this.created,
      portal,
      steps: structuredCopy(this.steps),
      attention: this.attention,
      superseded: [...this.superseded],
    };
  }

  private async settled(): Promise<Outcome> {
    // A cancelled run settles too, and those who wait are told.
    await CancellationScope.nonCancellable(() => condition(() => this.state !== 'running'));
    return this.outcome();
  }

  private takeRequest(change: RoleChange): void {
    const word: unknown = typeof change === 'object' && change !== null ? change.role : change;
    if (typeof word !== 'string' || !parseRole(word)) {
      this.refused = unknownRole(typeof word === 'string' ? word : typeof word);
      this.show();
      return;
    }
    const parkedInUpdate = this.attention !== null && !this.isOpen('get');
    const overtakes = (this.changePending || parkedInUpdate) && parseRole(word) !== parseRole(this.requestedRole);
    if (overtakes && this.requestedRole) this.supersede(this.requestedRole);
    this.requestedRole = word;
    this.changed = true;
    this.changePending = true;
    if (this.state === 'onboarded') this.settle('running');
    if (parkedInUpdate) this.release();
  }

  private supersede(role: string): void {
    this.superseded.push(role);
    if (this.superseded.length > supersededLimit) this.superseded.shift();
  }

  private release(): void {
    if (!this.attention) return;
    this.released = true;
    this.settle('running');
  }

  /** Waits for a release; where the whole portal is concerned, it also looks again by itself, at growing intervals. */
  private async park(name: StepName, found: AttentionFound, parked: number): Promise<boolean> {
    const { portalWide, ...attention } = found;
    this.released = false;
    this.attention = { ...attention, since: now() };
    this.record(name, { state: 'waiting', lastFailure: attention.message });
    this.settle('needs-attention');
    if (portalWide) {
      const delay = Math.min(shortestLook * 2 ** parked, longestLook);
      await condition(() => this.released, delay, { summary: 'look again whether the portal answers' });
    } else await condition(() => this.released);
    this.attention = null;
    this.settle('running');
    return this.released;
  }

  private isOpen(name: StepName): boolean {
    return this.steps[name].state === 'waiting' || this.steps[name].state === 'running';
  }

  private record(name: StepName, step: StepStatus): void {
    this.steps[name] = { ...step, at: now() };
    this.show();
  }

  private settle(state: OnboardingState): void {
    this.state = state;
    this.show();
  }

  /** Keeps what the Web UI shows of the run as it is: details, and the search attributes that its start carried. */
  private show(): void {
    setCurrentDetails(describeOutcome(this.outcome(), this.refused));
    const reason = this.attention?.reason ?? noReason;
    if (this.upserted.state !== this.state && this.attributes.get(onboardingStateKey) !== undefined) {
      upsertSearchAttributes([{ key: onboardingStateKey, value: this.state }]);
      this.upserted.state = this.state;
    }
    if (this.upserted.reason !== reason && this.attributes.get(onboardingReasonKey) !== undefined) {
      upsertSearchAttributes([{ key: onboardingReasonKey, value: reason }]);
      this.upserted.reason = reason;
    }
  }
}

function now(): string {
  return new Date().toISOString();
}

function structuredCopy<Steps extends Record<string, StepStatus>>(steps: Steps): Steps {
  return Object.fromEntries(Object.entries(steps).map(([name, step]) => [name, { ...step }])) as Steps;
}
