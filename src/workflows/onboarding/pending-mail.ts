import { ActivityFailure, condition, rootCause, sleep } from '@temporalio/workflow';
import type { SendActivationMailRequest } from '../../contract/steps.js';
import { findAttention, isCancelled, recheckDelay } from '../steps/attention.js';
import type { OnboardingRecord } from './onboarding-record.js';

export type SendActivationMail = (request: SendActivationMailRequest) => Promise<void>;

/**
 * After an unclear create, requests the activation mail once the role is confirmed. It runs in parallel with the role
 * window, because the portal's limit can delay the mail for hours. If the portal refuses, the mail stays `pending`
 * and the step `create` shows why.
 */
export async function sendPendingMail(record: OnboardingRecord, send: () => Promise<void>): Promise<void> {
  const { state } = record;
  await condition(() => state.mail !== 'pending' || state.steps.updateRole.state === 'done');
  for (let rechecks = 0; state.mail === 'pending'; rechecks++) {
    try {
      await send();
      state.mail = 'resent';
      record.show();
    } catch (error) {
      if (!(error instanceof ActivityFailure) || isCancelled(error)) throw error;
      const details = findAttention(error)?.details;
      if (!details?.portalWide) {
        const lastFailure = `the activation mail was not sent: ${rootCause(error) ?? 'no reason given'}`;
        record.step('create', { ...state.steps.create, lastFailure });
        return;
      }
      await sleep(recheckDelay(details, rechecks), { summary: 'request the activation mail again' });
    }
  }
}
