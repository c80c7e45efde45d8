import { workflowInfo } from '@temporalio/workflow';
import type { Attention, AttentionFound, OnboardingState } from '../../contract/onboarding.js';
import type { StepResult, StepName } from '../../contract/steps.js';

/** What is known at the start. */
export function initialState(requestedRole: string): OnboardingState {
  return {
    startedAt: workflowInfo().startTime.getTime(),
    state: 'running',
    userId: null,
    role: null,
    created: false,
    attention: null,
    steps: { create: { state: 'waiting' }, get: { state: 'waiting' }, updateRole: { state: 'waiting' } },
    requestedRole,
    changePending: true,
    applying: '',
    changed: false,
    superseded: [],
    changes: [],
  };
}

/** Keeps what a step found out. */
export function recordStepResult(
  memory: OnboardingState,
  name: StepName,
  { id, role, created, from, by }: StepResult,
): void {
  memory.userId = id ?? memory.userId;
  memory.role = role ?? memory.role;
  memory.created = created ?? memory.created;
  memory.steps[name] = { state: 'done', ...(from && { from }), ...(role && { role }), ...(by && { by }), at: now() };
  delete memory.pendingAttention;
}

/** What an activity found, from now on. */
export function toAttention({ reason, message, hint }: AttentionFound): Attention {
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
