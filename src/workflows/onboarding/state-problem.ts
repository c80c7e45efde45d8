import { attentionMembers, isAttention, isRole, isShownRole, isWorkflowId } from '../../contract/checks.js';
import type { OnboardingState } from '../../contract/onboarding.js';
import { steps } from '../../contract/steps.js';
import { accesses } from '../../domain/room-access.js';
import {
  isAbsentOr,
  isAbsentOrTexts,
  isEither,
  isFlag,
  isListOf,
  isNullOr,
  isNumber,
  isObject,
  isOneOf,
  isText,
  wrongMember,
  type Check,
} from '../../utils/checks.js';

const forEachStep = (check: () => Check): Record<string, Check> =>
  Object.fromEntries(steps.map(({ name }) => [name, check()]));

const isRoleOrEmpty = isEither(isOneOf(['']), isRole);
const isTime = isEither(isNumber, isOneOf(['this attempt']));
const isNote = isEither(
  isOneOf(['unknown']),
  isObject({ attempt: isNumber, posts: isNumber, lastPostAt: isNullOr(isTime) }),
  isObject({ attempt: isNumber, failedJobs: isNumber, unclear: isNullOr(isObject({ at: isTime })) }),
);

const isPlaceProblem = isAbsentOr(isObject(attentionMembers));

/** Runtime checks for the types in the contract. */
const members: Record<keyof OnboardingState, Check> = {
  startedAt: isNumber,
  state: isOneOf(['running', 'onboarded', 'kept-higher', 'needs-attention']),
  userId: isNullOr(isText),
  role: isNullOr(isShownRole),
  otherName: isAbsentOr(isText),
  created: isFlag,
  mail: isOneOf(['sent', 'resent', 'pending', 'none']),
  attention: isNullOr(isAttention),
  steps: isObject(
    forEachStep(() =>
      isAbsentOr(
        isObject({ state: isOneOf(['waiting', 'running', 'done', 'skipped']), role: isAbsentOr(isShownRole) }),
      ),
    ),
  ),
  notes: isObject(forEachStep(() => isAbsentOr(isNote))),
  pendingAttention: isAbsentOr(
    isObject({
      step: isOneOf(steps.map(({ name }) => name)),
      details: isObject({ ...attentionMembers, portalWide: isAbsentOr(isFlag), recheckAfterMs: isAbsentOr(isNumber) }),
      rechecks: isNumber,
    }),
  ),
  groups: isAbsentOr(
    isListOf(
      isObject({
        id: isText,
        name: isText,
        state: isOneOf(['waiting', 'leaving', 'joined', 'left', 'failed', 'refused']),
        problem: isPlaceProblem,
      }),
    ),
  ),
  rooms: isAbsentOr(
    isListOf(
      isObject({
        id: isText,
        title: isText,
        access: isOneOf(accesses),
        state: isOneOf(['waiting', 'entered', 'kept-higher', 'failed', 'refused']),
        problem: isPlaceProblem,
      }),
    ),
  ),
  placeRequests: isAbsentOr(
    isListOf(
      isObject({
        join: isAbsentOrTexts,
        leave: isAbsentOrTexts,
        enter: isAbsentOrTexts,
        isExact: isAbsentOr(isFlag),
        mayCreate: isAbsentOr(isFlag),
      }),
    ),
  ),
  chunks: isAbsentOr(isListOf(isWorkflowId)),
  roleWindowEndsAt: isAbsentOr(isNumber),
  lastUnclearWriteAt: isAbsentOr(isNumber),
  needsRoleReset: isAbsentOr(isOneOf(['Guest', 'User'])),
  requestedRole: isRoleOrEmpty,
  isRolePending: isFlag,
  roleBeingApplied: isRoleOrEmpty,
  hasRoleChange: isFlag,
  superseded: isListOf(isText),
  roleChanges: isListOf(
    isObject({
      role: isText,
      by: isText,
      at: isText,
      state: isOneOf(['waiting', 'applying', 'applied', 'superseded', 'refused']),
      from: isAbsentOr(isShownRole),
      confirmedAt: isAbsentOr(isText),
      message: isAbsentOr(isText),
      reason: isAbsentOr(isText),
    }),
  ),
};

/** The problem with the state that a run continues from. A hand-written state can be anything. */
export function stateProblem(state: unknown): string | undefined {
  const leaveOut = 'leave continued out, because only a run that continues as new sets it';
  if (typeof state !== 'object' || state === null) return `continued is not the state of an onboarding: ${leaveOut}`;
  const wrong = wrongMember(state, members);
  return wrong === undefined ? undefined : `continued.${wrong} is not what a run passes to the next one: ${leaveOut}`;
}
