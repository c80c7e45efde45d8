import { Runtime, type Logger, type RuntimeOptions } from '@temporalio/worker';
import { destination, pino, type DestinationStream } from 'pino';
import { Exit, exitCodes } from '../program/exit.js';
import type { LogLevel } from '../program/settings.js';
import { metricsAt } from './metrics.js';
import { visibleInJson } from '../terminal/visible-text.js';

interface LoggerOptions {
  level: LogLevel;
  /** A file, or standard error without one. */
  file?: string;
  /** Where Prometheus reads the metrics, as `host:port`; none are kept without it. */
  metrics?: string | undefined;
}

/** Sends the logs of the SDK and of the worker to one place, as a JSON object per line. To be called before a connection. */
export function installLogger({ level, file, metrics }: LoggerOptions): Logger {
  const logger = loggerTo(destination({ dest: file ?? 2, sync: true }), level);
  install({
    logger,
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(metrics !== undefined && { metrics: metricsAt(metrics) }),
    },
    // Left to the programs: the SDK hears none that comes before its worker runs.
    shutdownSignals: [],
  });
  return logger;
}

/** A logger whose lines hold nothing that a terminal or a viewer would act upon, whoever made the text. */
export function loggerTo(stream: DestinationStream, level: LogLevel): Logger {
  const log = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { error: sentenceOf } },
    { write: (line: string) => stream.write(visibleInJson(line)) },
  );
  const write =
    (at: LogLevel) =>
    (message: string, meta?: object): void =>
      log[at](meta ?? {}, message);
  return {
    trace: write('trace'),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    log: (at, message, meta) => write(at.toLowerCase() as LogLevel)(message, meta),
  };
}

function install(options: RuntimeOptions): void {
  try {
    Runtime.install(options);
  } catch (error) {
    // The only thing here that a setting can spoil.
    if (options.telemetryOptions?.metrics === undefined) throw error;
    throw new Exit(exitCodes.usage, `METRICS_ADDRESS cannot be used: ${(error as Error).message}`);
  }
}

/** As JSON an error has no message; its stack is of no use to whoever reads a log. */
function sentenceOf(error: unknown): unknown {
  return error instanceof Error ? String(error) : error;
}
