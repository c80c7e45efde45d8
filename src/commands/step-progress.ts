import type { Outcome } from '../contract/onboarding.js';
import { clearLine, escapeControlCharacters, color, info } from '../terminal/print.js';
import { steps, type StepStatus } from '../contract/steps.js';

/** Shows the steps of an onboarding as they happen: live on a terminal, a plain line for each change otherwise. */
interface Progress {
  show(outcome: Outcome): void;
  end(): void;
}

export function stepProgress(): Progress {
  return process.stderr.isTTY ? liveProgress() : plainProgress(info);
}

/** A line for each thing that is new, and no line twice. */
export function plainProgress(write: (line: string) => unknown, stream: NodeJS.WriteStream = process.stderr): Progress {
  const written = new Set<string>();
  return {
    show(outcome) {
      for (const { name, title } of steps) {
        const line = lineOf(title, outcome.steps[name], stream);
        if (line === undefined || written.has(line)) continue;
        written.add(line);
        write(line);
      }
    },
    end: () => undefined,
  };
}

/** The plain lines, and below them the step at work. Not the prompt library's spinner: that one takes Ctrl-C for itself. */
function liveProgress(): Progress {
  const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
  let atWork: string | undefined;
  let frame = 0;
  const lines = plainProgress((line) => process.stderr.write(`${clearLine}${escapeControlCharacters(line)}\n`));
  const timer = setInterval(() => {
    if (atWork)
      process.stderr.write(
        `${clearLine}${mark(process.stderr, 'cyan', frames[frame++ % frames.length] ?? '')} ${atWork} …`,
      );
  }, 80);
  return {
    show(outcome) {
      atWork = steps.find(({ name }) => ['running', 'retrying'].includes(outcome.steps[name].state))?.title;
      lines.show(outcome);
    },
    end() {
      clearInterval(timer);
      process.stderr.write(clearLine);
    },
  };
}

function lineOf(stepTitle: string, step: StepStatus, stream: NodeJS.WriteStream): string | undefined {
  const title = stepTitle.padEnd(12);
  switch (step.state) {
    case 'done':
      return `${mark(stream, 'green', '✓')} ${title} ${[step.role && `the portal shows ${step.role}`, step.call].filter(Boolean).join(', by ')}`;
    case 'failed':
      return `${mark(stream, 'red', '✗')} ${title} ${step.lastFailure ?? ''}`;
    case 'retrying':
      return `${mark(stream, 'yellow', '↻')} ${title} attempt ${step.attempt}: ${step.lastFailure ?? 'the one before did not end well'}`;
    case 'waiting':
      return step.lastFailure === undefined ? undefined : `${mark(stream, 'yellow', '!')} ${title} ${step.lastFailure}`;
    default:
      return undefined;
  }
}

function mark(stream: NodeJS.WriteStream, colour: 'green' | 'red' | 'yellow' | 'cyan', sign: string): string {
  return color(stream, colour, sign);
}
