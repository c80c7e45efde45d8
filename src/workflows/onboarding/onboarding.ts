import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  rootCause,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import { failureTypes, type Outcome, type RoleChange, type TakeOver } from '../../contract/onboarding.js';
import { parsePlaceChange, type PlaceChange, type PlaceNames } from '../../contract/places.js';
import { compareNames, fullName } from '../../domain/person-name.js';
import { parseRoleChange } from '../../contract/role-change.js';
import type {
  CreateUserRequest,
  StepName,
  StepRequest,
  StepResult,
  UpdateUserRoleRequest,
} from '../../contract/steps.js';
import { isAbove, parseRole } from '../../domain/roles.js';
import { senderOfSignal } from '../interceptors/incoming-signals.js';
import { createMissingGroups } from '../groups/create-missing-groups.js';
import { ignoreCancellation, isCancelled } from '../steps/attention.js';
import { sendPendingMail, type SendActivationMail } from './pending-mail.js';
import { StepRunner } from './step-runner.js';
import { isLong, now } from './state.js';

type FindPlacesStep = StepRequest & PlaceNames;
type FindPlaces = (request: FindPlacesStep) => Promise<StepResult>;

/** One onboarding: what it requests, and how it handles messages. */
export class Onboarding extends StepRunner {
  private isMailPending = false;

  /** Fails the run if its input has problems. */
  validate(): void {
    if (this.problems.length > 0)
      throw ApplicationFailure.nonRetryable(this.problems.join('; '), failureTypes.permanent);
  }

  skip(step: StepName): void {
    this.record.step(step, { state: 'skipped' });
  }

  /**
   * Looks up the requested groups and rooms, and creates missing groups if that was requested. If one cannot be used, a
   * new onboarding fails before any write, and a signal is refused.
   */
  async findPlaces(activity: FindPlaces): Promise<void> {
    if (!this.places.areRequested) return;
    await this.run<FindPlacesStep>(
      'findPlaces',
      (request) => this.findOrCreate(activity, request),
      () => this.places.startLookUp(),
    );
    const { refusals } = this.places;
    if (refusals.length === 0 || this.state.steps.get.state !== 'waiting') return;
    this.record.step('findPlaces', { state: 'failed', lastFailure: refusals.join('; ') });
    throw ApplicationFailure.nonRetryable(refusals.join('; '), failureTypes.permanent);
  }

  private async findOrCreate(activity: FindPlaces, request: FindPlacesStep): Promise<StepResult> {
    const result = await activity(request);
    const { groupsToCreate } = this.places;
    if (groupsToCreate.size === 0 || !result?.found) return result;
    return { ...result, found: await createMissingGroups(request.portal, result.found, groupsToCreate) };
  }

  /** The input of `create`. */
  newAccount(): Omit<CreateUserRequest, keyof StepRequest> {
    const { firstName, lastName, existing, mail } = this.input;
    const { requestedRole } = this.state;
    const { workflowId: onboardingId } = workflowInfo();
    return { onboardingId, firstName, lastName, role: requestedRole, existing, mail };
  }

  /** The part of a step's input that names the person. A run that only changes a role does not know the name. */
  requestedName(): { firstName?: string; lastName?: string } {
    const { firstName, lastName, roleOnly } = this.input;
    return roleOnly ? {} : { firstName, lastName };
  }

  /** The input of `updateRole`: the role to apply now, and whether it may lower the role that the portal shows. */
  nextRoleChange(): Omit<UpdateUserRoleRequest, keyof StepRequest> {
    const { hasRoleChange, created, roleWindowEndsAt, lastUnclearWriteAt, needsRoleReset } = this.state;
    const { lastProfileRole } = this;
    this.lastProfileRole = undefined;
    const isFirst = roleWindowEndsAt === undefined; // later, only a change may lower what somebody raised at the portal
    const mayLowerUnasked = isFirst && (this.input.allowDemotion || (created && this.mayBeHalfMade()));
    return {
      ...this.requestedName(),
      requestedRole: this.roleChanges.startApplying(),
      allowDemotion: hasRoleChange || mayLowerUnasked,
      ...(lastProfileRole && { lastProfileRole }),
      ...(lastUnclearWriteAt !== undefined && { lastUnclearWriteAt }),
      ...(needsRoleReset && { needsRoleReset }),
    };
  }

  /**
   * Whether the create may have left too high a role. `get` then showed it, but never DocSpaceAdmin. Somebody has raised
   * an account that shows a higher role only later.
   */
  private mayBeHalfMade(): boolean {
    const { steps, requestedRole } = this.state;
    const { role } = steps.get;
    const requested = parseRole(requestedRole);
    return role !== undefined && role !== 'DocSpaceAdmin' && requested !== undefined && isAbove(role, requested);
  }

  get isRolePending(): boolean {
    return this.state.isRolePending;
  }

