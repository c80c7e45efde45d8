import { metricMeter } from '@temporalio/workflow';
import type { OnboardingStatus } from '../../contract/onboarding.js';

/** What the worker's metrics say of people: counted once, and not again when a history is replayed. */

export function countState(state: OnboardingStatus, reason?: string): void {
  metricMeter
    .createCounter('docspace_onboardings', undefined, 'Onboardings by the state they came to')
    .add(1, { state });
  if (reason === undefined) return;
  metricMeter
    .createCounter('docspace_onboardings_needing_attention', undefined, 'Onboardings that wait for a person')
    .add(1, { reason });
}

/** @param duration milliseconds from the begin until the portal, read back, showed the role */
export function confirmedAfter(duration: number): void {
  const histogram = metricMeter.createHistogram(
    'docspace_onboarding_confirmed',
    'float',
    'seconds',
    'Time until the portal showed the wanted role',
  );
  histogram.record(Math.max(duration, 0) / 1_000);
}
