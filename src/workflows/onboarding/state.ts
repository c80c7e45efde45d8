import { workflowInfo } from '@temporalio/workflow';
import type { Attention, AttentionDetails, OnboardingState } from '../../contract/onboarding.js';
import { forEachStep, type StepResult, type StepName } from '../../contract/steps.js';

/** What is known at the start. */
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

/** Keeps what a step found out. */
export function recordStepResult(
  memory: OnboardingState,
  name: StepName,
  { id, role, created, mail, lastUnclearWriteAt, needsRoleReset, from, call }: StepResult,
): void {
  memory.userId = id ?? memory.userId;
  memory.role = role ?? memory.role;
  memory.created = created ?? memory.created;
  memory.mail = mail ?? memory.mail;
  if (lastUnclearWriteAt !== undefined) memory.lastUnclearWriteAt = lastUnclearWriteAt;
  if (needsRoleReset) memory.needsRoleReset = true;
  if (name === 'updateRole') delete memory.needsRoleReset;
  memory.steps[name] = {
    state: 'done',
    ...(from && { from }),
    ...(role && { role }),
    ...(call && { call }),
    at: now(),
  };
  delete memory.pendingAttention;
  delete memory.notes[name];
}

/** What an activity found, from now on. */
export function toAttention({ reason, message, hint }: AttentionDetails): Attention {
  return { reason, message, hint, since: now() };
}

/** Whether a run should go on as a new one, by the server's own count of events and bytes. */
export function isLong(): boolean {
  return workflowInfo().continueAsNewSuggested;
}

/** The time that the history has, ISO 8601. */
export function now(): string {
  return new Date().toISOString();
}
