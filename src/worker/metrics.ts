import { Runtime, type TelemetryOptions } from '@temporalio/worker';
import type { Portal } from '../docspace/portal.js';

/** Bounds of the histogram of whole onboardings, in seconds: the SDK's own end at one minute. */
const confirmedBounds = [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3_600, 14_400, 86_400];

/** Metrics for Prometheus under the names that Temporal's own dashboards and alerts use. */
export function metricsAt(bindAddress: string): NonNullable<TelemetryOptions['metrics']> {
  return {
    prometheus: {
      bindAddress,
      countersTotalSuffix: true,
      unitSuffix: true,
      useSecondsForDurations: true,
      histogramBucketOverrides: { docspace_onboarding_confirmed: confirmedBounds },
    },
  };
}

/** Counts the calls to a portal by route and answer: a status, or what happened instead of one. To be called before its first. */
export function countCalls(portal: Portal): void {
  const counter = Runtime.instance().metricMeter.createCounter(
    'docspace_portal_calls',
    undefined,
    'Calls to the portal by route and answer; 429 is a limit',
  );
  portal.onAnswer = (route, answer) => counter.add(1, { route, answer });
}
