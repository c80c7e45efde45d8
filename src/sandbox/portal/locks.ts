import { setImmediate } from 'node:timers/promises';

/** Locks by name. Each has at most one holder at a time. */
export class Locks {
  private readonly last = new Map<string, Promise<unknown>>();

  /** The portal looks an e-mail up before it waits for the lock, so others can overtake it in between. */
  async run<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.last.get(name);
    const turn = (async () => {
      await setImmediate();
      await before?.catch(() => undefined);
      return work();
    })();
    this.last.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.last.get(name) === turn) this.last.delete(name);
    }
  }
}
