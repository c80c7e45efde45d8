/** What is wrong with a file of people at one place, for whoever has to mend it. */
export interface RowProblem {
  /** Physical line of the file, from 1: of a row, the one it starts on. */
  line: number;
  /** Index of the row in the table, where the problem is one row's. */
  row?: number;
  /** The column or key, as the file writes it, where the problem is one cell's. */
  column?: string;
  message: string;
  /** The line of the row that this one repeats with the same data: nothing to mend, it is only left out. */
  repeats?: number;
}

/** A file that cannot be read any further: what was read of it cannot be trusted to be all. */
export class Unreadable extends Error {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message);
  }
}

/** A text of the file within a message: in quotes, and not the whole of a huge one. */
export function quoted(text: string): string {
  return `"${shortened(text)}"`;
}

export function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
