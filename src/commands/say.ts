import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Colours a text for a terminal, and leaves it plain elsewhere and where `NO_COLOR` is set. */
export function paint(stream: NodeJS.WriteStream, style: Style, text: string): string {
  return stream.isTTY && !process.env['NO_COLOR'] ? styleText(style, text) : text;
}

/** Empties the line that the cursor is in. */
export const clearLine = '\r\u001B[2K';

/** A line for people: everything but data goes to standard error. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Data goes to standard output. */
export function print(data: string): void {
  process.stdout.write(`${data}\n`);
}

export function printJson(data: unknown): void {
  print(JSON.stringify(data));
}
