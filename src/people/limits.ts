/** How much one file may hold: more is refused with a sentence, not met as a lack of memory. */
export const rowLimit = 100_000;

/** Characters in one row: more is a quote that was never closed, or no list of people. */
export const rowLengthLimit = 65_536;

/** Different keys in a JSON file: each is a column of the result. */
export const columnLimit = 1_000;