  /**
   * Waits until there is a role to apply or a place to reach: the requested ones at once, then each change while the
   * role window is open. If a place failed, it waits for an operator first.
   *
   * @returns `false` when the role window has closed and everybody who waits for an answer has it
   */
  async waitForChange(): Promise<boolean> {
    const { state } = this;
    for (;;) {
      await this.continueIfLong();
      if (state.isRolePending || this.places.arePending) return true;
      const { failure } = this.places;
      if (failure) {
        await this.waitForAttention((state.pendingAttention = { ...failure, rechecks: 0 }));
        delete state.pendingAttention;
        this.places.retryFailed();
        continue;
      }
      if (state.state === 'running') this.record.confirm(this.input.roleWindow);
      const remaining = (state.roleWindowEndsAt ?? 0) - Date.now();
      const isDue = (): boolean => state.isRolePending || this.places.arePending || isLong();
      if (remaining > 0) await condition(isDue, remaining, { summary: 'open for role changes' });
      else if (!this.canClose()) await condition(() => isDue() || this.canClose());
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

  private canClose(): boolean {
    return !this.isMailPending && this.hasAnsweredEverybody();
  }

  /** @returns the error to close the run with, once everybody who waits for the outcome has it */
  async fail(error: unknown): Promise<unknown> {
    if (!(error instanceof TemporalFailure)) return error; // the run continues as new, or this is a bug: the task is retried
    const cancelled = isCancelled(error);
    const reason = cancelled ? 'cancelled' : (rootCause(error) ?? 'failed');
    this.record.openStepFailed(reason);
    this.state.attention = null;
    this.record.settle(cancelled ? 'cancelled' : 'failed');
    await CancellationScope.nonCancellable(() => condition(() => this.hasAnsweredEverybody()));
    if (cancelled) return new CancelledFailure('cancelled');
    return ApplicationFailure.nonRetryable(reason, failureTypes.onboardingFailed, this.outcome());
  }

  /** The `changeRole` signal. It also resumes an onboarding whose last role change needs attention. */
  requestRole(change: RoleChange): void {
    const isAccepted = this.roleChanges.add(parseRoleChange(change, senderOfSignal(), now(), this.places.guestProblem));
    this.record.show();
    if (isAccepted) this.continueWithChange();
  }

  /** The `changePlaces` signal. It may also lower an access, because its sender asks for exactly that access. */
  requestPlaces(change: PlaceChange): void {
    this.places.request({ ...parsePlaceChange(change), mayLower: true });
    this.record.show();
    this.continueWithChange();
  }

  private continueWithChange(): void {
    const { state, pendingAttention } = this.state;
    const { step } = pendingAttention ?? {};
    if (step === 'updateRole' || step === 'joinGroups' || step === 'enterRooms') this.resume();
    else if (state === 'onboarded' || state === 'kept-higher') this.record.settle('running');
  }

  /** The `takeOver` signal of a chunk: raises the role to the one in its file, and rereads the profile in any case. */
  takeOver(request: TakeOver): void {
    const { chunk, portal, role, allowDemotion, isReminder } = request;
    const { record } = this;
    const { state, attention } = this.state;
    const isEnding = state === 'failed' || state === 'cancelled';
    // A role change may have superseded the request meanwhile.
    const isRepeated = isReminder === true && record.chunkReports.has(chunk);
    if (isRepeated && state === 'running') return;
    if (isRepeated || isEnding || portal !== this.input.portal) return record.chunkReports.send(chunk);
    if (this.isOtherPerson(request)) {
      const message = `an onboarding of this e-mail for ${fullName(this.input)} is open; correct the name or the e-mail in the file, or cancel that onboarding`;
      return record.chunkReports.send(chunk, { state: 'failed', message });
    }
    record.chunkReports.add(chunk);
    this.roleChanges.requestAtLeast(role, allowDemotion);
    this.addPlaces(request);
    if (attention?.reason === 'conflict')
      record.chunkReports.send(chunk); // only an operator may accept the account
    else if (attention) this.resume();
    else record.settle('running');
  }

  /** Whether a file names somebody else, and the account does not have that name either. */
  private isOtherPerson({ firstName, lastName }: TakeOver): boolean {
    if (this.input.roleOnly || firstName === undefined || lastName === undefined) return false;
    const inFile = { firstName, lastName };
    return compareNames(inFile, this.input) === 'conflict' && this.state.otherName !== fullName(inFile);
  }

  private addPlaces({ groups: join = [], rooms: enter = [], exactGroups, createGroups }: TakeOver): void {
    if (join.length + enter.length === 0) return;
    const isExact = exactGroups === true && join.length > 0;
    this.places.request({ join, enter, ...(isExact && { isExact }), ...(createGroups && { mayCreate: true }) });
  }

  /** The `status` query. */
  outcome(): Outcome {
    return this.record.outcome();
  }

  /** The `untilSettled` update. It also returns if the run is cancelled. */
  async untilSettled(readAgain: boolean): Promise<Outcome> {
    if (readAgain && this.record.checkAgain()) this.places.checkAgain();
    const isSettled = (): boolean => this.state.state !== 'running';
    await CancellationScope.nonCancellable(() => condition(() => isSettled() || this.isContinuing));
    if (isSettled()) return this.outcome();
    throw ApplicationFailure.nonRetryable('this run continues as new: ask again', failureTypes.continued);
  }
}
