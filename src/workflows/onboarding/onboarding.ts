import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  rootCause,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { ShownRole } from '../../domain/roles.js';
import {
  failureTypes,
  type OnboardingInput,
  type OnboardingState,
  type Outcome,
  type PendingAttention,
  type RoleChange,
  type TakeOver,
} from '../../contract/onboarding.js';
import { parseRoleChange } from '../../contract/role-change.js';
import { RoleChangeLog } from '../../contract/role-change-log.js';
import type {
  CreateUserRequest,
  StepName,
  StepRequest,
  StepResult,
  UpdateUserRoleRequest,
} from '../../contract/steps.js';
import { senderOfSignal } from '../interceptors/incoming-signals.js';
import { attentionSummary, findAttention, ignoreCancellation, isCancelled, recheckDelay } from '../steps/attention.js';
import { readInput, type CheckedInput } from './input.js';
import { OnboardingRecord } from './onboarding-record.js';
import { sendPendingMail, type SendActivationMail } from './pending-mail.js';
import { initialState, isLong, isReset, now, resumedState, toAttention } from './state.js';

/** An outcome lists only the last role changes. The history has all of them. */
const maxListedChanges = 20;

/** The input of a step without the members that all steps share. */
type Details<Request extends StepRequest> = () => Omit<Request, keyof StepRequest>;

/** One onboarding: its state, how it runs steps, and how it handles messages. */
export class Onboarding {
  readonly input: CheckedInput;

  private readonly problems: readonly string[];
  private readonly state: OnboardingState;
  private readonly record: OnboardingRecord;
  private readonly roleChanges: RoleChangeLog;
  /** The role that `get` has just read, so the next `updateRole` need not read it again. */
  private lastProfileRole: ShownRole | undefined;
  private isResumed = false;
  private isContinuing = false;
  private isMailPending = false;

  constructor(rawInput: OnboardingInput) {
    ({ input: this.input, problems: this.problems } = readInput(rawInput));
    const { continued, role } = this.input;
    this.state = continued ? resumedState(continued) : initialState(role);
    if (this.input.lookUpBeforeCreate) this.state.notes.create ??= 'unknown';
    this.roleChanges = new RoleChangeLog(this.state, maxListedChanges);
    this.record = new OnboardingRecord(this.input, this.state);
    if (this.input.chunk !== undefined) this.record.chunkReports.add(this.input.chunk);
  }

  /** Fails the run if its input has problems. */
  validate(): void {
    if (this.problems.length > 0)
      throw ApplicationFailure.nonRetryable(this.problems.join('; '), failureTypes.permanent);
  }

  skip(step: StepName): void {
    this.record.step(step, { state: 'skipped' });
  }

  /** Runs a step until it succeeds. If it needs attention, the onboarding waits and then runs the step again. */
  async run<Request extends StepRequest>(
    step: StepName,
    activity: (request: Request) => Promise<StepResult>,
    details?: Details<Request>,
  ): Promise<void> {
    const { state } = this;
    if (step !== 'updateRole' && state.steps[step].state === 'done') return; // by the run that this one continues
    for (;;) {
      const pending = state.pendingAttention;
      const resumed = pending?.step === step && (await this.waitForAttention(pending));
      this.record.step(step, { state: 'running' });
      try {
        const request = { ...this.stepRequest(step, resumed), ...details?.() } as Request;
        this.recordResult(step, await activity(request));
        return;
      } catch (error) {
        this.handleFailure(step, error);
      }
    }
  }

  /** The input of `create`. */
  newAccount(): Omit<CreateUserRequest, keyof StepRequest> {
    const { firstName, lastName, existing, mail } = this.input;
    const { requestedRole } = this.state;
    const { workflowId: onboardingId } = workflowInfo();
    return { onboardingId, firstName, lastName, role: requestedRole, existing, mail };
  }

  /** The input of `updateRole`: the role to apply now, and whether it may lower the role that the portal shows. */
  nextRoleChange(): Omit<UpdateUserRoleRequest, keyof StepRequest> {
    const { hasRoleChange, role, created, roleWindowEndsAt, lastUnclearWriteAt, needsRoleReset } = this.state;
    const { lastProfileRole } = this;
    this.lastProfileRole = undefined;
    return {
      requestedRole: this.roleChanges.startApplying() || (role ?? ''),
      allowDemotion: (created && roleWindowEndsAt === undefined) || hasRoleChange || this.input.allowDemotion,
      ...(lastProfileRole && { lastProfileRole }),
      ...(lastUnclearWriteAt !== undefined && { lastUnclearWriteAt }),
      ...(needsRoleReset && { needsRoleReset }),
    };
  }

  /**
   * Waits until there is a role to apply: the first one at once, then each change while the role window is open.
   *
   * @returns `false` when the role window closes
   */
  async waitForRoleChange(): Promise<boolean> {
    const { state } = this;
    for (;;) {
      await this.continueIfLong();
      if (state.isRolePending) return true;
      if (state.state === 'running') this.record.confirmRole(this.input.roleWindow);
      const remaining = (state.roleWindowEndsAt ?? 0) - Date.now();
      const isDue = (): boolean => state.isRolePending || isLong();
      if (remaining > 0) await condition(isDue, remaining, { summary: 'open for role changes' });
      else if (this.isMailPending) await condition(() => isDue() || !this.isMailPending);
      else return false;
    }
  }

