import { exitCodes, type ExitCode } from '../../program/exit.js';
import type { OnboardingInput } from '../../contract/onboarding.js';
import { storedTitle } from '../../domain/place-names.js';
import { Audit, type AuditEntry, type Decode } from './audit.js';
import { importsOf, type ImportOfPerson } from '../../client/imports.js';
import { describeOnboarding, otherPortal, onboardingHandle } from '../../client/outcomes.js';
import { decodeFirst, eventsOf } from '../../client/run-history.js';
import { jsonOf, print } from '../../terminal/print.js';
import { changeLines } from './change-text.js';
import { requestedPlaces, resultOf, type PlaceEntry } from './place-log.js';
import { hasOnboarding } from '../../client/start-onboarding.js';
import type { ServerOptions } from '../command.js';
import type { Session } from '../../client/session.js';
import { unreadablePayload } from '../../contract/role-change.js';

/** Prints every change of a role, group or room while it reads the histories: there may be tens of thousands. */
export async function history(session: Session, email: string, { json }: ServerOptions): Promise<ExitCode> {
  let count = 0;
  for await (const entry of changesOf(session, email)) {
    if (json) print(`${count === 0 ? '[' : ','}${jsonOf(entry)}`);
    else print(changeLines(entry));
    count++;
  }
  if (json) print(count === 0 ? '[]' : ']');
  else if (count === 0) print(`No change of the role, groups or rooms of ${email} is known.`);
  return exitCodes.done;
}

/** Prints the changes by imports, then those of the person's own onboarding. */
async function* changesOf(session: Session, email: string): AsyncGenerator<AuditEntry> {
  const imports = await importsOf(session, email);
  for (const each of imports.toReversed()) {
    const { state, role, from, created, batch, runId, requestedRole, startedAt, at } = each;
    const isChanged = state === 'onboarded' && (created === 'now' || from !== undefined);
    const times = { at: startedAt, ...(at !== undefined && { confirmedAt: at }) };
    if (isChanged && role !== undefined)
      yield { role: requestedRole, shown: role, ...(from && { from }), by: batch, ...times, state: 'applied', runId };
    yield* placesOfImport(each);
  }
  if (imports.length === 0 || (await hasOnboarding(session, email))) yield* changesOfOnboarding(session, email);
}

/** The requested groups and rooms of an import, with their results. */
function placesOfImport(imported: ImportOfPerson): PlaceEntry[] {
  const { batch, runId, startedAt, at, requestedGroups = [], requestedRooms = [], groups = [], rooms = [] } = imported;
  const sender = { by: batch, at: startedAt, runId };
  return requestedPlaces({ join: requestedGroups, enter: requestedRooms }, sender).map((entry) => {
    const place =
      entry.change === 'enter'
        ? rooms.find(({ id, title }) => id === entry.place || title === storedTitle(entry.place))
        : groups.find(({ id, name }) => id === entry.place || name === entry.place);
    if (place) return { ...entry, id: place.id, ...resultOf(place, at) };
    return at === undefined ? entry : { ...entry, state: 'not-applied' };
  });
}

async function* changesOfOnboarding(session: Session, email: string): AsyncGenerator<AuditEntry> {
  const { workflowId } = onboardingHandle(session, email);
  const decode = decoder(session);
  const audit = new Audit(decode);
  let otherOrigin: string | undefined;
  let runsHere = 0;
  for (const runId of await runsOf(session, email)) {
    for await (const event of eventsOf(session, { workflowId, runId })) {
      const started = event.workflowExecutionStartedEventAttributes;
      if (started) {
        const input = (await decode(started.input)) as Partial<OnboardingInput> | undefined;
        const portal = input?.portal ?? session.portal;
        if (portal !== session.portal) {
          otherOrigin = portal;
          break;
        }
        runsHere++;
      }
      yield* await audit.handle(event, runId);
    }
  }
  if (runsHere === 0 && otherOrigin !== undefined) throw otherPortal(session, workflowId, otherOrigin);
  yield* audit.rest();
}

/** All runs that the server still has, oldest first. Visibility may not list the latest one yet. */
async function runsOf(session: Session, email: string): Promise<Iterable<string>> {
  const handle = onboardingHandle(session, email);
  const { runId } = await describeOnboarding(session, handle);
  const listed: { runId: string; startTime: Date }[] = [];
  const query = `WorkflowId = '${handle.workflowId.replaceAll("'", "''")}'`;
  for await (const run of session.client.workflow.list({ query })) listed.push(run);
  listed.sort((one, other) => one.startTime.getTime() - other.startTime.getTime());
  return new Set([...listed.map((run) => run.runId), runId]);
}

function decoder(session: Session): Decode {
  return async (payloads) => {
    try {
      return await decodeFirst(session, payloads);
    } catch {
      return unreadablePayload;
    }
  };
}
