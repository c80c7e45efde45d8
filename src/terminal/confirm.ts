import { confirm as ask, isCancel } from '@clack/prompts';

/** Asks a question on a terminal. Without a terminal, the answer is no. */
export async function confirm(message: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const answer = await ask({ message, initialValue: false, output: process.stderr });
  return !isCancel(answer) && answer;
}
