import { metricMeter } from '@temporalio/workflow';
import type { OnboardingStatus } from '../../contract/onboarding.js';

/** The worker's metrics about onboardings. A replay does not count them again. */

export function countState(state: OnboardingStatus, reason?: string): void {
  metricMeter.createCounter('docspace_onboardings', undefined, 'Onboardings that reached a state').add(1, { state });
  if (reason === undefined) return;
  metricMeter
    .createCounter('docspace_onboardings_needing_attention', undefined, 'Onboardings that began to need attention')
    .add(1, { reason });
}

/** @param durationMs from the start until a profile that was read back showed the role */
export function confirmedAfter(durationMs: number): void {
  metricMeter
    .createHistogram(
      'docspace_onboarding_confirmed',
      'float',
      'seconds',
      'Time until the portal showed the requested role',
    )
    .record(Math.max(durationMs, 0) / 1_000);
}
