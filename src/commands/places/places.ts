import { signalPlaces } from '../../client/send-signal.js';
import type { ShownOutcome } from '../../client/outcomes.js';
import { refusalsOf, type PlaceChange } from '../../contract/places.js';
import { namedRooms } from '../../domain/place-names.js';
import { Exit, exitCodes, type ExitCode } from '../../program/exit.js';
import { sendChange, type ChangeOptions } from '../send-change.js';

/** Signals a change of groups or rooms, and waits until the portal shows it. */
export function changePlaces(email: string, change: PlaceChange, flags: ChangeOptions): Promise<ExitCode> {
  return sendChange(
    email,
    flags,
    (session) => signalPlaces(session, email, change),
    (outcome) => assertAccepted(outcome, change),
  );
}

/** @throws {Exit} if the onboarding refused the change */
function assertAccepted({ email, groups = [], rooms = [] }: ShownOutcome, change: PlaceChange): void {
  const { join = [], leave = [], enter = [] } = change;
  const titles = namedRooms(enter);
  const problems = [
    ...refusalsOf(new Set([...join, ...leave]), { groups }),
    ...refusalsOf(new Set(titles), { rooms }), // a group may have the same name
  ];
  if (problems.length > 0) throw new Exit(exitCodes.failed, problems, `Nothing was changed for ${email}.`);
}
