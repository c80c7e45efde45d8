import { spinner } from '@clack/prompts';
import type { Outcome, StepName, StepStatus } from '../workflows/messages.js';
import { paint, say } from './say.js';

const stepNames = ['create', 'get', 'updateRole'] as const satisfies readonly StepName[];

/** What a step is about, for people. */
const titles: Record<StepName, string> = { create: 'create user', get: 'get user', updateRole: 'update role' };

/** Shows the steps of an onboarding as they happen: live on a terminal, a plain line for each change otherwise. */
export interface Progress {
  show(outcome: Outcome): void;
  end(): void;
}

export function stepProgress(): Progress {
  return process.stderr.isTTY ? liveProgress() : plainProgress(say);
}

/** A line for each thing that is new, and no line twice. */
export function plainProgress(write: (line: string) => void): Progress {
  const written = new Set<string>();
  return {
    show({ steps }) {
      for (const name of stepNames) {
        const line = lineOf(name, steps[name]);
        if (line === undefined || written.has(line)) continue;
        written.add(line);
        write(line);
      }
    },
    end: () => undefined,
  };
}

function liveProgress(): Progress {
  const spin = spinner({ output: process.stderr, indicator: 'timer' });
  let spinning = false;
  const lines = plainProgress((line) => {
    if (spinning) spin.clear();
    spinning = false;
    say(line);
  });
  return {
    show(outcome) {
      lines.show(outcome);
      const name = stepNames.find((step) => ['running', 'retrying'].includes(outcome.steps[step].state));
      if (!name) return;
      if (spinning) spin.message(titles[name]);
      else spin.start(titles[name]);
      spinning = true;
    },
    end() {
      if (spinning) spin.clear();
      spinning = false;
    },
  };
}

function lineOf(name: StepName, step: StepStatus): string | undefined {
  const title = titles[name].padEnd(12);
  switch (step.state) {
    case 'done':
      return `${mark('green', '✓')} ${title} ${[step.role && `the portal shows ${step.role}`, step.by].filter(Boolean).join(', by ')}`;
    case 'failed':
      return `${mark('red', '✗')} ${title} ${step.lastFailure ?? ''}`;
    case 'retrying':
      return `${mark('yellow', '↻')} ${title} attempt ${step.attempt}: ${step.lastFailure ?? 'the one before did not end well'}`;
    case 'waiting':
      return step.lastFailure === undefined ? undefined : `${mark('yellow', '!')} ${title} ${step.lastFailure}`;
    default:
      return undefined;
  }
}

function mark(colour: 'green' | 'red' | 'yellow', sign: string): string {
  return paint(process.stderr, colour, sign);
}
