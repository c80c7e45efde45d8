import { chunkSize, noCounts, type BatchInput, type ChunkInput } from '../../contract/batch.js';
import { isAttention, isShownRole, isWorkflowId } from '../../contract/checks.js';
import { emailProblem, normalizeEmail } from '../../domain/email.js';
import {
  isAbsentOr,
  isAbsentOrTexts,
  isFlag,
  isListOf,
  isNullOr,
  isNumber,
  isObject,
  isOneOf,
  isText,
  type Check,
} from '../../utils/checks.js';
import { assertMembers, refusedInput } from '../input-checks.js';

/** The limit for the rows of a file. */
const maxPeople = 100_000;

const isWhole: Check = (value) => Number.isInteger(value) && (value as number) >= 0;

const isCounts = isObject(Object.fromEntries(Object.keys(noCounts).map((state) => [state, isNumber])));
const isResult = isObject({
  state: isOneOf(Object.keys(noCounts)),
  role: isAbsentOr(isShownRole),
  places: isListOf(isWhole),
  emails: isAbsentOrTexts,
  userIds: isAbsentOrTexts,
});

/** What a chunk reports to its batch. */
export const isChunkReport = isObject({
  chunk: isWhole,
  runId: isText,
  counts: isCounts,
  attention: isNullOr(isAttention),
  isIdle: isFlag,
  results: isAbsentOr(isListOf(isResult)),
});

/** What an onboarding reports to the chunk that handed the person over. */
export const isSettledPerson = isObject({
  email: isText,
  portal: isText,
  state: isOneOf(Object.keys(noCounts)),
  userId: isNullOr(isText),
  role: isNullOr(isShownRole),
  otherName: isAbsentOr(isText),
  created: isFlag,
  message: isAbsentOr(isText),
  groups: isAbsentOr(isListOf(isObject({ name: isText, state: isText }))),
  rooms: isAbsentOr(isListOf(isObject({ title: isText, state: isText }))),
});

const batchMembers = {
  portal: isText,
  people: (value: unknown) => isWhole(value) && (value as number) <= maxPeople,
  continued: isAbsentOr(
    isObject({ startedAt: isText, isCancelled: isFlag, reports: isListOf(isNullOr(isChunkReport)) }),
  ),
};

const isPerson = isObject({
  email: (value) => typeof value === 'string' && normalizeEmail(value) === value && emailProblem(value) === undefined,
  firstName: isText,
  lastName: isText,
  role: isText,
  groups: isAbsentOrTexts,
  rooms: isAbsentOrTexts,
  onboardingId: isAbsentOr(isWorkflowId),
  mayHaveBeenPosted: isAbsentOr(isOneOf([true])),
});

const chunkMembers = {
  portal: isText,
  batch: isWorkflowId,
  chunk: isWhole,
  people: (value: unknown) => isListOf(isPerson)(value) && hasNoRepeats(value as ChunkInput['people']),
  options: isObject({
    existing: isOneOf(['fail', 'adopt']),
    mail: isFlag,
    allowDemotion: isAbsentOr(isFlag),
    exactGroups: isAbsentOr(isFlag),
    createGroups: isAbsentOr(isFlag),
  }),
};

function hasNoRepeats(people: ChunkInput['people']): boolean {
  return people.length <= chunkSize && new Set(people.map(({ email }) => email)).size === people.length;
}

const source = '`import` sends; start an import with that command';

/** @throws {ApplicationFailure} */
export function assertBatchInput(input: BatchInput): void {
  assertMembers(input, batchMembers, source);
  const chunks = Math.ceil(input.people / chunkSize);
  const isRight = input.chunks === chunks && (input.continued?.reports.length ?? chunks) === chunks;
  if (!isRight) throw refusedInput('chunks', source);
}

/** @throws {ApplicationFailure} */
export function assertChunkInput(input: ChunkInput): void {
  assertMembers(input, chunkMembers, source);
}
