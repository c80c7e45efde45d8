/**
 * One event at the portal: a call was received, held by a fault, committed, answered, or lost to a fault. Lines are in
 * order. A create is committed with its row, before its type is (docspace-api.md §9.2). Tests trust the ledger, not the
 * program under test.
 */
export interface LedgerLine {
  seq: number;
  /** Milliseconds since 1970. */
  at: number;
  phase: 'received' | 'held' | 'committed' | 'answered' | 'lost';
  /** Method and path template. */
  route: string;
  /** The e-mail or the id of the person that the call was about. */
  about: string;
  status?: number;
  /** The kinds of the faults that had fired before this line, joined by `+`. */
  fault?: string;
}

/** Selects lines. */
type Filter = { [Name in 'phase' | 'route' | 'about' | 'status']?: LedgerLine[Name] | undefined };

export class Ledger {
  private readonly lines: LedgerLine[] = [];
  private readonly listeners = new Set<(line: LedgerLine) => void>();

  record(line: Omit<LedgerLine, 'seq' | 'at'>): void {
    const written = { seq: this.lines.length + 1, at: Date.now(), ...line };
    this.lines.push(written);
    for (const listener of this.listeners) listener(written);
  }

  get length(): number {
    return this.lines.length;
  }

  /** The selected lines, without the first `since` lines. */
  read(filter: Filter = {}, since = 0): LedgerLine[] {
    return this.lines.slice(since).filter((line) => matches(line, filter));
  }

  /** Resolves when `count` of the selected lines exist, not counting the first `since` lines. */
  reached(filter: Filter, count: number, since: number): Promise<void> {
    let missing = count - this.read(filter, since).length;
    if (missing <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const listener = (line: LedgerLine): void => {
        if (!matches(line, filter) || --missing > 0) return;
        this.listeners.delete(listener);
        resolve();
      };
      this.listeners.add(listener);
    });
  }
}

function matches(line: LedgerLine, filter: Filter): boolean {
  return Object.entries(filter).every(([name, value]) => line[name as keyof LedgerLine] === value);
}