  /** Requests the activation mail after an unclear create. The portal's limit can delay it for hours. */
  sendPendingMail(activity: SendActivationMail): void {
    this.isMailPending = true;
    void sendPendingMail(this.record, () => activity(this.stepRequest('get', false)))
      .catch(ignoreCancellation)
      .finally(() => (this.isMailPending = false));
  }

  async complete(): Promise<Outcome> {
    await condition(() => this.isIdle());
    return this.outcome();
  }

  /** @returns the error to close the run with, once everybody who waits for the outcome has it */
  async fail(error: unknown): Promise<unknown> {
    if (!(error instanceof TemporalFailure)) return error; // the run continues as new, or this is a bug: the task is retried
    const cancelled = isCancelled(error);
    const reason = cancelled ? 'cancelled' : (rootCause(error) ?? 'failed');
    this.record.openStepFailed(reason);
    this.state.attention = null;
    this.record.settle(cancelled ? 'cancelled' : 'failed');
    await CancellationScope.nonCancellable(() => condition(() => this.isIdle()));
    if (cancelled) return new CancelledFailure('cancelled');
    return ApplicationFailure.nonRetryable(reason, failureTypes.onboardingFailed, this.outcome());
  }

  /** The `changeRole` signal. It also resumes an onboarding whose last role change needs attention. */
  requestRole(change: RoleChange): void {
    const isAccepted = this.roleChanges.add(parseRoleChange(change, senderOfSignal(), now()));
    this.record.show();
    if (!isAccepted) return;
    const { state, pendingAttention } = this.state;
    if (pendingAttention?.step === 'updateRole') this.resume();
    else if (state === 'onboarded' || state === 'kept-higher') this.record.settle('running');
  }

  /** The `takeOver` signal of a chunk: raises the role to the one in its file, and rereads the profile in any case. */
  takeOver({ chunk, portal, role, allowDemotion }: TakeOver): void {
    const { record } = this;
    if (portal !== this.input.portal) return record.chunkReports.send(chunk);
    record.chunkReports.add(chunk);
    this.roleChanges.requestAtLeast(role, allowDemotion);
    if (this.state.attention) this.resume();
    else record.settle('running');
  }

  /** The `retry` signal. */
  resume(): void {
    if (!this.state.attention) return;
    this.isResumed = true;
    this.record.settle('running');
  }

  /** The `status` query. */
  outcome(): Outcome {
    return this.record.outcome();
  }

  /** The `untilSettled` update. It also returns if the run is cancelled. */
  async untilSettled(readAgain: boolean): Promise<Outcome> {
    if (readAgain) this.record.checkAgain();
    const isSettled = (): boolean => this.state.state !== 'running';
    await CancellationScope.nonCancellable(() => condition(() => isSettled() || this.isContinuing));
    if (isSettled()) return this.outcome();
    throw ApplicationFailure.nonRetryable('this run continues as new: ask again', failureTypes.continued);
  }

  private stepRequest(step: StepName, resumed: boolean): StepRequest {
    const { userId, notes } = this.state;
    return {
      portal: this.input.portal,
      email: this.input.email,
      ...(userId !== null && { id: userId }),
      ...(notes[step] !== undefined && { resumeFrom: notes[step] }),
      ...(isReset() && { isResetRun: true }),
      ...(resumed && { resumed }),
    };
  }

  private recordResult(step: StepName, result: StepResult): void {
    this.record.stepResult(step, result);
    this.lastProfileRole = step === 'get' ? result.role : undefined;
    if (step === 'updateRole') this.roleChanges.confirm(now(), result.from);
  }

  /** Records why a step needs attention, so the next round waits. Any other failure is rethrown. */
  private handleFailure(step: StepName, error: unknown): void {
    const { state } = this;
    if (!(error instanceof ActivityFailure) || isCancelled(error)) throw error;
    const attention = findAttention(error);
    if (attention) state.notes[step] = attention.resumeFrom;
    if (step === 'updateRole' && this.roleChanges.fail()) {
      delete state.pendingAttention; // the role that failed was superseded
      return;
    }
    if (!attention) throw error;
    const rechecks = (state.pendingAttention?.rechecks ?? -1) + 1;
    state.pendingAttention = { step, details: attention.details, rechecks };
  }

  /**
   * Waits until an operator resumes the onboarding. If the problem concerns everybody at the portal, it also checks
   * again by itself.
   *
   * @returns whether an operator resumed it
   */
  private async waitForAttention({ step, details, rechecks }: PendingAttention): Promise<boolean> {
    const { state } = this;
    this.isResumed = false;
    state.attention ??= toAttention(details);
    this.record.step(step, { state: 'waiting', lastFailure: details.message });
    this.record.settle('needs-attention');
    // Without a recheck, the timer only shows the reason in the timeline of the Web UI.
    const timeout = details.portalWide ? recheckDelay(details, rechecks) : '365d';
    await condition(() => this.isResumed || isLong(), timeout, { summary: attentionSummary(details) });
    if (!this.isResumed) await this.continueIfLong();
    state.attention = null;
    this.record.settle('running');
    return this.isResumed;
  }

  /** Whether everybody who waits for an answer has it. */
  private isIdle(): boolean {
    return allHandlersFinished() && this.record.chunkReports.areSent;
  }

  /** Continues as a new run with the same state before the history reaches the server's limit. No signal is lost. */
  private async continueIfLong(): Promise<void> {
    if (!isLong()) return;
    this.isContinuing = true;
    await condition(() => this.isIdle());
    await continueAsNew<(input: OnboardingInput) => Promise<Outcome>>({ ...this.input, continued: this.state });
  }
}
