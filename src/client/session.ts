import { Client } from '@temporalio/client';
import { Exit, exitCodes } from '../program/exit.js';
import type { LocalStack } from '../local/stack.js';

/** What a command works on: a Temporal server, and the one portal that it speaks of. */
export interface Session {
  client: Client;
  namespace: string;
  taskQueue: string;
  address: string;
  /** Origin of the portal. No outcome of another one is ever reported. */
  portal: string;
  /** The local stack, where the command brought or joined one. */
  local: LocalStack | undefined;
  /** Rejects when somebody wants the command to end. */
  interrupted: Promise<never>;
  /** Where the Web UI shows a run, as far as that is known. */
  webUi(workflowId: string, runId: string): string | null;
  /** Where the Web UI lists what a visibility query finds, as far as that is known; there it can be saved as a view. */
  webUiList(query: string): string | null;
  /** Stops what the command brought. Calls that were given up on end with the process. */
  close(): Promise<void>;
}

/** @throws {Exit} where the command brought its own server, with which a detached onboarding would stop. */
export function assertServerStays({ local }: Session): void {
  if (!local?.owned) return;
  throw new Exit(
    exitCodes.usage,
    '--detach needs a server that stays, and this command would bring its own',
    'Start `npm run dev` in another terminal first.',
  );
}
