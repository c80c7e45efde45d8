import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  rootCause,
  setCurrentDetails,
  setHandler,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { ShownRole } from '../../domain/roles.js';
import { describeOutcome } from '../visibility/details.js';
import type { CheckedInput } from './input.js';
import { toAttention, initialState, isLong, recordStepResult, now } from './state.js';
import {
  changeRole,
  failureTypes,
  retry,
  status,
  untilSettled,
  type OnboardingInput,
  type OnboardingStatus,
  type Outcome,
  type RoleChange,
  type OnboardingState,
  type PendingAttention,
} from '../../contract/onboarding.js';
import { confirmedAfter, countState } from '../visibility/metrics.js';
import { RoleChanges } from './role-changes.js';
import { senderOfSignal } from '../interceptors/incoming-signals.js';
import { findAttention, isCancelled, recheckDelay } from '../steps/attention.js';
import { upsertState } from '../visibility/search-attributes.js';
import type { Again, Traveller } from '../steps/steps.js';
import type { StepResult, StepName, StepStatus, UpdateUserRoleRequest } from '../../contract/steps.js';

/** The state of one onboarding, what its messages do to it, and how a step is taken. */
export class Onboarding implements Traveller {
  readonly identity: { onboardingId: string; startedAt: number };

  private readonly memory: OnboardingState;
  private readonly changes: RoleChanges;
  /** What the step before has just read: good for one use, so that the portal is not asked twice. */
  private justRead: ShownRole | undefined;
  private resumed = false;
  private continuing = false;
  private detailsAreOld = true;

  constructor(private readonly input: CheckedInput) {
    this.memory = input.continued ?? initialState(input.role);
    this.changes = new RoleChanges(this.memory);
    this.identity = { onboardingId: workflowInfo().workflowId, startedAt: this.memory.startedAt };
  }

  listen(): void {
    setHandler(changeRole, (change) => this.takeChange(change), {
      description:
        'Wants another role: "Guest", "User", "RoomAdmin" or "DocSpaceAdmin", with the quotes, ' +
        'or {"role": "User", "reason": "…"}; json/plain.',
    });
    setHandler(retry, () => this.release(), {
      description: 'Goes on from the step at which this onboarding waits for a person. Needs no data.',
    });
    setHandler(status, () => this.outcome(), {
      description: 'What is known of this onboarding. Needs no argument.',
    });
    setHandler(untilSettled, () => this.settled(), {
      description:
        'Returns as soon as this onboarding is onboarded, needs attention, failed or was cancelled. Needs no data.',
    });
    void this.keepDetails();
  }

  /** Ends the run as failed when there is a problem with what it was started with. */
  refuse(problems: readonly string[]): void {
    if (problems.length > 0) throw ApplicationFailure.nonRetryable(problems.join('; '), failureTypes.permanent);
  }

  get requestedRole(): string {
    return this.memory.requestedRole;
  }

  skip(name: StepName): void {
    this.record(name, { state: 'skipped' });
  }

  /** Takes a step, and parks the onboarding for as long as the step needs a person. */
  async step<Finding extends StepResult>(name: StepName, take: (again: Again) => Promise<Finding>): Promise<Finding> {
    const { memory } = this;
    // A run that this one continues may have found the account already.
    const isDone = name !== 'updateRole' && memory.steps[name].state === 'done';
    if (isDone && memory.userId !== null) return { id: memory.userId } as Finding;
    for (;;) {
      const again = memory.pendingAttention?.step === name ? await this.park(memory.pendingAttention) : {};
      this.record(name, { state: 'running' });
      try {
        const finding = await take(again);
        this.learn(name, finding);
        return finding;
      } catch (error) {
        if (name === 'updateRole' && memory.isRolePending && error instanceof ActivityFailure && !isCancelled(error)) {
          this.changes.giveUpApplying();
          delete memory.pendingAttention;
          continue;
        }
        const parking = findAttention(error);
        if (!parking) throw error;
        const { details, resumeFrom } = parking;
        memory.pendingAttention = { step: name, details, rechecks: (memory.pendingAttention?.rechecks ?? -1) + 1 };
        memory.notes[name] = resumeFrom;
      }
    }
  }

  takeRoleChange(): Omit<UpdateUserRoleRequest, 'portal' | 'email' | 'id'> {
    const { created, hasRoleChange, role, lastUnclearWriteAt, needsRoleReset } = this.memory;
    const shown = this.justRead;
    this.justRead = undefined;
    const allowDemotion = created || hasRoleChange || this.input.allowDemotion;
    return {
      requestedRole: this.changes.begin() || (role ?? ''),
      allowDemotion,
      ...(shown && { lastProfileRole: shown }),
      ...(lastUnclearWriteAt !== undefined && { lastUnclearWriteAt }),
      ...(needsRoleReset && { needsRoleReset }),
    };
  }

  /** Whether there is a role to apply, the first one or another, waiting as long as the role window is open. */
  async wantsRole(window: number): Promise<boolean> {
    const { memory } = this;
    for (;;) {
      await this.continueWhereLong();
      if (memory.isRolePending) return true;
      if (memory.state !== 'onboarded') {
        if (memory.roleWindowEndsAt === undefined) confirmedAfter(Date.now() - memory.startedAt);
        memory.roleWindowEndsAt = Date.now() + window;
        this.settle('onboarded');
      }
      const left = (memory.roleWindowEndsAt ?? 0) - Date.now();
      if (window === 0 || left <= 0) return false;
      const isDue = (): boolean => memory.isRolePending || isLong();
      if (!(await condition(isDue, left, { summary: 'open for role changes' }))) return false;
    }
  }

