import { Runtime, type Logger, type RuntimeOptions } from '@temporalio/worker';
import { ApplicationFailure } from '@temporalio/common';
import { destination, pino, type DestinationStream } from 'pino';
import { Exit, exitCodes } from '../program/exit.js';
import type { LogLevel } from '../program/settings/starter-settings.js';
import { metricsAt } from './metrics.js';
import { visibleInJson } from '../terminal/visible-text.js';

interface LoggerOptions {
  level: LogLevel;
  /** Whether the log must not contain what the portal answers about people: with a codec, only the history may. */
  isConfidential: boolean;
  /** A file; without one, standard error. */
  file?: string;
  /** The `host:port` at which Prometheus reads the metrics; without it, there are none. */
  metrics?: string | undefined;
}

/** Lines are dropped while a log cannot be written and this much is waiting. */
const maxWaitingBytes = 1024 * 1024;

/** Sends the logs of the SDK and of the worker to one place, one JSON object per line. Call it before any connection. */
export function installLogger({ level, isConfidential, file, metrics }: LoggerOptions): Logger {
  const stream = destination({ dest: file ?? 2, sync: true, maxLength: maxWaitingBytes });
  // A full disk or a closed pipe costs the log, not the worker.
  stream.on('error', () => undefined);
  const logger = createLogger(stream, level, isConfidential);
  install({
    logger,
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(metrics !== undefined && { metrics: metricsAt(metrics) }),
    },
    // The programs handle signals: the SDK would miss those that come before its worker runs.
    shutdownSignals: [],
  });
  return logger;
}

/** Creates a logger whose lines contain nothing that a terminal or a viewer would act upon, whoever wrote the text. */
export function createLogger(stream: DestinationStream, level: LogLevel, isConfidential: boolean): Logger {
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: isConfidential ? kindOf : messageOf },
    },
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
    // No other option can be wrong.
    if (options.telemetryOptions?.metrics === undefined) throw error;
    throw new Exit(exitCodes.usage, `METRICS_ADDRESS cannot be used: ${(error as Error).message}`);
  }
}

/** JSON drops the message of an error, and the reader of a log needs no stack. */
function messageOf(error: unknown): unknown {
  return error instanceof Error ? String(error) : error;
}

/** The failure of an activity quotes the portal, and so may name a person. */
function kindOf(error: unknown): unknown {
  return error instanceof ApplicationFailure ? `${error.name} ${error.type ?? ''}`.trimEnd() : messageOf(error);
}
