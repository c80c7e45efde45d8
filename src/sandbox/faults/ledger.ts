/**
 * What happened at the portal, in order: each call when it was received, when it was committed, and when it was answered,
 * or lost to a fault. A create is committed with its row, before its type is (docspace-api.md §9.2). The tests ask it, and not the program, what was done.
 */
export interface LedgerLine {
  seq: number;
  /** Milliseconds since 1970. */
  at: number;
  phase: 'received' | 'committed' | 'answered' | 'lost';
  /** Method and path template. */
  route: string;
  /** The e-mail or the id that the call was about. */
  about: string;
  status?: number;
  /** The kinds of the faults that had fired by then, joined by `+`. */
  fault?: string;
}

/** Which lines are meant. */
type Asked = { [Name in 'phase' | 'route' | 'about' | 'status']?: LedgerLine[Name] | undefined };

export class Ledger {
  private readonly lines: LedgerLine[] = [];
  private readonly waiting = new Set<(line: LedgerLine) => void>();

  record(line: Omit<LedgerLine, 'seq' | 'at'>): void {
    const written = { seq: this.lines.length + 1, at: Date.now(), ...line };
    this.lines.push(written);
    for (const hear of this.waiting) hear(written);
  }

  get length(): number {
    return this.lines.length;
  }

  /** The lines after the line `since` that are as asked. */
  read(asked: Asked = {}, since = 0): LedgerLine[] {
    return this.lines.slice(since).filter((line) => is(line, asked));
  }

  /** Resolves when `count` lines after the line `since` are as asked. */
  reached(asked: Asked, count: number, since: number): Promise<void> {
    let missing = count - this.read(asked, since).length;
    if (missing <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const hear = (line: LedgerLine): void => {
        if (!is(line, asked) || --missing > 0) return;
        this.waiting.delete(hear);
        resolve();
      };
      this.waiting.add(hear);
    });
  }
}

function is(line: LedgerLine, asked: Asked): boolean {
  return Object.entries(asked).every(([name, value]) => line[name as keyof LedgerLine] === value);
}
