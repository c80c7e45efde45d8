import { styleText } from 'node:util';
import { nameOwnCommands } from './own-commands.js';
import { visible, visibleInJson } from './visible-text.js';

type Style = Parameters<typeof styleText>[0];

/** Colours a text on a terminal, unless `NO_COLOR` is set. Node 20 colours a list of styles anywhere. */
export function color(stream: NodeJS.WriteStream, style: Style, text: string): string {
  return stream.isTTY && stream.hasColors() ? styleText(style, text, { validateStream: false }) : text;
}

/** What is redrawn in place on standard error. */
const redrawn = new Set<{ clear(): void }>();

/** Makes every line on standard error clear the drawing first, so the two never share a line. */
export function clearBeforeInfo(drawing: { clear(): void }): void {
  redrawn.add(drawing);
}

/** Everything that is not data goes to standard error. */
export function info(line: string): void {
  for (const drawing of redrawn) drawing.clear();
  process.stderr.write(`${escapeControlCharacters(nameOwnCommands(line))}\n`);
}

/** Data goes to standard output. */
export function print(data: string): void {
  process.stdout.write(`${escapeControlCharacters(nameOwnCommands(data))}\n`);
}

let isLost = false;
process.stdout.on('error', () => {
  isLost = true;
});

/** Whether data could not be written, because nobody reads it any more or the disk is full. */
export const isOutputLost = (): boolean => isLost;

export function printJson(data: unknown): void {
  process.stdout.write(`${jsonOf(data)}\n`);
}

export function jsonOf(data: unknown): string {
  return visibleInJson(JSON.stringify(data));
}

const escape = '\u001B';

/** Line ends, and the colours of {@link color}. */
const allowed = new RegExp(String.raw`(\n|${escape}\[(?:1|22|3[12369])m)`);

/** Makes a text safe for a terminal: it can neither move the cursor nor reverse the text direction. */
export function escapeControlCharacters(text: string): string {
  return text
    .split(allowed)
    .map((part, index) => (index % 2 === 1 ? part : visible(part)))
    .join('');
}
