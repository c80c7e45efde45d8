import { defaultPayloadConverter } from '@temporalio/common';
import { log, type ActivateInput, type WorkflowInterceptors } from '@temporalio/workflow';
import { changeRole, retry } from '../../contract/onboarding.js';
import { parseRoleChange } from '../../contract/role-change.js';
import { replaceUnreadablePayloads } from './sanitize-payloads.js';
import { hasExpectedPayload } from './signal-checks.js';

/** Interceptors that see signals before their handlers do. The bundle loads them once per workflow. */

type Job = NonNullable<ActivateInput['activation']['jobs']>[number];
type Signal = NonNullable<Job['signalWorkflow']>;

/** How many signals of one name reach their handler in one activation: more than an outcome lists. */
const maxPerActivation = 50;

let sender = '';

/**
 * The identity of the client whose signal is being handled. The history has it, but the SDK does not pass it on.
 * Signals of one name are handled in their order of arrival, even if they arrived before their handler was set.
 */
export const senderOfSignal = (): string => sender;

export function interceptors(): WorkflowInterceptors {
  const senders = new Map<string, string[]>();
  return {
    internals: [
      {
        activate(input, next) {
          const jobs = dropSupersededSignals(input.activation.jobs ?? []);
          replaceUnreadablePayloads(jobs);
          for (const { signalName, identity } of signalsIn(jobs)) {
            const name = signalName ?? '';
            senders.set(name, [...(senders.get(name) ?? []), identity ?? '']);
          }
          next({ ...input, activation: { ...input.activation, jobs } });
        },
      },
    ],
    inbound: [
      {
        handleSignal(input, next) {
          sender = senders.get(input.signalName)?.shift() ?? '';
          if (hasExpectedPayload(input.signalName, input.args)) return next(input);
          log.warn('ignored a signal with an unexpected payload', { signalName: input.signalName });
          return Promise.resolve();
        },
      },
    ],
  };
}

/**
 * Drops the signals that a flood of later ones makes meaningless. Of role changes, it keeps the last ones, and always the
 * last one that names a role. All `retry` signals mean the same. The SDK takes a stack trace for each promise of a
 * workflow, and a handler makes several: thousands of signals in one activation exceeded its time limit of 5 s, which
 * aborts the whole worker on Node 20.
 */
export function dropSupersededSignals(jobs: Job[]): Job[] {
  const superseded = new Set<Signal>();
  for (const name of [changeRole.name, retry.name]) {
    const signals = signalsIn(jobs).filter(({ signalName }) => signalName === name);
    const early = signals.slice(0, -maxPerActivation);
    const late = signals.slice(-maxPerActivation);
    const deciding = late.some(namesRole) ? undefined : early.findLast(namesRole);
    for (const signal of early) if (signal !== deciding) superseded.add(signal);
  }
  if (superseded.size === 0) return jobs;
  return jobs.filter(({ signalWorkflow: signal }) => !signal || !superseded.has(signal));
}

function signalsIn(jobs: readonly Job[]): Signal[] {
  return jobs.flatMap(({ signalWorkflow }) => signalWorkflow ?? []);
}

function namesRole({ input }: Signal): boolean {
  const [payload] = input ?? [];
  if (!payload) return false;
  try {
    return parseRoleChange(defaultPayloadConverter.fromPayload(payload), '', '').state !== 'refused';
  } catch {
    return false;
  }
}
