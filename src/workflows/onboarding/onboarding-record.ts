import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { OnboardingState, OnboardingStatus, Outcome } from '../../contract/onboarding.js';
import { steps as allSteps, type StepName, type StepResult, type StepStatus } from '../../contract/steps.js';
import { isAbove, parseRole } from '../../domain/roles.js';
import { describeOutcome } from '../visibility/details.js';
import { confirmedAfter, countState } from '../visibility/metrics.js';
import { upsertState } from '../visibility/search-attributes.js';
import { ChunkReports } from './chunk-reports.js';
import { now, recordStepResult } from './state.js';

/** Changes the state of an onboarding, and keeps the Web UI, visibility, the metrics and chunks in step with it. */
export class OnboardingRecord {
  readonly chunkReports: ChunkReports;

  constructor(
    private readonly person: { email: string; portal: string },
    readonly state: OnboardingState,
  ) {
    this.chunkReports = new ChunkReports((state.chunks ??= []), () => this.outcome());
    setCurrentDetails(describeOutcome(this.outcome()));
  }

  step(step: StepName, status: StepStatus): void {
    this.state.steps[step] = { ...status, at: now() };
    this.show();
  }

  stepResult(step: StepName, result: StepResult): void {
    recordStepResult(this.state, step, result);
    this.show();
  }

  /** Marks the running step, or the next one, as failed, unless a step has already failed. */
  openStepFailed(lastFailure: string): void {
    if (Object.values(this.state.steps).some(({ state }) => state === 'failed')) return;
    const open = allSteps.find(({ name }) => isOpen(this.state.steps[name]));
    if (open) this.step(open.name, { state: 'failed', lastFailure });
  }

  /** The portal shows the requested role, or a higher one that is kept. Groups and rooms may still be missing. */
  roleShown(): void {
    const { state } = this;
    if (state.roleWindowEndsAt !== undefined) return;
    confirmedAfter(Date.now() - state.startedAt);
    state.roleWindowEndsAt = Date.now();
  }

  /** The portal shows the role and all places. The role window opens again. */
  confirm(roleWindowMs: number): void {
    const { state } = this;
    state.roleWindowEndsAt = Date.now() + roleWindowMs;
    const requested = parseRole(state.requestedRole);
    const isKept = requested !== undefined && state.role !== null && isAbove(state.role, requested);
    this.settle(isKept ? 'kept-higher' : 'onboarded');
  }

  settle(state: OnboardingStatus): void {
    if (this.state.state !== state) countState(state, this.state.attention?.reason);
    this.state.state = state;
    if (state !== 'running') this.chunkReports.sendToAll();
    this.show();
  }

  /**
   * Reads the portal again if the role was confirmed and its window is open. This never lowers a role.
   *
   * @returns whether it does
   */
  checkAgain(): boolean {
    const { state } = this;
    const isConfirmed = state.state === 'onboarded' || state.state === 'kept-higher';
    if (!isConfirmed || (state.roleWindowEndsAt ?? 0) <= Date.now()) return false;
    Object.assign(state, { isRolePending: true, hasRoleChange: false });
    this.settle('running');
    return true;
  }

  /** Updates the details, even if the state is the same. */
  show(): void {
    setCurrentDetails(describeOutcome(this.outcome()));
    upsertState({ ...this.state, portal: this.person.portal });
  }

  outcome(): Outcome {
    const { email, portal } = this.person;
    const { workflowId, runId } = workflowInfo();
    const { state } = this;
    return {
      email,
      workflowId,
      runId,
      state: state.state,
      userId: state.userId,
      requestedRole: state.requestedRole || null,
      role: state.role,
      ...(state.otherName !== undefined && { otherName: state.otherName }),
      created: state.created,
      mail: state.mail,
      portal,
      steps: { ...state.steps },
      ...(state.groups && { groups: state.groups.map((group) => ({ ...group })) }),
      ...(state.rooms && { rooms: state.rooms.map((room) => ({ ...room })) }),
      attention: state.attention,
      superseded: [...state.superseded],
      roleChanges: state.roleChanges.map((change) => ({ ...change })),
    };
  }
}

function isOpen(status: StepStatus | undefined): boolean {
  return status?.state === 'waiting' || status?.state === 'running';
}
