import { recoveryWindows, ReportedLimit } from './reported-limit.js';

/** The share of a limit that is used. The network delays some calls, and one call too many costs a pause. */
const targetUtilization = 0.985;

/** The share of a window that late calls may catch up on at once, because timers are never punctual. */
const maxLateness = 0.0075;

/** The share of a known limit that each window regains after a refusal. An unknown limit doubles in each window. */
const increasePerWindow = 0.1;

/** Calls that are tried in every window, because others who use the account may stop. */
const minCalls = 60;

/**
 * How many calls a sliding window allows. They are evenly spaced, so no window ever holds more than
 * `targetUtilization` and `maxLateness` allow together, which is less than the limit. If the portal refuses one
 * (someone else uses the account, or the limit is unknown), the rate falls to the number of our calls that it
 * accepted, and grows from there. Pure: times are parameters, in milliseconds.
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
   * The portal refused a call because the window was full.
   *
   * @param limit how many calls the portal accepts, by its answer
   */
  refused(sentAt: number, now: number, limit?: number): void {
    if (sentAt < this.loweredAt) return; // It was in flight when the rate was lowered.
    this.forget(sentAt - this.windowMs);
    const accepted = this.sent.slice(this.oldestInWindow).filter((time) => time < sentAt);
    const half = this.targetRate(now) / 2;
    const minBase = Math.max(Number.isFinite(half) ? half : 0, minCalls);
    this.base = Math.min(Math.max(accepted.length * targetUtilization, minBase), this.max * targetUtilization);
    const [oldest = now] = accepted;
    // By then the oldest of our calls has left the window. Nothing is known about other people's calls.
    this.closeUntil(oldest + this.windowMs * (1 + maxLateness));
    this.loweredAt = this.nextSlot;
    if (limit !== undefined) this.reported.report(limit, this.nextSlot);
  }

  /** No call is sent before this time, and the calls missed until then are not caught up on. */
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
