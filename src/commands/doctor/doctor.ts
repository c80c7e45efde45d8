import { exitCodes, throwProblems, type ExitCode } from '../../program/exit.js';
import { readSettings } from '../../program/settings/read-settings.js';
import { missingKey, starterSettings } from '../../program/settings/starter-settings.js';
import { interruption } from '../../program/stop-signals.js';
import { print, printJson } from '../../terminal/print.js';
import type { ServerOptions } from '../command.js';
import { checkCodec, checkConnection, checkFolder, checkVersions } from './check-environment.js';
import { checkPortal } from './check-portal.js';
import { checkTemporal } from './check-temporal.js';
import { findingText, type Finding } from './finding.js';

type DoctorOptions = ServerOptions & { duplicates?: true | undefined };

/** Checks everything that a command needs, and prints each finding as soon as it is known. */
export async function doctor(flags: DoctorOptions, problems: string[]): Promise<ExitCode> {
  throwProblems(problems);
  const findings: Finding[] = [];
  for await (const finding of check(flags)) {
    findings.push(finding);
    if (!flags.json) print(findingText(finding));
  }
  if (flags.json) printJson(findings);
  return exitCodeFor(findings);
}

async function* check(flags: DoctorOptions): AsyncGenerator<Finding> {
  yield checkFolder();
  const reading = readSettings(starterSettings);
  const settings = 'settings' in reading ? reading.settings : undefined;
  const wrong = 'problems' in reading ? [...reading.problems] : [];
  const origin = settings?.portal.origin;
  if (settings && origin === undefined && flags.duplicates) {
    wrong.push('--duplicates needs a portal: set API_HOST and API_KEY');
  }
  if (origin !== undefined && settings?.portal.key === undefined) wrong.push(missingKey);
  if (wrong.length > 0) {
    const fix = 'set it in the environment or in .env';
    yield { check: 'configuration', ok: false, message: wrong.join('; '), fix };
  } else {
    const message = origin === undefined ? 'no portal is set, so the sandbox is used' : `portal ${origin}`;
    yield { check: 'configuration', ok: true, message };
  }
  yield checkVersions();
  for (const { message, fix } of settings?.secretWarnings ?? []) yield { check: 'secrets', ok: true, message, fix };
  if (!settings || wrong.length > 0) return;
  yield checkCodec(settings.codec);
  yield* await checkConnection(flags, settings);
  yield* await checkTemporal({ ...flags, settings });
  if (origin !== undefined) {
    yield* untilInterrupted(checkPortal(settings.portal, { duplicates: flags.duplicates === true }));
  }
}

/** A stop signal ends the check at once, even if the portal does not answer. */
async function* untilInterrupted(findings: AsyncGenerator<Finding>): AsyncGenerator<Finding> {
  const interrupted = interruption(() => 'doctor changes nothing, so nothing continues.');
  for (;;) {
    const { done, value } = await Promise.race([findings.next(), interrupted]);
    if (done) return;
    yield value;
  }
}

function exitCodeFor(findings: readonly Finding[]): ExitCode {
  const failed = new Set(findings.filter(({ ok }) => !ok).map((finding) => finding.check));
  if (failed.size === 0) return exitCodes.done;
  if (failed.has('configuration') || failed.has('codec') || failed.has('connection')) return exitCodes.usage;
  return failed.size === 1 && failed.has('duplicates') ? exitCodes.attention : exitCodes.unreachable;
}
