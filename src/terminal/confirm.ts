import { confirm as ask, isCancel } from '@clack/prompts';

/** Whether somebody at a terminal can answer. */
export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

/** Asks a question on a terminal. Without a terminal, the answer is no. */
export async function confirm(message: string): Promise<boolean> {
  if (!canAsk()) return false;
  const answer = await ask({ message, initialValue: false, output: process.stderr });
  return !isCancel(answer) && answer;
}
