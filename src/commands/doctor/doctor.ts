import { codecIn, lookAtConnection, versions, type Finding } from './doctor-findings.js';
import { MissingKey } from '../../codec/payload-codec.js';
import type { ConnectionFlags } from '../../temporal/connection-flags.js';
import { PortalError } from '../../docspace/errors.js';
import { Portal } from '../../docspace/portal.js';
import type { ShownRole } from '../../domain/roles.js';
import type { ServerOptions } from '../command.js';
import { Exit, exitCodes, type ExitCode } from '../../program/exit.js';
import { describeRights } from '../../worker/key-check.js';
import { readSettings } from '../../program/settings/read-settings.js';
import { missingKey, starterSettings, type Settings } from '../../program/settings/starter-settings.js';
import { CodecMismatch } from '../../client/codec-check.js';
import { color, print, printJson } from '../../terminal/print.js';
import { firstOnboardings } from '../../client/list-onboardings.js';
import { withSession } from '../with-session.js';
import { hasPollers } from '../../client/workers.js';
import { classify } from '../../docspace/verdict.js';
import type { Session } from '../../client/session.js';

/** Looks at everything that a command needs: a line each, with the mend. */
export async function doctor(
  flags: ServerOptions & { duplicates?: true | undefined },
  problems: string[],
): Promise<ExitCode> {
  const reading = readSettings(starterSettings);
  const settings = 'settings' in reading ? reading.settings : undefined;
  const origin = settings?.portal.origin;
  const found = [...problems, ...('problems' in reading ? reading.problems : [])];
  if (settings && origin === undefined && flags.duplicates) {
    found.push('--duplicates needs a portal: set API_HOST and API_KEY');
  }
  if (settings && origin !== undefined && settings.portal.key === undefined) found.push(missingKey);
  const findings: Finding[] = [
    found.length === 0
      ? {
          check: 'configuration',
          ok: true,
          says: origin === undefined ? 'no portal is set: the sandbox is used' : `portal ${origin}`,
        }
      : { check: 'configuration', ok: false, says: found.join('; '), mend: 'set it in the environment or in .env' },
    versions(),
  ];
  for (const { says, fix } of settings?.secretWarnings ?? [])
    findings.push({ check: 'secrets', ok: true, says, mend: fix });
  const temporal: Finding[] = [];
  const portal: Finding[] = [];
  if (settings && found.length === 0) {
    const { key = '', limits } = settings.portal;
    findings.push(codecIn(settings.codec), ...(await lookAtConnection(flags, settings)));
    temporal.push(...(await lookAtTemporal(flags, settings)));
    if (origin !== undefined) {
      portal.push(...(await lookAtPortal(new Portal(origin, key, { limits }), flags.duplicates === true)));
    }
  }
  findings.push(...temporal, ...portal);

  if (flags.json) printJson(findings);
  else for (const finding of findings) print(lineOf(finding));
  if (found.length > 0) return exitCodes.usage;
  const broken = findings.filter(({ ok }) => !ok).map(({ check }) => check);
  if (broken.length === 0) return exitCodes.done;
  if (broken.some((check) => check === 'codec' || check === 'connection')) return exitCodes.usage;
  return broken.every((check) => check === 'duplicates') ? exitCodes.attention : exitCodes.unreachable;
}

async function lookAtTemporal(flags: ConnectionFlags, settings: Settings): Promise<Finding[]> {
  try {
    return await withSession({ flags: { ...flags, settings }, needsWorker: false }, async (session) => {
      const { address, local, taskQueue } = session;
      if (local?.owned) {
        const says = `no server is set: a command brings its own (tried at ${address}), with a worker`;
        return [{ check: 'temporal', ok: true, says }];
      }
      const polled = await hasPollers(session);
      return [
        ...(await lookForLostKeys(session)),
        { check: 'temporal', ok: true, says: `it answers at ${address}` },
        polled
          ? { check: 'workers', ok: true, says: `somebody polls ${taskQueue}` }
          : { check: 'workers', ok: false, says: `nobody polls ${taskQueue}`, mend: 'start one with `npm run worker`' },
      ];
    });
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    const mend = error.hint ?? 'start the Temporal server';
    const check = error instanceof CodecMismatch ? 'codec' : 'temporal';
    return [{ check, ok: false, says: error.problems.join('; '), mend }];
  }
}

/** Whether what is open was encrypted with a key that this command lacks: the list has a payload of each. */
async function lookForLostKeys(session: Session): Promise<Finding[]> {
  try {
    await firstOnboardings(session, 100);
    return [];
  } catch (error) {
    if (!(error instanceof MissingKey)) throw error;
    return [
      {
        check: 'codec',
        ok: false,
        says: `an open onboarding cannot be read: ${error.message}`,
        mend: 'bring the key back, here and at the workers',
      },
    ];
  }
}

async function lookAtPortal(portal: Portal, duplicates: boolean): Promise<Finding[]> {
  try {
    const key = await lookAtKey(portal);
    return duplicates ? [key, await lookForDuplicates(portal)] : [key];
  } catch (error) {
    if (!(error instanceof PortalError)) throw error;
    const verdict = classify(error.facts, portal.origin);
    const mend = verdict.kind === 'needs attention' ? verdict.hint : 'check API_HOST, and try again';
    return [{ check: 'portal', ok: false, says: `${portal.origin}: ${verdict.message}`, mend }];
  } finally {
    portal.close();
  }
}

async function lookAtKey(portal: Portal): Promise<Finding> {
  const { role } = await portal.self(AbortSignal.timeout(15_000));
  const { says, isEnough } = describeRights(role);
  const mend = isEnough ? mendOf(role) : 'use the key of an administrator';
  return { check: 'portal', ok: isEnough, says: `${portal.origin} answers, and ${says}`, ...(mend && { mend }) };
}

/** The least that is enough should be in the hands of a program. */
function mendOf(role: ShownRole): string | undefined {
  return role === 'Owner' ? 'unless DocSpaceAdmins are to be made, the key of a DocSpaceAdmin is enough' : undefined;
}

/** What no client can rule out (a create that is committed after the settle window) is at least found. Nothing is deleted. */
async function lookForDuplicates(portal: Portal): Promise<Finding> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for await (const { email } of portal.people()) {
    if (seen.has(email)) twice.add(email);
    seen.add(email);
  }
  return twice.size === 0
    ? { check: 'duplicates', ok: true, says: `none among ${seen.size} e-mails` }
    : {
        check: 'duplicates',
        ok: false,
        says: `these e-mails stand more than once: ${[...twice].join(', ')}`,
        mend: 'compare the accounts in the portal, and delete the one that is not used',
      };
}

function lineOf({ check, ok, says, mend }: Finding): string {
  const toMend = color(process.stdout, 'yellow', '!');
  const sign = !ok ? color(process.stdout, 'red', '✗') : mend ? toMend : color(process.stdout, 'green', '✓');
  return `${sign} ${check.padEnd(13)} ${says}${mend === undefined ? '' : `\n                → ${mend}`}`;
}
