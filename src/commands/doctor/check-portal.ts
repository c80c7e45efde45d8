import { PortalError } from '../../docspace/errors.js';
import { Portal } from '../../docspace/portal.js';
import type { PortalSettings } from '../../program/settings/starter-settings.js';
import { describeRights, readKeyRights } from '../../worker/key-check.js';
import { countOf } from '../../utils/format-count.js';
import { describePortalFailure } from '../../docspace/portal-failure.js';
import type { Finding } from './finding.js';

const timeoutMs = 15_000;

/** Yields each finding as soon as it is known. */
export async function* checkPortal(
  { origin = '', key = '', limits, proxy }: PortalSettings,
  { duplicates }: { duplicates: boolean },
): AsyncGenerator<Finding> {
  const portal = new Portal(origin, key, { limits, proxy });
  const route = portal.proxy === undefined ? 'directly' : `through the proxy ${portal.proxy}`;
  yield { check: 'route', ok: true, message: `calls to ${origin} go ${route}` };
  try {
    yield await checkKey(portal);
    if (duplicates) yield await findDuplicates(portal);
  } catch (error) {
    if (!(error instanceof PortalError)) throw error;
    const { message, hint } = describePortalFailure(error, portal);
    yield { check: 'portal', ok: false, message, fix: hint };
  } finally {
    portal.close();
  }
}

async function checkKey(portal: Portal): Promise<Finding> {
  const rights = await readKeyRights(portal, AbortSignal.timeout(timeoutMs));
  const { message, fix, isEnough } = describeRights(rights);
  return { check: 'portal', ok: isEnough, message: `${portal.origin} answers, and ${message}`, ...(fix && { fix }) };
}

/** If the portal commits a create after the settle window, a second account is made. No client can rule that out. */
async function findDuplicates(portal: Portal): Promise<Finding> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for await (const { email } of portal.people()) {
    if (seen.has(email)) twice.add(email);
    seen.add(email);
  }
  if (twice.size === 0) return { check: 'duplicates', ok: true, message: `none among ${countOf(seen.size, 'e-mail')}` };
  return {
    check: 'duplicates',
    ok: false,
    message: `${countOf(twice.size, 'e-mail')} with more than one account: ${[...twice].join(', ')}`,
    fix: 'compare the accounts in the portal, and delete the one that nobody uses',
  };
}
