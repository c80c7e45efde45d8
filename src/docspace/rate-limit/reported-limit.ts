/** The longest time, in windows, for which a limit holds after many confirmations. */
const maxHoldWindows = 64;

/** Windows after a refusal, without another one, by which every limit has recovered. */
export const recoveryWindows = 10;

/**
 * The limit that a 429 names. It holds for one window, and twice as long each time that a later 429 confirms it, so a single
 * wrong answer does not slow a worker for longer. Pure: times are parameters, in milliseconds.
 */
export class ReportedLimit {
  private limit = Infinity;
  private holdsUntil = -Infinity;
  private holdMs = 0;

  constructor(private readonly windowMs: number) {}

  report(limit: number, now: number): void {
    const isConfirmed = limit === this.limit && now < this.holdsUntil + this.holdMs;
    this.holdMs = isConfirmed ? Math.min(this.holdMs * 2, this.windowMs * maxHoldWindows) : this.windowMs;
    this.limit = limit;
    this.holdsUntil = now + this.holdMs;
  }

  at(now: number): number {
    return now < this.holdsUntil ? this.limit : Infinity;
  }
}
