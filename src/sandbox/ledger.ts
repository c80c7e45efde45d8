/**
 * What happened at the portal, in order: each call when it was received, when it was committed, and when it was answered,
 * or lost to a fault. A create is committed with its row, before its type is (docspace-api.md §9.2). The tests ask it, and not the program, what was done.
 */
export interface LedgerLine {
  seq: number;
  phase: 'received' | 'committed' | 'answered' | 'lost';
  /** Method and path template. */
  route: string;
  /** The e-mail or the id that the call was about. */
  about: string;
  status?: number;
  /** The kinds of the faults that had fired by then, joined by `+`. */
  fault?: string;
}

export class Ledger {
  private readonly lines: LedgerLine[] = [];
  private readonly waiting = new Set<() => void>();

  record(line: Omit<LedgerLine, 'seq'>): void {
    this.lines.push({ seq: this.lines.length + 1, ...line });
    for (const check of this.waiting) check();
  }

  read(): readonly LedgerLine[] {
    return this.lines;
  }

  /** Resolves when `count` lines of a route, after the line `since`, have reached a phase. */
  reached(route: string, phase: LedgerLine['phase'], count: number, since: number): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        const reached = this.lines.slice(since).filter((line) => line.route === route && line.phase === phase);
        if (reached.length < count) return;
        this.waiting.delete(check);
        resolve();
      };
      this.waiting.add(check);
      check();
    });
  }
}
