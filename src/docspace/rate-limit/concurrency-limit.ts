/** So many calls have to go well before one more is tried. */
const patience = 200;

/**
 * How many calls of a kind may be under way at the same time. Where the portal refuses one all the same (another worker uses
 * the account, or nobody said how many it takes), they become fewer than there were, and slowly more again.
 */
export class ConcurrencyLimit {
  private most: number;
  private under = 0;
  private wentWell = 0;
  private cutAt = -Infinity;

  /** @param cap `Infinity` where nothing is known */
  constructor(private cap: number) {
    this.most = cap;
  }

  get hasCapacity(): boolean {
    return this.under < this.cap;
  }

  /** @returns how many are under way now */
  begin(): number {
    return ++this.under;
  }

  end(): void {
    this.under--;
  }

  succeeded(): void {
    if (this.cap >= this.most || ++this.wentWell < patience) return;
    this.wentWell = 0;
    this.cap++;
  }

  /**
   * The portal refused a call as one too many.
   *
   * @param at when it was sent
   * @param together how many were under way with it
   * @param limit how many the portal says that it takes
   */
  refused(at: number, now: number, together: number, limit: number): void {
    this.most = Math.min(this.most, limit);
    if (at < this.cutAt) return; // it was under way when that was known already
    this.cutAt = now;
    this.wentWell = 0;
    this.cap = Math.max(1, Math.min(this.most, Math.floor(together * 0.8)));
  }
}
