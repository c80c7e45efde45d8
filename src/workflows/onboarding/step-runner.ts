import { ActivityFailure, allHandlersFinished, condition, continueAsNew } from '@temporalio/workflow';
import { isAbove, type ShownRole } from '../../domain/roles.js';
import type { OnboardingInput, OnboardingState, Outcome, PendingAttention } from '../../contract/onboarding.js';
import { Places } from '../../contract/onboarding-places.js';
import { RoleChangeLog } from '../../contract/role-change-log.js';
import type { StepName, StepRequest, StepResult } from '../../contract/steps.js';
import { attentionSummary, findAttention, isCancelled, recheckDelay } from '../steps/attention.js';
import { readInput, type CheckedInput } from './input.js';
import { OnboardingRecord } from './onboarding-record.js';
import { initialState, isLong, isReset, now, resumedState, toAttention } from './state.js';

/** An outcome lists only the last role changes. The history has all of them. */
const maxListedChanges = 20;

/** The input of a step without the members that all steps share. */
type Details<Request extends StepRequest> = () => Omit<Request, keyof StepRequest>;

/** Holds the state of an onboarding, runs its steps, and waits for an operator if one needs attention. */
export class StepRunner {
  readonly input: CheckedInput;
  readonly places: Places;
  protected readonly problems: readonly string[];
  protected readonly state: OnboardingState;
  protected readonly record: OnboardingRecord;
  protected readonly roleChanges: RoleChangeLog;
  /** The role that `get` has just read, so the next `updateRole` need not read it again. */
  protected lastProfileRole: ShownRole | undefined;
  protected isContinuing = false;
  private isResumed = false;

  constructor(rawInput: OnboardingInput) {
    ({ input: this.input, problems: this.problems } = readInput(rawInput));
    const { continued, role, groups: join, rooms: enter, createGroups } = this.input;
    this.state = continued ? resumedState(continued) : initialState(role);
    if (this.input.lookUpBeforeCreate) this.state.notes.create ??= 'unknown';
    this.places = new Places(this.state, this.input);
    if (!continued?.groups && join.length + enter.length > 0) {
      this.places.request({ join, enter, ...(createGroups && { mayCreate: true }) });
    }
    this.roleChanges = new RoleChangeLog(this.state, maxListedChanges);
    this.record = new OnboardingRecord(this.input, this.state);
    if (this.input.chunk !== undefined) this.record.chunkReports.add(this.input.chunk);
  }

  /** Runs a step until it succeeds. If it needs attention, the onboarding waits and then runs the step again. */
  async run<Request extends StepRequest>(
    step: StepName,
    activity: (request: Request) => Promise<StepResult>,
    details: Details<Request>,
  ): Promise<void> {
    const { state } = this;
    if ((step === 'create' || step === 'get') && state.steps[step].state === 'done') return; // by the previous run
    for (;;) {
      const pending = state.pendingAttention;
      const resumed = pending?.step === step && (await this.waitForAttention(pending));
      this.record.step(step, { state: 'running' });
      try {
        const request = { ...this.stepRequest(step, resumed), ...details() } as Request;
        this.recordResult(step, await activity(request));
        return;
      } catch (error) {
        this.handleFailure(step, error);
      }
    }
  }

  /** The `retry` signal. */
  resume(): void {
    if (!this.state.attention) return;
    this.isResumed = true;
    this.record.settle('running');
  }

  /**
   * Waits until an operator resumes the onboarding. If the problem concerns everybody at the portal, it also checks
   * again by itself.
   *
   * @returns whether an operator resumed it
   */
  protected async waitForAttention({ step, details, rechecks }: PendingAttention): Promise<boolean> {
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

  protected stepRequest(step: StepName, resumed: boolean): StepRequest {
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
    if (step === 'updateRole') this.confirmRole(result);
    if (result.found) this.places.recordFound(result.found);
    this.places.recordShown(result);
  }

  private confirmRole({ from, role }: StepResult): void {
    this.roleChanges.confirm(now(), from);
    this.record.roleShown();
    // The portal lowers the access in rooms with the role.
    if (from && role && isAbove(from, role)) this.places.checkAgain();
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

  protected hasAnsweredEverybody(): boolean {
    return allHandlersFinished() && this.record.chunkReports.areSent;
  }

  /** Continues as a new run with the same state before the history reaches the server's limit. No signal is lost. */
  protected async continueIfLong(): Promise<void> {
    if (!isLong()) return;
    this.isContinuing = true;
    await condition(() => this.hasAnsweredEverybody());
    await continueAsNew<(input: OnboardingInput) => Promise<Outcome>>({ ...this.input, continued: this.state });
  }
}
