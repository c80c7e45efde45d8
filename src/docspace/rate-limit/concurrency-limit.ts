import { portalLimits } from './limits.js';
import { recoveryWindows, ReportedLimit } from './reported-limit.js';

/** The share of the calls in flight that is allowed after a refusal. */
const keptShare = 0.8;

/** How many more calls are allowed in each window after a refusal. */
const increasePerWindow = 2;

/**
 * How many calls of a kind may be in flight at the same time. If the portal refuses one (another worker uses the
 * account, or the limit is unknown), the number falls and slowly recovers. Pure: times are parameters, in
 * milliseconds.
 */
export class ConcurrencyLimit {
  private inFlight = 0;
  private base: number;
  private loweredAt = -Infinity;
  private readonly reported = new ReportedLimit(portalLimits.windowMs);

  /** @param max `Infinity` if it is unknown */
  constructor(private readonly max: number) {
    this.base = max;
  }

  capacity(now: number): number {
    const increase = (increasePerWindow * (now - this.loweredAt)) / portalLimits.windowMs;
    return Math.max(Math.floor(Math.min(this.max, this.reported.at(now), this.base + increase)), 1);
  }

  hasCapacity(now: number): boolean {
    return this.inFlight < this.capacity(now);
  }

  isLowered(now: number): boolean {
    return this.capacity(now) < this.max && now - this.loweredAt < recoveryWindows * portalLimits.windowMs;
  }

  /** @returns how many are in flight now */
  begin(): number {
    return ++this.inFlight;
  }

  end(): void {
    this.inFlight--;
  }

  /**
   * The portal refused a call because too many were in flight.
   *
   * @param inFlight how many were in flight when it was sent
   * @param limit how many the portal accepts, by its answer
   */
  refused(sentAt: number, now: number, inFlight: number, limit: number): void {
    if (sentAt < this.loweredAt) return; // It was in flight when the limit was lowered.
    const capacity = this.capacity(now);
    this.base = Math.max(inFlight * keptShare, Number.isFinite(capacity) ? capacity / 2 : 1);
    this.loweredAt = now;
    this.reported.report(limit, now);
  }
}
