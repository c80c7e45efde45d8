import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import { isShownRole } from '../../contract/checks.js';
import {
  failureTypes,
  type Attention,
  type AttentionDetails,
  type OnboardingState,
} from '../../contract/onboarding.js';
import { forEachBasicStep, type StepResult, type StepName } from '../../contract/steps.js';
import { isAbsentOr, isFlag, isObject, isText } from '../../utils/checks.js';

export function initialState(requestedRole: string): OnboardingState {
  return {
    startedAt: workflowInfo().startTime.getTime(),
    state: 'running',
    userId: null,
    role: null,
    created: false,
    mail: 'none',
    attention: null,
    steps: forEachBasicStep(() => ({ state: 'waiting' })),
    notes: {},
    requestedRole,
    isRolePending: true,
    roleBeingApplied: '',
    hasRoleChange: false,
    superseded: [],
    roleChanges: [],
  };
}

/** The state that another run passed on. One from an older version may lack some of today's steps. */
export function resumedState(continued: OnboardingState): OnboardingState {
  return { ...continued, steps: { ...forEachBasicStep(() => ({ state: 'waiting' })), ...continued.steps } };
}

const isStepResult = isObject({
  id: isAbsentOr(isText),
  role: isAbsentOr(isShownRole),
  created: isAbsentOr(isFlag),
});
const stepsThatReadARole = forEachBasicStep(() => true);

/**
 * Updates the state with the result of a step.
 *
 * @throws {ApplicationFailure} if an operator completed the activity with something else
 */
export function recordStepResult(state: OnboardingState, step: StepName, result: StepResult): void {
  const isComplete = isStepResult(result) && (result.role !== undefined || !(step in stepsThatReadARole));
  if (!isComplete) throw completedByHand(step);
  const { id, role, otherName, created, mail, lastUnclearWriteAt, needsRoleReset, from, call } = result;
  state.userId = id ?? state.userId;
  state.role = role ?? state.role;
  state.created = created ?? state.created;
  state.mail = mail ?? state.mail;
  if (lastUnclearWriteAt !== undefined) state.lastUnclearWriteAt = lastUnclearWriteAt;
  if (needsRoleReset) state.needsRoleReset = needsRoleReset;
  if (step === 'updateRole') delete state.needsRoleReset;
  if (step === 'get' || step === 'updateRole') delete state.otherName;
  if (otherName !== undefined) state.otherName = otherName;
  const facts = { ...(from && { from }), ...(role && { role }), ...(call && { call }) };
  state.steps[step] = { state: 'done', ...facts, at: now() };
  delete state.pendingAttention;
  delete state.notes[step];
}

/** The failure after an activity was completed by hand without a usable result. A TypeError would block the run. */
export function completedByHand(step: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `somebody completed ${step} by hand, with a result that it never returns`,
    failureTypes.permanent,
  );
}

export function toAttention({ reason, message, hint }: AttentionDetails): Attention {
  return { reason, message, hint, since: now() };
}

/** Whether the run should continue as new, because its history has many events or bytes. */
export function isLong(): boolean {
  return workflowInfo().continueAsNewSuggested;
}

/** Whether somebody has reset this run. It then repeats everything after the reset point. */
export function isReset(): boolean {
  const { runId, originalExecutionRunId } = workflowInfo();
  return runId !== originalExecutionRunId;
}

/** Workflow time, ISO 8601. */
export function now(): string {
  return new Date().toISOString();
}
