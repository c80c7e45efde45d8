import { Runtime, type Logger, type RuntimeOptions } from '@temporalio/worker';
import { ApplicationFailure } from '@temporalio/common';
import { destination, pino, type DestinationStream } from 'pino';
import { Exit, exitCodes } from '../program/exit.js';
import type { LogLevel } from '../program/settings/starter-settings.js';
import { metricsAt } from './metrics.js';
import { visibleInJson } from '../terminal/visible-text.js';

interface LoggerOptions {
  level: LogLevel;
  /** Keeps the portal's answers about people out of the log. With a codec, only the history may contain them. */
  isConfidential: boolean;
  /** A file; without one, standard error. */
  file?: string;
  /** The `host:port` for Prometheus to read the metrics. Without it, there are none. */
  metrics?: string | undefined;
}

/** If a log cannot be written, lines beyond this buffer are dropped. */
const maxWaitingBytes = 1024 * 1024;

/** Sends the logs of SDK and worker to one place, one JSON object per line. Call it before any connection. */
export function installLogger({ level, isConfidential, file, metrics }: LoggerOptions): Logger {
  const stream = destination({ dest: file ?? 2, sync: true, maxLength: maxWaitingBytes });
  // If the disk is full or a pipe is closed, the log is lost, but the worker continues.
  stream.on('error', () => undefined);
  const logger = createLogger(stream, level, isConfidential);
  install({
    logger,
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(metrics !== undefined && { metrics: metricsAt(metrics) }),
    },
    // The programs handle signals themselves, because the SDK would miss those that come before its worker runs.
    shutdownSignals: [],
  });
  return logger;
}

/** Creates a logger whose lines are safe for a terminal or a viewer: control characters are escaped. */
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

/** JSON would drop an error's message. Readers of the log need no stack. */
function messageOf(error: unknown): unknown {
  return error instanceof Error ? String(error) : error;
}

/** The failure of an activity quotes the portal, so it may name a person. */
function kindOf(error: unknown): unknown {
  return error instanceof ApplicationFailure ? `${error.name} ${error.type ?? ''}`.trimEnd() : messageOf(error);
}
