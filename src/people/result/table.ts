/** A file as its user wrote it, for the result that is written beside it. */
export interface Table {
  /** Header names or JSON keys, in their order. */
  columns: string[];
  delimiter: string;
  lineEnd: '\n' | '\r\n';
  rows: TableRow[];
}

export interface TableRow {
  /** Physical line it starts on, from 1. */
  line: number;
  /** In the order of the columns; where there are fewer, the rest is empty. */
  cells: readonly string[];
}

/** The columns that a result adds to the user's own. */
export const resultColumns = ['state', 'role', 'user id', 'created', 'message'] as const;

/** The column that a file of rows to mend adds. */
export const mendColumn = 'to mend';

/** How many columns are the user's own, where a result or a file of rows to mend is read again. */
export function ownWidth(columns: readonly string[]): number {
  const added = [resultColumns, [mendColumn]].find((names) =>
    names.every((name, i) => columns.at(i - names.length) === name),
  );
  return columns.length - (added?.length ?? 0);
}
