import type { Place, PortalModel } from './portal-model.js';

/** How an onboarding reaches a group or a room in virtual time. Adding somebody twice is harmless. */

/** After this time an operator retries a place that the portal does not show. */
const operatorDelayMs = 60_000;

const retryDelayMs = 1_000;

export interface PlaceRules {
  /** The chunk of an import tries first, and hands over whoever is not shown. */
  isInGroup: boolean;
  /** What one would write first: a 200 without a read-back. */
  believesAnswer: boolean;
}

/** @returns whether the onboarding reports that the person is there */
export function reachPlace(
  portal: PortalModel,
  place: Place,
  nextAttempt: () => { dies: boolean },
  { isInGroup, believesAnswer }: PlaceRules,
): boolean {
  if (isInGroup && untilKnown(addTogether)) return true;
  for (let retries = 0; retries < 100; retries++) {
    if (untilKnown(addAlone)) return true;
    portal.now += operatorDelayMs;
  }
  return false;

  /** Repeats an attempt until one ends. */
  function untilKnown(add: () => boolean | 'again'): boolean {
    for (let attempts = 0; attempts < 500; attempts++) {
      const { dies } = nextAttempt();
      const shown = add();
      if (shown !== 'again' && !dies) return shown;
      portal.now += retryDelayMs;
    }
    return false;
  }

  /** As `joinGroups` and `enterRooms` do it. Any other answer than 200 is repeated. */
  function addAlone(): boolean | 'again' {
    const shown = portal.shows(place);
    if (shown !== false) return shown === 'lost' ? 'again' : true;
    const answer = portal.add(place);
    if (answer !== 'ok') return 'again';
    return believesAnswer || readBack();
  }

  /** As `addToPlaces` does it: only a call that was not sent is repeated. */
  function addTogether(): boolean | 'again' {
    return portal.add(place) === 'not sent' ? 'again' : readBack();
  }

  function readBack(): boolean | 'again' {
    const shown = portal.shows(place);
    return shown === 'lost' ? 'again' : shown;
  }
}
