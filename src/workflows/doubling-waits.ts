/**
 * How long to wait for another workflow before each look at it: twice as long each time, so a long wait costs few
 * events. If somebody terminated that workflow, only a signal or a start shows it.
 */
export function* doublingWaits(firstMs: number, maxMs = 600_000): Generator<number, never> {
  for (let waitMs = firstMs; ; waitMs = Math.min(2 * waitMs, maxMs)) yield waitMs;
}
