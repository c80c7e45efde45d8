import { confirm, isCancel } from '@clack/prompts';

/** Whether somebody at a terminal says yes; without a terminal nobody does. */
export async function saysYes(message: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const answer = await confirm({ message, initialValue: false, output: process.stderr });
  return !isCancel(answer) && answer;
}
