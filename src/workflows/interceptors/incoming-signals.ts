import { defaultPayloadConverter } from '@temporalio/common';
import type { ActivateInput, WorkflowInterceptors } from '@temporalio/workflow';
import { changeRole, retry } from '../../contract/onboarding.js';
import { replaceUnreadablePayloads } from './readable-payloads.js';
import { parseRoleChange } from '../../contract/role-change.js';

/** What is done with signals before their handlers see them. The bundle reads it, once for each workflow. */

type Job = NonNullable<ActivateInput['activation']['jobs']>[number];
type Signal = NonNullable<Job['signalWorkflow']>;

/** So many signals of a name reach their handler at once: more than an outcome lists. */
const mostAtOnce = 50;

let sender = '';

/**
 * The identity of the client whose signal is being handled: the history has it, and the SDK does not hand it over. The
 * signals of a name are handled in the order in which they came, also those that came before there was a handler.
 */
export const senderOfSignal = (): string => sender;

export function interceptors(): WorkflowInterceptors {
  const senders = new Map<string, string[]>();
  return {
    internals: [
      {
        activate(input, next) {
          const jobs = withoutOvertaken(input.activation.jobs ?? []);
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
          return next(input);
        },
      },
    ],
  };
}

/**
 * Leaves out what a flood of signals makes meaningless. For each promise of a workflow the SDK takes a stack trace, and a
 * handler makes several: thousands of signals in one activation overran its time limit of 5 s, which aborts the whole
 * worker on Node 20. Of role changes the last ones decide, and the last that names a role; `retry` says one thing only.
 */
export function withoutOvertaken(jobs: Job[]): Job[] {
  const overtaken = new Set<Signal>();
  for (const name of [changeRole.name, retry.name]) {
    const signals = signalsIn(jobs).filter(({ signalName }) => signalName === name);
    const early = signals.slice(0, -mostAtOnce);
    const late = signals.slice(-mostAtOnce);
    const decides = late.some(namesRole) ? undefined : early.findLast(namesRole);
    for (const signal of early) if (signal !== decides) overtaken.add(signal);
  }
  if (overtaken.size === 0) return jobs;
  return jobs.filter(({ signalWorkflow: signal }) => !signal || !overtaken.has(signal));
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
