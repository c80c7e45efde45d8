import { confirm as ask, isCancel } from '@clack/prompts';

/** Whether somebody at a terminal says yes; without a terminal nobody does. */
export async function confirm(message: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const answer = await ask({ message, initialValue: false, output: process.stderr });
  return !isCancel(answer) && answer;
}
