import { parseRole } from '../../domain/roles.js';
import { Exit, exitCodes, type ExitCode } from '../../program/exit.js';
import { exampleInput } from '../../people/person.js';
import type { OnboardingInput, Outcome } from '../../contract/onboarding.js';
import { confirm } from '../../terminal/confirm.js';
import type { ServerContext } from '../command.js';
import { printJson, info } from '../../terminal/print.js';
import { withSession } from '../with-session.js';
import { waitForOutcome } from '../wait-for-outcome.js';
import { assertSamePortal, onboardingHandle, startAndSettle, startDetached } from '../../client/start-onboarding.js';
import { noWorker, hasPollers } from '../../client/workers.js';
import { isOnThisMachine } from '../../utils/loopback.js';
import { assertServerStays, type Session } from '../../client/session.js';

interface OnboardOptions extends ServerContext {
  detach?: true | undefined;
  yes?: true | undefined;
  /** Whether nobody was named, so the documented example is meant. */
  isExample: boolean;
}

/** Starts one onboarding, or attaches to the one that runs for this e-mail, and waits until it is settled. */
export async function onboard(request: Omit<OnboardingInput, 'portal'>, flags: OnboardOptions): Promise<ExitCode> {
  if (flags.isExample) await guardExample(flags);
  return withSession({ flags, needsWorker: true }, async (session) => {
    const { runId, ...earlier } = await assertSamePortal(session, request.email);
    const input: OnboardingInput = { ...request, portal: session.portal, ...earlier };
    if (flags.detach) return detach(session, input, flags);
    return waitForOutcome(session, onboardingHandle(session, input.email), startAndSettle(session, input, runId), {
      json: flags.json,
      check: (outcome) => refuseOtherRole(outcome, input),
      next: (outcome) => nextCommands(session, outcome),
    });
  });
}

/** Nobody makes John Doe a paid admin by accident. */
async function guardExample({ yes, settings }: OnboardOptions): Promise<void> {
  const { origin } = settings.portal;
  if (yes || origin === undefined || isOnThisMachine(origin)) return;
  const { firstName, lastName, email, role } = exampleInput;
  const what = `onboard the example, ${firstName} ${lastName} <${email}> as ${role}, a paid seat, at ${origin}`;
  if (await confirm(`No person was given. Really ${what}?`)) return;
  throw new Exit(
    exitCodes.guarded,
    `no person was given: this would ${what}`,
    'Name a person (--first-name, --last-name, --email, --role), or say --yes.',
  );
}

async function detach(session: Session, input: OnboardingInput, { json }: OnboardOptions): Promise<ExitCode> {
  assertServerStays(session);
  const { workflowId } = await startDetached(session, input);
  if (json) printJson({ email: input.email, workflowId, portal: input.portal });
  info(`Started ${workflowId}. Look at it with \`npm run starter -- status ${input.email}\`.`);
  if (!(await hasPollers(session))) info(`warning: ${noWorker(session, 'It goes on then.').problems[0]}`);
  return exitCodes.done;
}

/** The run it attaches to may want another role: that is changed by `role` alone. */
function refuseOtherRole({ email, requestedRole, state }: Outcome, input: OnboardingInput): void {
  if (requestedRole === null || state === 'failed' || state === 'cancelled') return;
  const wanted = parseRole(input.role ?? '');
  if (parseRole(requestedRole) === wanted) return;
  throw new Exit(
    exitCodes.guarded,
    `${email} is onboarded already with the role ${requestedRole}, not ${input.role}; nothing was changed`,
    `To change it: npm run starter -- role ${email} ${wanted}`,
  );
}

function nextCommands({ local }: Session, { email, state }: Outcome): string[] {
  const dev = local?.owned
    ? ['npm run dev                                  # keeps Temporal, its Web UI and the worker up']
    : [];
  if (state === 'needs-attention') return [...dev, `npm run starter -- retry ${email}`];
  if (state !== 'onboarded') return [`npm run starter -- status ${email}`];
  return [...dev, `npm run starter -- role ${email} DocSpaceAdmin`, `npm run starter -- status ${email}`];
}
