import { readCodec, type CodecSettings } from '../codec/settings.js';
import type { Limits } from '../docspace/rate-limit/limits.js';
import { readLimits, readLogLevel, readSettleWindow, type Environment, type LogLevel } from '../program/settings.js';

/** What every worker is told, whoever starts it. */
export interface WorkerSettings {
  level: LogLevel;
  /** Milliseconds. */
  settleWindow: number;
  limits: Limits;
  codec: CodecSettings | undefined;
}

/** @param origin of the portal that it serves; without one, the sandbox */
export function readWorkerSettings(env: Environment, problems: string[], origin: string | undefined): WorkerSettings {
  return {
    level: readLogLevel(env, problems),
    settleWindow: readSettleWindow(env, problems),
    limits: readLimits(env, problems, origin),
    codec: readCodec(env, problems),
  };
}
