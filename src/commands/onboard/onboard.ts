import { takeFromChunks } from '../../client/chunks.js';
import { queryOutcome, onboardingHandle } from '../../client/outcomes.js';
import type { Session } from '../../client/session.js';
import { findLatestRun, startAndSettle, startDetached } from '../../client/start-onboarding.js';
import { warnIfNoWorker } from '../../client/workers.js';
import type { OnboardingInput, Outcome } from '../../contract/onboarding.js';
import { parseRoomRequest, storedTitle } from '../../domain/place-names.js';
import type { RoomPlace } from '../../contract/places.js';
import { isAbove, parseRole } from '../../domain/roles.js';
import { exampleInput } from '../../people/person.js';
import { Exit, exitCodes, type ExitCode } from '../../program/exit.js';
import { confirm } from '../../terminal/confirm.js';
import { info, printJson } from '../../terminal/print.js';
import { isOnThisMachine } from '../../utils/loopback.js';
import type { ServerContext } from '../command.js';
import { waitForOutcome } from '../wait-for-outcome.js';
import { withSession } from '../with-session.js';

interface OnboardOptions extends ServerContext {
  detach?: true | undefined;
  yes?: true | undefined;
  keepHigher?: true | undefined;
  /** Whether no person was given, so the documented example is used. */
  isExample: boolean;
}

/** Starts one onboarding, or attaches to the open one of this e-mail, and waits until it has settled. */
export async function onboard(request: Omit<OnboardingInput, 'portal'>, flags: OnboardOptions): Promise<ExitCode> {
  if (flags.isExample) await confirmExample(flags);
  return withSession({ flags, needsWorker: true }, async (session) => {
    const isUnclear = await takeFromChunks(session, request.email);
    const { isOpen, runId, lookUpBeforeCreate } = await findLatestRun(session, request.email);
    const input: OnboardingInput = {
      ...request,
      portal: session.portal,
      lookUpBeforeCreate: lookUpBeforeCreate || isUnclear,
    };
    const handle = onboardingHandle(session, input.email);
    const open = isOpen ? await queryOutcome(session, handle) : undefined;
    if (open) refuseOtherRole(open, input);
    if (open) refuseOtherPlaces(open, input);
    if (flags.detach) return detach(session, input, flags);
    const startedAt = new Date().toISOString();
    return waitForOutcome(session, handle, startAndSettle(session, input, runId), {
      json: flags.json,
      keepHigher: flags.keepHigher,
      // The first query may still reach the earlier run, which has closed.
      check: (outcome) => {
        if (outcome.runId !== runId) refuseOtherRole(outcome, input);
      },
      note: (outcome) => nothingWritten(startedAt, outcome),
      next: (outcome) => nextCommands(session, outcome),
    });
  });
}

/** Otherwise it would be easy to make John Doe a paid administrator by accident. */
async function confirmExample({ yes, settings }: OnboardOptions): Promise<void> {
  const { origin } = settings.portal;
  if (yes || origin === undefined || isOnThisMachine(origin)) return;
  const { firstName, lastName, email, role } = exampleInput;
  const what = `onboard the example, ${firstName} ${lastName} <${email}> as ${role}, a paid seat, at ${origin}`;
  if (await confirm(`No person was given. Do you want to ${what}?`)) return;
  throw new Exit(
    exitCodes.guarded,
    `no person was given: this would ${what}`,
    'Name a person (--first-name, --last-name, --email, --role), or confirm with --yes.',
  );
}

async function detach(session: Session, input: OnboardingInput, { json }: OnboardOptions): Promise<ExitCode> {
  const { workflowId } = await startDetached(session, input);
  if (json) printJson({ email: input.email, workflowId, portal: input.portal });
  info(`Started ${workflowId}. \`npm run starter -- status ${input.email}\` shows it.`);
  await warnIfNoWorker(session);
  return exitCodes.done;
}

/** The open onboarding that this command attaches to may request another role. Only the command `role` changes that. */
function refuseOtherRole({ email, requestedRole, state }: Outcome, input: OnboardingInput): void {
  if (requestedRole === null || state === 'failed' || state === 'cancelled') return;
  const role = parseRole(input.role ?? '');
  if (parseRole(requestedRole) === role) return;
  throw new Exit(
    exitCodes.guarded,
    `the open onboarding of ${email} requests the role ${requestedRole}, not ${input.role}; this command did not change that`,
    `To change the role: npm run starter -- role ${email} ${role}`,
  );
}

/** The open onboarding may request fewer groups and rooms. The commands `join` and `enter` add them. */
function refuseOtherPlaces({ email, steps, groups = [], rooms = [] }: Outcome, input: OnboardingInput): void {
  if (steps.findPlaces && steps.findPlaces.state !== 'done') return; // its places are not known yet
  const requested = groups.filter(
    ({ state, isLeaving }) => isLeaving !== true && !/^(leaving|left|refused)$/.test(state),
  );
  const group = input.groups?.find((asked) => !requested.some(({ id, name }) => asked === id || asked === name));
  const room = input.rooms?.find((text) => {
    const asked = parseRoomRequest(text);
    const isSame = ({ id, title }: RoomPlace): boolean =>
      asked?.room === id || storedTitle(asked?.room ?? '') === title;
    return !rooms.some((each) => isSame(each) && each.access === asked?.access && each.state !== 'refused');
  });
  const missing = group ?? room;
  if (missing === undefined) return;
  throw new Exit(
    exitCodes.guarded,
    `the open onboarding of ${email} does not request "${missing}"; nothing was changed`,
    `To request it: npm run starter -- ${group === undefined ? 'enter' : 'join'} ${email} …`,
  );
}

/** The note for a command that wrote nothing, because the person was already onboarded. */
function nothingWritten(startedAt: string, { state, created, steps }: Outcome): string | undefined {
  if (state !== 'onboarded' && state !== 'kept-higher') return undefined;
  const isNew = ({ at = '' }: { at?: string }): boolean => at >= startedAt;
  const { create, get, updateRole } = steps;
  if ((created && isNew(create)) || (updateRole.call !== undefined && isNew(updateRole))) return undefined;
  const hasRead = isNew(get) || isNew(updateRole);
  return hasRead
    ? 'The portal was read again. Nothing was written.'
    : 'The portal already showed the role, so nothing was written.';
}

function nextCommands({ local }: Session, { email, state, role, requestedRole }: Outcome): string[] {
  const starter = 'npm run starter --';
  const dev = local?.owned ? ['npm run dev   # keeps Temporal, its Web UI and the worker running'] : [];
  if (state === 'needs-attention') return [...dev, `${starter} retry ${email}`];
  if (state === 'kept-higher') return [...dev, `${starter} role ${email} ${requestedRole}   # lowers the role`];
  if (state !== 'onboarded') return [`${starter} status ${email}`];
  // A suggestion never gives more rights than were requested.
  const lower = role !== null && isAbove(role, 'User') ? [`${starter} role ${email} User   # changes the role`] : [];
  return [...dev, ...lower, `${starter} status ${email}`];
}
