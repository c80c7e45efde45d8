import { chunkProgress, handOver, personSettled } from '../../contract/batch.js';
import { isRole, isWorkflowId } from '../../contract/checks.js';
import { takeOver } from '../../contract/onboarding.js';
import { isAbsentOr, isAbsentOrTexts, isFlag, isListOf, isObject, isText, type Check } from '../../utils/checks.js';
import { isChunkReport, isSettledPerson } from '../batch/input.js';

/**
 * The payloads of signals that only our own workflows and commands send. Anybody can send them, with anything, and a
 * TypeError in a handler would block the run.
 */
const checks: Record<string, Check> = {
  [takeOver.name]: isObject({
    chunk: isWorkflowId,
    portal: isText,
    firstName: isAbsentOr(isText),
    lastName: isAbsentOr(isText),
    role: isRole,
    allowDemotion: isFlag,
    groups: isAbsentOrTexts,
    rooms: isAbsentOrTexts,
    exactGroups: isAbsentOr(isFlag),
    createGroups: isAbsentOr(isFlag),
    isReminder: isAbsentOr(isFlag),
  }),
  [personSettled.name]: isSettledPerson,
  [chunkProgress.name]: isChunkReport,
  [handOver.name]: isListOf(isText),
};

export function hasExpectedPayload(signalName: string, [payload]: readonly unknown[]): boolean {
  return checks[signalName]?.(payload) ?? true;
}
