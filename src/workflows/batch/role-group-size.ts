/** A portal of 5,000 people takes 5 s for 25 ids (docspace-api.md §10), and the client waits 30 s. */
const maxIds = 25;
const slowMs = 8_000;

/** How many people to raise with one call: fewer if the last call took long. */
export class RoleGroupSize {
  private size = maxIds;

  get current(): number {
    return this.size;
  }

  adapt(durationMs: number): void {
    this.size = durationMs > slowMs ? Math.max(1, Math.floor(this.size / 2)) : Math.min(maxIds, this.size * 2);
  }
}
