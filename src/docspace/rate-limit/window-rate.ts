/** The part of a limit that is used: a network delays one call more than another, and a call too many costs a pause. */
const used = 0.985;

/** How late calls may be made up for at once, as a part of the window: a timer is never punctual. */
const lateness = 0.0075;

/** How much of the limit is won back in a window after less of it was there. */
const growth = 0.1;

/** Calls in a window that are always tried: others who use the account up may stop. */
const fewest = 60;

/**
 * How many calls a sliding window takes: evenly spaced, so that at no moment there are more in it than `used` and `lateness`
 * make together, which is less than it takes. Where the portal refuses one all the same (somebody else uses the account, or
 * nobody said what it takes), the pace is what it took of ours, and grows slowly from there. Pure: times are given, in
 * milliseconds.
 */
export class WindowRate {
  private aim: number;
  private due = -Infinity;
  private sent: number[] = [];
  private old = 0;
  private slowedAt = -Infinity;

  /** @param most calls in any window; `Infinity` where nothing is known */
  constructor(
    private most: number,
    private readonly window: number,
  ) {
    this.aim = most * used;
  }

  /** Milliseconds between two calls. */
  get spacing(): number {
    return this.window / this.aim;
  }

  wait(now: number): number {
    return Math.max(this.due - now, 0);
  }

  begin(now: number): void {
    this.due = Math.max(this.due, now - this.window * lateness) + this.spacing;
    if (this.aim < this.top) this.aim = Math.min(this.aim + growth * this.share, this.top);
    this.forget(now - this.window);
    this.sent.push(now);
  }

  /**
   * The window was full when the call that was sent at `at` came.
   *
   * @param limit what the portal says that it takes
   */
  refused(at: number, now: number, limit = Infinity): void {
    if (at < this.slowedAt) return; // it was under way when that was known already
    this.slowedAt = now;
    this.most = Math.min(this.most, limit);
    this.forget(at - this.window);
    const taken = this.sent.slice(this.old).filter((time) => time < at);
    const half = Math.min(this.aim, this.top) / 2;
    const least = Number.isFinite(half) ? Math.max(half, fewest) : fewest;
    this.aim = Math.min(Math.max(taken.length * used, least), this.top);
    const [oldest = now] = taken;
    // The first of our own has left it then; of others nothing is known.
    this.closeUntil(oldest + this.window * (1 + lateness));
  }

  /** Nothing goes before, and nothing that was missed meanwhile is made up for. */
  closeUntil(time: number): void {
    this.due = Math.max(this.due, time);
  }

  private get top(): number {
    return this.most * used;
  }

  /** What one of the calls of a window adds, so that all of them together add one. */
  private get share(): number {
    return Number.isFinite(this.most) ? this.most / this.aim : 1;
  }

  private forget(before: number): void {
    while ((this.sent[this.old] ?? Infinity) <= before) this.old++;
    if (this.old < 1_000) return;
    this.sent = this.sent.slice(this.old);
    this.old = 0;
  }
}
