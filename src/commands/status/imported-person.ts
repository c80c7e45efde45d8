import { personHash } from '../../client/chunks.js';
import type { ImportOfPerson } from '../../client/imports.js';
import type { Session } from '../../client/session.js';
import { peopleKey } from '../../contract/search-attributes.js';
import { PortalError } from '../../docspace/errors.js';
import { Portal } from '../../docspace/portal.js';
import type { ShownRole } from '../../domain/roles.js';
import type { ExitCode } from '../../program/exit.js';
import { localTime } from '../../terminal/local-time.js';
import { print, printJson } from '../../terminal/print.js';
import type { ServerContext } from '../command.js';
import { exitCodeSoFar } from '../outcome-exit-code.js';
import { printFacts } from '../outcome-text.js';

/** What the portal shows now; `null` if there is no account. */
type ShownNow = { role: ShownRole; state: string } | null;

/** Shows a person who was onboarded only by imports: the latest import, and the account as it is now. */
export async function showImportedPerson(
  session: Session,
  [latest]: readonly [ImportOfPerson, ...ImportOfPerson[]],
  { json, settings }: ServerContext,
): Promise<ExitCode> {
  const now = await readPortal(session, latest.email, settings);
  const { state, email, role, requestedRole, userId, created, otherName, message, batch, at } = latest;
  if (json) {
    printJson({ ...latest, portal: session.portal, ...(now !== undefined && { now }) });
    return exitCode(latest);
  }
  print(`${email}: ${state}, by an import`);
  printFacts([
    ['role', role && (role === requestedRole ? role : `${role} (requested: ${requestedRole})`)],
    ['portal now', now === undefined ? undefined : now ? `${now.role}, ${now.state}` : 'no account'],
    [
      'account',
      created && { now: 'created by this import', earlier: 'created earlier', no: 'existed before' }[created],
    ],
    ['name', otherName && `${otherName} at the portal`],
    ['user id', userId],
    ['problem', message],
    ['imported', at && localTime(at)],
    ['batch', batch],
    ['Web UI', session.webUiList(`${peopleKey.name}="${personHash(session, email)}"`)],
    ['change', `npm run starter -- role ${email} ROLE`],
  ]);
  return exitCode(latest);
}

function exitCode({ state }: ImportOfPerson): ExitCode {
  return exitCodeSoFar({ state: state === 'waiting' ? 'running' : state });
}

/** @returns `undefined` if this command has no key, or the portal does not answer */
async function readPortal(
  { portal, local }: Session,
  email: string,
  { portal: { key = local?.sandboxKey, limits, proxy } }: ServerContext['settings'],
): Promise<ShownNow | undefined> {
  if (key === undefined) return undefined;
  const client = new Portal(portal, key, { limits, proxy, timeoutMs: 5_000 });
  try {
    const account = await client.findByEmail(email);
    return account ? { role: account.role, state: account.state } : null;
  } catch (error) {
    if (error instanceof PortalError) return undefined;
    throw error;
  } finally {
    client.close();
  }
}
