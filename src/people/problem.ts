import { shortened } from '../utils/shortened.js';

/** A problem at one place in a file of people, for the person who has to fix it. */
export interface RowProblem {
  /** Physical line of the file, from 1; the first line of a row. */
  line: number;
  /** Index of the row in the table, if the problem is in one row. */
  row?: number | undefined;
  /** The column or key as the file writes it, if the problem is in one cell. */
  column?: string | undefined;
  message: string;
  /** The line of the identical row that this one repeats. There is nothing to fix: the row is only left out. */
  repeats?: number | undefined;
}

/** A problem that makes the rest of the file unreadable, so nobody can tell who is missing. */
export class FileError extends Error {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message);
  }
}

/** A text from the file as a message shows it: quoted and shortened. */
export function quoted(text: string): string {
  return `"${shortened(text)}"`;
}
