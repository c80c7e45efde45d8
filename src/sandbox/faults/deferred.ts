/** What waits until a test lets it go, so that nothing depends on a clock. */
export class Later {
  private readonly held: (() => void)[] = [];
  private readonly due: { calls: number; run: () => Promise<void> }[] = [];

  /** Resolves on `release`. */
  hold(): Promise<void> {
    return new Promise((resolve) => this.held.push(resolve));
  }

  /** Runs once so many calls have passed, or on `release`. */
  after(calls: number, run: () => Promise<void>): void {
    this.due.push({ calls, run });
  }

  /** A call has passed. Whoever made it finds what was due by then done before the answer comes. */
  async passed(): Promise<void> {
    for (const each of this.due) each.calls--;
    await this.run(({ calls }) => calls <= 0);
  }

  async release(): Promise<void> {
    for (const resolve of this.held.splice(0)) resolve();
    await this.run(() => true);
  }

  private async run(which: (due: { calls: number }) => boolean): Promise<void> {
    const now = this.due.filter(which);
    for (const each of now) this.due.splice(this.due.indexOf(each), 1);
    for (const { run } of now) await run();
  }
}
