import { workflowInfo } from '@temporalio/workflow';
import type { Attention, AttentionDetails, OnboardingState } from '../../contract/onboarding.js';
import { forEachStep, type StepResult, type StepName } from '../../contract/steps.js';

/** The state of an onboarding that has just begun. */
export function initialState(requestedRole: string): OnboardingState {
  return {
    startedAt: workflowInfo().startTime.getTime(),
    state: 'running',
    userId: null,
    role: null,
    created: false,
    mail: 'none',
    attention: null,
    steps: forEachStep(() => ({ state: 'waiting' })),
    notes: {},
    requestedRole,
    isRolePending: true,
    roleBeingApplied: '',
    hasRoleChange: false,
    superseded: [],
    roleChanges: [],
  };
}

/** The state that another run passed on. An older version may not have known all of today's steps. */
export function resumedState(continued: OnboardingState): OnboardingState {
  return { ...continued, steps: { ...forEachStep(() => ({ state: 'waiting' })), ...continued.steps } };
}

/** Updates the state with what a step found out. */
export function recordStepResult(
  state: OnboardingState,
  step: StepName,
  { id, role, created, mail, lastUnclearWriteAt, needsRoleReset, from, call }: StepResult,
): void {
  state.userId = id ?? state.userId;
  state.role = role ?? state.role;
  state.created = created ?? state.created;
  state.mail = mail ?? state.mail;
  if (lastUnclearWriteAt !== undefined) state.lastUnclearWriteAt = lastUnclearWriteAt;
  if (needsRoleReset) state.needsRoleReset = needsRoleReset;
  if (step === 'updateRole') delete state.needsRoleReset;
  const facts = { ...(from && { from }), ...(role && { role }), ...(call && { call }) };
  state.steps[step] = { state: 'done', ...facts, at: now() };
  delete state.pendingAttention;
  delete state.notes[step];
}

export function toAttention({ reason, message, hint }: AttentionDetails): Attention {
  return { reason, message, hint, since: now() };
}

/** Whether the run should continue as new, because the server counts many events or bytes in its history. */
export function isLong(): boolean {
  return workflowInfo().continueAsNewSuggested;
}

/** Whether somebody has reset this run: it then repeats what came after the point of the reset. */
export function isReset(): boolean {
  const { runId, originalExecutionRunId } = workflowInfo();
  return runId !== originalExecutionRunId;
}

/** The time of the workflow, ISO 8601. */
export function now(): string {
  return new Date().toISOString();
}