  async closed(): Promise<Outcome> {
    await condition(allHandlersFinished);
    return this.outcome();
  }

  /** The error to close the run with, after those who wait for the outcome have it. */
  async closedBy(error: unknown): Promise<unknown> {
    if (!(error instanceof TemporalFailure)) return error; // it goes on as a new run, or a bug: the task is then retried
    const cancelled = isCancelled(error);
    const reason = cancelled ? 'cancelled' : (rootCause(error) ?? 'failed');
    const reached = (Object.keys(this.memory.steps) as StepName[]).find((name) => this.isOpen(name));
    if (reached) this.record(reached, { state: 'failed', lastFailure: reason });
    this.memory.attention = null;
    this.settle(cancelled ? 'cancelled' : 'failed');
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
    if (cancelled) return new CancelledFailure('cancelled');
    return ApplicationFailure.nonRetryable(reason, failureTypes.onboardingFailed, this.outcome());
  }

  outcome(): Outcome {
    const { state, userId, requestedRole, role, created, mail, steps, attention, superseded, roleChanges } =
      this.memory;
    return {
      email: this.input.email,
      workflowId: this.identity.onboardingId,
      runId: workflowInfo().runId,
      state,
      userId,
      requestedRole: requestedRole || null,
      role,
      created,
      mail,
      portal: this.input.portal,
      steps: copyOf(steps),
      attention,
      superseded: [...superseded],
      roleChanges: roleChanges.map((change) => ({ ...change })),
    };
  }

  private async settled(): Promise<Outcome> {
    const isSettled = (): boolean => this.memory.state !== 'running';
    // A cancelled run settles too, and those who wait are told.
    await CancellationScope.nonCancellable(() => condition(() => isSettled() || this.continuing));
    if (isSettled()) return this.outcome();
    throw ApplicationFailure.nonRetryable('this run goes on as a new one: ask again', failureTypes.continued);
  }

  private takeChange(change: RoleChange): void {
    const parked = this.memory.attention !== null && !this.isOpen('get');
    this.detailsAreOld = true;
    if (!this.changes.take(change, senderOfSignal(), now(), parked)) return;
    if (this.memory.state === 'onboarded') this.settle('running');
    if (parked) this.release();
  }

  private release(): void {
    if (!this.memory.attention) return;
    this.resumed = true;
    this.settle('running');
  }

  /** Waits for a release; where the whole portal is concerned, it also looks again by itself, at growing intervals. */
  private async park({ step, details, rechecks }: PendingAttention): Promise<Again> {
    const { memory } = this;
    this.resumed = false;
    memory.attention ??= toAttention(details);
    this.record(step, { state: 'waiting', lastFailure: details.message });
    this.settle('needs-attention');
    const looksAgain = details.portalWide && recheckDelay(details, rechecks);
    const isDue = (): boolean => this.resumed || isLong();
    if (looksAgain) await condition(isDue, looksAgain, { summary: 'look again whether the portal answers' });
    else await condition(isDue);
    if (!this.resumed) await this.continueWhereLong();
    memory.attention = null;
    this.settle('running');
    return { resumed: this.resumed, ...(step === 'create' && { resumeFrom: memory.notes.create as never }) };
  }

  private learn(name: StepName, finding: StepResult): void {
    recordStepResult(this.memory, name, finding);
    this.justRead = name === 'get' ? finding.role : undefined;
    if (name === 'updateRole') this.changes.confirm(now(), finding.from);
    this.show();
  }

  /** Goes on as a new run that knows the same, before the history reaches the server's limit: no signal is lost. */
  private async continueWhereLong(): Promise<void> {
    if (!isLong()) return;
    this.continuing = true;
    await condition(allHandlersFinished);
    await continueAsNew<(input: OnboardingInput) => Promise<Outcome>>({ ...this.input, continued: this.memory });
  }

  private isOpen(name: StepName): boolean {
    const { state } = this.memory.steps[name];
    return state === 'waiting' || state === 'running';
  }

  private record(name: StepName, step: StepStatus): void {
    this.memory.steps[name] = { ...step, at: now() };
    this.show();
  }

  private settle(state: OnboardingStatus): void {
    if (this.memory.state !== state) countState(state, this.memory.attention?.reason);
    this.memory.state = state;
    this.show();
  }

  /** Keeps what the Web UI shows of the run as it is: details and search attributes. */
  private show(): void {
    this.detailsAreOld = true;
    upsertState(this.memory.state, this.memory.attention);
  }

  /** Once for all that an activation brings: a flood of signals must not cost a text each. */
  private async keepDetails(): Promise<void> {
    for (;;) {
      await CancellationScope.nonCancellable(() => condition(() => this.detailsAreOld));
      this.detailsAreOld = false;
      setCurrentDetails(describeOutcome(this.outcome()));
    }
  }
}

function copyOf<Steps extends Record<string, StepStatus>>(steps: Steps): Steps {
  return Object.fromEntries(Object.entries(steps).map(([name, step]) => [name, { ...step }])) as Steps;
}
