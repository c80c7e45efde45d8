import { setImmediate } from 'node:timers/promises';
import { entityNotSaved } from './errors.js';

/**
 * Two calls that write the same row at once. The vendor's server has no lock here, so the database refuses one of them
 * (docspace-api.md §11).
 */
export class Writers {
  private readonly kinds = new Map<string, string[]>();

  /** @param kind writes of the same kind do not disturb each other; without it, every write disturbs every other */
  async run(row: string, write: () => Promise<void>, kind = ''): Promise<void> {
    const others = this.kinds.get(row) ?? [];
    if (others.some((other) => other !== kind || kind === '')) throw entityNotSaved();
    this.kinds.set(row, [...others, kind]);
    try {
      await setImmediate();
      await write();
    } finally {
      const left = this.kinds.get(row)?.slice(1) ?? [];
      if (left.length > 0) this.kinds.set(row, left);
      else this.kinds.delete(row);
    }
  }
}
