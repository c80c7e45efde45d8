/**
 * The waits between checks of another workflow, each twice as long as the one before, so a long wait costs few events.
 * The checks are needed because a terminated workflow reports nothing: only a signal or a start shows that it is closed.
 */
export function* doublingWaits(firstMs: number, maxMs = 600_000): Generator<number, never> {
  for (let waitMs = firstMs; ; waitMs = Math.min(2 * waitMs, maxMs)) yield waitMs;
}
