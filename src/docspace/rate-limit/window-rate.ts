import { recoveryWindows, ReportedLimit } from './reported-limit.js';

/** The part of a limit that is used. A network delays one call more than another, and a call too many costs a pause. */
const targetUtilization = 0.985;

/** How much of a window may be made up for at once, because timers are never punctual. */
const maxLateness = 0.0075;

/** How much of a known limit is won back in each window after a refusal. An unknown limit is tried twice as fast. */
const increasePerWindow = 0.1;

/** Calls in a window that are always tried, because others who use the account may stop. */
const minCalls = 60;

/**
 * How many calls a sliding window takes. They are evenly spaced, so at no moment does the window hold more of them than
 * `targetUtilization` and `maxLateness` allow together, which is less than the limit. If the portal refuses one (someone else
 * uses the account, or the limit is unknown), the rate becomes what the portal took of ours, and grows from there. Pure: times
 * are parameters, in milliseconds.
 */
export class WindowRate {
  /** Calls per window when the rate was last lowered. */
  private base: number;
  private loweredAt = -Infinity;
  private nextSlot = -Infinity;
  private sent: number[] = [];
  private oldestInWindow = 0;
  private readonly reported: ReportedLimit;

  /** @param max calls in any window; `Infinity` if it is unknown */
  constructor(
    private readonly max: number,
    private readonly windowMs: number,
  ) {
    this.base = max * targetUtilization;
    this.reported = new ReportedLimit(windowMs);
  }

  /** Calls per window. */
  targetRate(now: number): number {
    const windows = (now - this.loweredAt) / this.windowMs;
    const isKnown = Number.isFinite(this.max);
    const recovered = isKnown ? this.base + increasePerWindow * this.max * windows : this.base * 2 ** windows;
    return Math.min(recovered, Math.min(this.max, this.reported.at(now)) * targetUtilization);
  }

  isLowered(now: number): boolean {
    const isRecent = now - this.loweredAt < recoveryWindows * this.windowMs;
    return isRecent && this.targetRate(now) < this.max * targetUtilization;
  }

  /** Milliseconds between two calls. */
  spacing(now: number): number {
    return this.windowMs / this.targetRate(now);
  }

  wait(now: number): number {
    return Math.max(this.nextSlot - now, 0);
  }

  begin(now: number): void {
    this.nextSlot = Math.max(this.nextSlot, now - this.windowMs * maxLateness) + this.spacing(now);
    this.forget(now - this.windowMs);
    this.sent.push(now);
  }

  /**
   * The window was full when a call came.
   *
   * @param limit how many calls the portal says that it takes
   */
  refused(sentAt: number, now: number, limit?: number): void {
    if (sentAt < this.loweredAt) return; // It was in flight when the rate was lowered.
    this.forget(sentAt - this.windowMs);
    const taken = this.sent.slice(this.oldestInWindow).filter((time) => time < sentAt);
    const half = this.targetRate(now) / 2;
    const least = Math.max(Number.isFinite(half) ? half : 0, minCalls);
    this.base = Math.min(Math.max(taken.length * targetUtilization, least), this.max * targetUtilization);
    const [oldest = now] = taken;
    // The oldest of our calls has left the window then. Of the calls of others nothing is known.
    this.closeUntil(oldest + this.windowMs * (1 + maxLateness));
    this.loweredAt = this.nextSlot;
    if (limit !== undefined) this.reported.report(limit, this.nextSlot);
  }

  /** No call goes before, and what was missed meanwhile is not made up for. */
  closeUntil(time: number): void {
    this.nextSlot = Math.max(this.nextSlot, time);
  }

  private forget(before: number): void {
    while ((this.sent[this.oldestInWindow] ?? Infinity) <= before) this.oldestInWindow++;
    if (this.oldestInWindow < 1_000) return;
    this.sent = this.sent.slice(this.oldestInWindow);
    this.oldestInWindow = 0;
  }
}
