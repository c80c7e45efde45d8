/** The size of a file: more is refused with a sentence before memory runs out. */
export const fileSizeLimitMiB = 64;

export const rowLimit = 100_000;

/** Characters in one row: more is a quote that was never closed, or no list of people. */
export const rowLengthLimit = 65_536;

/** Columns of a CSV, or different keys of a JSON file: each is a column of the result. */
export const columnLimit = 1_000;

/** Levels of objects and lists in JSON. */
export const depthLimit = 100;
