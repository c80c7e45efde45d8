import type { Outcome } from '../contract/onboarding.js';
import { currentStep, steps, type StepStatus } from '../contract/steps.js';
import { localTimeOfDay } from '../terminal/local-time.js';
import { createRedraw } from '../terminal/redraw.js';
import { canRedraw } from './can-redraw.js';
import { color, escapeControlCharacters, info } from '../terminal/print.js';
import { waitNoticeIntervalMs } from '../terminal/wait-notice.js';

interface Progress {
  show(outcome: Outcome): void;
  end(): void;
}

/** On a terminal the current step is animated. Elsewhere each change is a line. */
export function stepProgress(): Progress {
  return canRedraw(process.stderr) ? liveProgress() : plainProgress();
}

const titleWidth = Math.max(...steps.map(({ title }) => title.length));

function plainProgress(): Progress {
  const printNewLines = newLines(info);
  let lastLineAt = Date.now();
  return {
    show(outcome) {
      const printed = printNewLines(outcome);
      if (!printed && Date.now() - lastLineAt < waitNoticeIntervalMs) return;
      if (!printed) info(`… ${waitReason(outcome)}`);
      lastLineAt = Date.now();
    },
    end: () => undefined,
  };
}

const spinnerFrames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameIntervalMs = 80;

/** A ready-made spinner would end the process on Ctrl-C, before the command can stop what it started. */
function liveProgress(): Progress {
  const live = createRedraw(process.stderr);
  const printNewLines = newLines(info);
  let current: string | undefined;
  let frame = 0;
  const timer = setInterval(() => {
    if (current === undefined) return;
    const spinner = color(process.stderr, 'cyan', spinnerFrames[frame++ % spinnerFrames.length] ?? '');
    live(`${spinner} ${escapeControlCharacters(current)}`);
  }, frameIntervalMs);
  return {
    show(outcome) {
      printNewLines(outcome);
      current = outcome.state === 'running' ? waitReason(outcome) : undefined;
    },
    end() {
      clearInterval(timer);
      live.clear();
    },
  };
}

/** @returns a function that prints the new lines, and tells whether there were any */
function newLines(write: (line: string) => void): (outcome: Outcome) => boolean {
  const written = new Set<string>();
  return (outcome) => {
    const lines = stepLines(outcome, process.stderr).filter((line) => !written.has(withoutAttempt(line)));
    for (const line of lines) {
      written.add(withoutAttempt(line));
      write(line);
    }
    return lines.length > 0;
  };
}

/** The same failure in another attempt is not worth a new line. */
const withoutAttempt = (line: string): string => line.replace(/attempt \d+/, 'attempt');

/** One line for each step that has something to report. */
export function stepLines(outcome: Outcome, stream: NodeJS.WriteStream): string[] {
  return steps.flatMap(({ name, title }) => {
    const status = outcome.steps[name];
    const text = status && stepText(status);
    if (text === undefined) return [];
    return `${color(stream, text.colour, text.sign)} ${title.padEnd(titleWidth)}  ${text.text}`.trimEnd();
  });
}

interface StepText {
  sign: string;
  colour: 'green' | 'red' | 'yellow';
  text: string;
}

function stepText({ state, role, call, lastFailure, attempt }: StepStatus): StepText | undefined {
  switch (state) {
    case 'done': {
      const shown = role && `the portal shows ${role}`;
      return { sign: '✓', colour: 'green', text: [shown, call && `by ${call}`].filter(Boolean).join(', ') };
    }
    case 'failed':
      return { sign: '✗', colour: 'red', text: lastFailure ?? '' };
    case 'retrying':
      return { sign: '↻', colour: 'yellow', text: `attempt ${attempt}: ${lastFailure ?? 'the previous one failed'}` };
    case 'waiting':
      return lastFailure === undefined ? undefined : { sign: '!', colour: 'yellow', text: lastFailure };
    default:
      return undefined;
  }
}

/** What a running onboarding waits for. */
export function waitReason(outcome: Outcome): string {
  const current = currentStep(outcome.steps);
  if (!current) return 'waiting for the next step';
  const { title, at, attempt, lastFailure, nextAttemptAt } = current;
  if (attempt === undefined) return `${title}: waiting for the portal${at ? ` since ${localTimeOfDay(at)}` : ''}`;
  if (nextAttemptAt === undefined) return `${title}: ${lastFailure ?? 'no answer'}`;
  const when =
    Date.parse(nextAttemptAt) > Date.now() ? `next attempt at ${localTimeOfDay(nextAttemptAt)}` : 'trying again now';
  return `${title}: attempt ${attempt - 1} failed: ${lastFailure ?? 'no answer'}; ${when}`;
}
