/** The longest time between two reminders. */
const maxWaitMs = 600_000;

/**
 * How long to wait before each reminder to another workflow: longer each time, so a long wait costs few events. If
 * somebody terminated that workflow, only a signal shows it.
 */
export function* reminderWaits(firstMs: number): Generator<number, never> {
  for (let waitMs = firstMs; ; waitMs = Math.min(2 * waitMs, maxWaitMs)) yield waitMs;
}
