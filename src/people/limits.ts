/** The maximum size of a file. A larger one is refused with a sentence before memory runs out. */
export const fileSizeLimitMiB = 64;

export const rowLimit = 100_000;

/** Characters in one row. A longer row has an unclosed quote, or the file is no list of people. */
export const rowLengthLimit = 65_536;

/** Columns of a CSV, or different keys of a JSON file. Each is a column of the result. */
export const columnLimit = 1_000;

/** Levels of objects and lists in JSON. */
export const depthLimit = 100;
