import type { LedgerLine } from '../../src/sandbox/faults/ledger.js';

/** The largest number of writes that were in flight at the same time. */
export function mostAtOnce(lines: LedgerLine[]): number {
  let [under, most] = [0, 0];
  for (const { phase, route } of lines) {
    if (route.startsWith('GET')) continue;
    if (phase === 'received') most = Math.max(most, ++under);
    if (phase === 'answered' && under > 0) under--;
  }
  return most;
}
