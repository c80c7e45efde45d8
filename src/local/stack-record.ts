import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const recordSchema = z.object({
  pid: z.int(),
  /** A `dev` stack is shared until somebody stops it. A `command` stack ends by itself, and others wait for that. */
  kind: z.enum(['dev', 'command']),
  /** Origin of the portal. This and everything below is set when the stack has started. */
  portal: z.url({ protocol: /^https?$/ }).optional(),
  // These must be loopback addresses, so a record cannot send names and e-mails elsewhere.
  address: z
    .string()
    .regex(/^127\.0\.0\.1:\d{1,5}$/)
    .optional(),
  webUi: z
    .string()
    .regex(/^http:\/\/localhost:\d{1,5}$/)
    .optional(),
  /** No secret, because the sandbox listens only on this machine. */
  sandboxKey: z.string().optional(),
});

/** What the owner of a local stack publishes in `owner.json`, for commands and for people. */
export type StackRecord = z.output<typeof recordSchema>;

const recordPath = (folder: string): string => join(folder, 'owner.json');

/** Reads the last record of a folder. Its owner may be dead. */
export function readRecord(folder: string): StackRecord | undefined {
  try {
    return parseRecord(JSON.parse(readFileSync(recordPath(folder), 'utf8')));
  } catch {
    return undefined;
  }
}

export function parseRecord(value: unknown): StackRecord | undefined {
  return recordSchema.safeParse(value).data;
}

export function writeRecord(folder: string, record: StackRecord): void {
  writePrivateFile(recordPath(folder), `${JSON.stringify(record, null, 2)}\n`);
}

export function removeRecord(folder: string): void {
  rmSync(recordPath(folder), { force: true });
}

/** Writes a file that nobody else can read. Its errors name the file, which Node omits if the disk is full. */
export function writePrivateFile(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600 });
  } catch (error) {
    throw Object.assign(error as Error, { path });
  }
}
