import { Runtime, type Logger, type RuntimeOptions } from '@temporalio/worker';
import { destination, pino } from 'pino';
import { Exit, exitCodes } from './exit.js';
import type { LogLevel } from './settings.js';
import { metricsAt } from './telemetry.js';

interface LoggerOptions {
  level: LogLevel;
  /** A file, or standard error without one. */
  file?: string;
  /** Where Prometheus reads the metrics, as `host:port`; none are kept without it. */
  metrics?: string | undefined;
  /** Whether the SDK shuts its workers down on a signal; not where a command does that itself. */
  stopOnSignals?: boolean;
}

/** Sends the logs of the SDK and of the worker to one place, as a JSON object per line. To be called before a connection. */
export function installLogger({ level, file, metrics, stopOnSignals = true }: LoggerOptions): Logger {
  const log = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { error: shownError } },
    destination({ dest: file ?? 2, sync: true }),
  );
  const write =
    (at: LogLevel) =>
    (message: string, meta?: object): void =>
      log[at](meta ?? {}, message);
  const logger: Logger = {
    trace: write('trace'),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    log: (at, message, meta) => write(at.toLowerCase() as LogLevel)(message, meta),
  };
  install({
    logger,
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(metrics !== undefined && { metrics: metricsAt(metrics) }),
    },
    ...(!stopOnSignals && { shutdownSignals: [] }),
  });
  return logger;
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

/** What a log keeps of an error: these members alone, for others may hold what nobody should read. */
function shownError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  return { name, message, stack, ...(cause !== undefined && { cause: shownError(cause) }) };
}
