import type { AttentionFound } from '../contract/onboarding.js';

const shortest = 60_000;
const longest = 3_600_000;

/** Milliseconds until the next look at a portal that refuses everybody, after so many looks: doubled each time. */
export function untilNextLook({ wait }: AttentionFound, times: number): number {
  return wait ?? Math.min(shortest * 2 ** times, longest);
}
