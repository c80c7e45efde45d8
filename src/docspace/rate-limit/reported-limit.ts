/** The longest time, in windows, for which a limit that was confirmed many times holds. */
const maxHoldWindows = 64;

/** The number of windows without a refusal after which every limit has recovered. */
export const recoveryWindows = 10;

/**
 * The limit that a 429 names. It holds for one window, and twice as long each time a later 429 confirms it, so a
 * single wrong answer slows a worker only briefly. Pure: times are parameters, in milliseconds.
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
