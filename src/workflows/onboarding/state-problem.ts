import { attentionReasons } from '../../contract/attention-reasons.js';
import type { OnboardingState } from '../../contract/onboarding.js';
import { forEachStep, steps } from '../../contract/steps.js';
import { parseRole, roles } from '../../domain/roles.js';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const isOneOf =
  (values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const isEither =
  (...checks: Check[]): Check =>
  (value) =>
    checks.some((check) => check(value));
const isAbsentOr = (check: Check): Check => isEither(isOneOf([undefined]), check);
const isNullOr = (check: Check): Check => isEither(isOneOf([null]), check);
const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const isObject =
  (members: Record<string, Check>): Check =>
  (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && wrongMember(value, members) === undefined;

function wrongMember(value: object, members: Record<string, Check>): string | undefined {
  return Object.entries(members).find(([name, check]) => !check((value as Record<string, unknown>)[name]))?.[0];
}

const isShownRole = isOneOf([...roles, 'Owner']);
const isRoleOrEmpty: Check = (value) => value === '' || (typeof value === 'string' && parseRole(value) !== undefined);
const attention = { reason: isOneOf(attentionReasons), message: isText, hint: isText };

/** Runtime checks for the types in the contract. */
const members: Record<keyof OnboardingState, Check> = {
  startedAt: isNumber,
  state: isOneOf(['running', 'onboarded', 'kept-higher', 'needs-attention']),
  userId: isNullOr(isText),
  role: isNullOr(isShownRole),
  created: isFlag,
  mail: isOneOf(['sent', 'resent', 'pending', 'none']),
  attention: isNullOr(isObject({ ...attention, since: isText })),
  steps: isObject(
    forEachStep(() =>
      isAbsentOr(
        isObject({ state: isOneOf(['waiting', 'running', 'done', 'skipped']), role: isAbsentOr(isShownRole) }),
      ),
    ),
  ),
  notes: isObject({}),
  pendingAttention: isAbsentOr(
    isObject({
      step: isOneOf(steps.map(({ name }) => name)),
      details: isObject({ ...attention, portalWide: isAbsentOr(isFlag), recheckAfterMs: isAbsentOr(isNumber) }),
      rechecks: isNumber,
    }),
  ),
  chunks: isAbsentOr(isListOf(isText)),
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
