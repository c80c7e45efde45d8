/** When deferred work runs. `release` always runs it. */
export interface Until {
  milliseconds?: number | undefined;
  /** After this many calls that count. */
  calls?: number | undefined;
  counts?: (call: PassedCall) => boolean;
}

interface PassedCall {
  route: string;
  about: string;
}

interface Waiting {
  callsLeft: number;
  counts: (call: PassedCall) => boolean;
  run: () => Promise<void>;
}

/** Work that runs later: when a test releases it, or when the test's condition is met. */
export class Deferred {
  private readonly waiting = new Set<Waiting>();

  /** Resolves when the condition is met. */
  until(until: Until = {}): Promise<void> {
    return new Promise((resolve) => this.run(until, () => Promise.resolve(resolve())));
  }

  run({ milliseconds, calls = Infinity, counts = () => true }: Until, run: () => Promise<void>): void {
    const waiting = { callsLeft: calls, counts, run };
    this.waiting.add(waiting);
    if (milliseconds !== undefined) setTimeout(() => void this.finish([waiting]), milliseconds).unref();
  }

  /** Ends a call. Its caller gets the answer after the work that became due with this call. */
  async passed(call: PassedCall): Promise<void> {
    for (const each of this.waiting) if (each.counts(call)) each.callsLeft--;
    await this.finish([...this.waiting].filter(({ callsLeft }) => callsLeft <= 0));
  }

  async release(): Promise<void> {
    await this.finish([...this.waiting]);
  }

  private async finish(due: readonly Waiting[]): Promise<void> {
    for (const each of due) if (this.waiting.delete(each)) await each.run();
  }
}
