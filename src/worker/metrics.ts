import { Runtime, type TelemetryOptions } from '@temporalio/worker';

/** Buckets in seconds for whole onboardings. The SDK's own buckets end at one minute. */
const confirmedBuckets = [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3_600, 14_400, 86_400];

/** Metrics for Prometheus, with the names that Temporal's own dashboards and alerts use. */
export function metricsAt(bindAddress: string): NonNullable<TelemetryOptions['metrics']> {
  return {
    prometheus: {
      bindAddress,
      countersTotalSuffix: true,
      unitSuffix: true,
      useSecondsForDurations: true,
      histogramBucketOverrides: { docspace_onboarding_confirmed: confirmedBuckets },
    },
  };
}

/** Counts the calls to a portal by route and result. Call it after the SDK's runtime is installed. */
export function portalCallCounter(): (route: string, answer: string) => void {
  const counter = Runtime.instance().metricMeter.createCounter(
    'docspace_portal_calls',
    undefined,
    'Calls to the portal by route and answer; 429 is a limit',
  );
  return (route, answer) => counter.add(1, { route, answer });
}
