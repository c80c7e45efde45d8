import { type BatchStatus, formatCounts } from '../../contract/batch.js';
import { createRedraw } from '../../terminal/redraw.js';
import { color, printJson, info } from '../../terminal/print.js';
import { visible } from '../../terminal/visible-text.js';
import { canRedraw } from '../can-redraw.js';
import { formatCount } from '../../utils/format-count.js';

/** The progress of a batch, as measured by this command. */
interface Pace {
  done: number;
  share: number;
  /** People per second. */
  perSecond: number;
  secondsLeft: number | null;
}

interface BatchProgress {
  show(outcome: BatchStatus): void;
  end(): void;
}

/**
 * Shows a bar on a terminal, otherwise an occasional plain line.
 *
 * @param jsonLines prints a line of JSON for each change instead
 */
export function batchProgress(jsonLines: boolean): BatchProgress {
  if (jsonLines) return jsonProgress();
  return canRedraw(process.stderr) ? liveProgress() : plainProgress();
}

/** A plain line is printed after this many milliseconds, or after this share of the whole. */
const lineIntervalMs = 10_000;
const lineShare = 0.05;

function plainProgress(): BatchProgress {
  const paceOf = pacing();
  let written = { at: 0, share: -1, attention: '' };
  return {
    show(outcome) {
      const pace = paceOf(outcome);
      const attention = outcome.attention?.message ?? '';
      const isNews = pace.share - written.share >= lineShare || attention !== written.attention;
      if (!isNews && Date.now() - written.at < lineIntervalMs) return;
      written = { at: Date.now(), share: pace.share, attention };
      info(lineOf(outcome, pace));
      if (attention) info(`! the import is paused: ${attention}. ${outcome.attention?.hint}`);
    },
    end: () => undefined,
  };
}

function jsonProgress(): BatchProgress {
  const paceOf = pacing();
  let written = '';
  return {
    show(outcome) {
      const now = JSON.stringify([outcome.state, outcome.counts, outcome.attention]);
      if (now === written) return;
      written = now;
      const { chunks: _chunks, ...shown } = outcome;
      const { perSecond, secondsLeft } = paceOf(outcome);
      printJson({ ...shown, perSecond, secondsLeft });
    },
    end: () => undefined,
  };
}

const barWidth = 28;

function liveProgress(): BatchProgress {
  const draw = createRedraw(process.stderr);
  const paceOf = pacing();
  return {
    show(outcome) {
      const pace = paceOf(outcome);
      const full = Math.floor(pace.share * barWidth);
      const bar = color(process.stderr, 'cyan', '█'.repeat(full)) + '░'.repeat(barWidth - full);
      const notice = outcome.attention
        ? color(process.stderr, 'yellow', ` ! ${visible(outcome.attention.reason)}`)
        : '';
      draw(`${bar} ${lineOf(outcome, pace)}${notice}`);
    },
    end: () => draw.clear(),
  };
}

function lineOf({ people, counts }: BatchStatus, { done, perSecond, secondsLeft }: Pace): string {
  const rate = perSecond > 0 ? ` · ${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)} a second` : '';
  const left = secondsLeft === null ? '' : ` · ${formatDuration(secondsLeft)} left`;
  const { waiting: _waiting, running: _running, ...settled } = counts;
  return `${formatCount(done)} of ${formatCount(people)} · ${formatCounts({ ...settled, waiting: 0, running: 0 })}${rate}${left}`;
}

/** The rate over the last minute, so an earlier pause does not lower it. */
function pacing(): (outcome: BatchStatus) => Pace {
  const samples: { at: number; done: number }[] = [];
  return ({ people, counts: { waiting, running } }) => {
    const done = people - waiting - running;
    const at = Date.now();
    samples.push({ at, done });
    while (samples.length > 2 && at - (samples[0]?.at ?? at) > 60_000) samples.shift();
    const [first = { at, done }] = samples;
    const perSecond = at > first.at ? ((done - first.done) * 1_000) / (at - first.at) : 0;
    const secondsLeft = perSecond > 0 && done < people ? Math.ceil((people - done) / perSecond) : null;
    return { done, share: people === 0 ? 1 : done / people, perSecond, secondsLeft };
  };
}

function formatDuration(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}
