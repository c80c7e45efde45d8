import type { Fault } from '../../src/sandbox/faults/faults.js';
import { handsOverStep, isDecision, isHeartbeat, isReport } from './messages.js';
import type { Message } from './relay.js';
import type { Stage } from './stage.js';

/** The crash matrix: which process is killed, at which moment of which step. `docs/crashes.md` lists it. */

const accountSteps = ['create', 'get', 'update role, up', 'update role, down'] as const;
/** The steps of a person who also gets a group and a room. */
const placeSteps = ['join groups', 'enter rooms'] as const;
export type Step = (typeof accountSteps | typeof placeSteps)[number];

export const isPlaceStep = (step: Step): boolean => placeSteps.some((each) => each === step);

const victims = ['worker', 'server', 'worker and server', 'starter'] as const;
export type Victim = (typeof victims)[number];

export interface Moment {
  name: string;
  /** Stops the step at this moment, and resolves once it has stopped. */
  stop(stage: Stage, step: Step): Promise<void>;
  /** The moment is a lasting state, in which no command is running. */
  isState?: true;
  /** The command that is running then. Without it, the command that takes the step. */
  command?: 'detached' | 'retry' | 'change';
  steps?: readonly Step[];
  victims?: readonly Victim[];
  /** The server makes runs continue as new after a few events. */
  onShortRuns?: true;
}

export interface Case {
  step: Step;
  moment: Moment;
  victim: Victim;
}

/** The call that each step is about. */
export const routes: Record<Step, string> = {
  create: 'POST /people',
  get: 'GET /people/{id}',
  'update role, up': 'PUT /people/type/{type}',
  'update role, down': 'POST /people/type',
  'join groups': 'PUT /group/{id}',
  'enter rooms': 'PUT /files/rooms/{id}/share',
};

/** The index of the activity that takes the step. `role` has only one, and places are looked up before the create. */
const activityIndex: Record<Step, number> = {
  create: 1,
  get: 2,
  'update role, up': 3,
  'update role, down': 1,
  'join groups': 5,
  'enter rooms': 6,
};

/** Holds the message of this kind that belongs to the step. */
function atTheWorker(is: (message: Message) => boolean): Moment['stop'] {
  return ({ workerRelay }, step) =>
    workerRelay.holdBack((message, passed) => is(message) && passed.filter(is).length === activityIndex[step]).reached;
}

/** Lets the portal hold a call that belongs to the step. */
function atThePortal(faultsOf: (step: Step) => [...Fault[], Fault]): Moment['stop'] {
  return async ({ portal }, step) => {
    const faults = faultsOf(step);
    await portal.faults(...faults);
    return portal.reached(faults.at(-1)?.route ?? '', 'held');
  };
}

function atTheStarter(methods: readonly string[], part: Message['part']): Moment['stop'] {
  return ({ starterRelay }) =>
    starterRelay.holdBack((message) => methods.includes(message.method) && message.part === part).reached;
}

const hold = { kind: 'hold' } as const;

/** A demotion is a job of the portal. The sandbox changes the role when its progress is read the second time. */
const heldOnceCommitted = (step: Step): [...Fault[], Fault] => {
  if (step !== 'update role, down') return [{ route: routes[step], when: 'after', times: 1, does: hold }];
  const progress = { route: 'GET /people/type/progress/{id}', when: 'after', times: 1 } as const;
  return [
    { ...progress, does: { kind: 'huge', bytes: 1 } },
    { ...progress, does: hold },
  ];
};

/** Holds one SQL statement of the portal, which then continues whether or not the worker is still there. */
function atTheDatabase(statement: 'account' | 'password' | 'mail' | 'group' | 'commit'): Moment['stop'] {
  return async ({ portal }, step) => {
    await portal.faults({ route: '*', times: 1, does: { kind: 'statement', statement, disturbed: 'hold' } });
    return portal.reached(routes[step], 'held');
  };
}

const starting = ['StartWorkflowExecution', 'SignalWithStartWorkflowExecution'];
const byCommand: Pick<Moment, 'command' | 'steps' | 'victims'> = {
  command: 'detached',
  steps: ['create', 'update role, down'],
  victims: ['server', 'worker and server', 'starter'],
};
/** The workflow task that decides what follows the step. */
const afterStep =
  (part: Message['part']): Moment['stop'] =>
  ({ workerRelay }, step) =>
    workerRelay.holdBack(
      (message, passed) =>
        isDecision(part)(message) && passed.filter(isReport('answer')).length === activityIndex[step],
    ).reached;
/** The steps after which such a short run continues as new. */
const continuing: Pick<Moment, 'onShortRuns' | 'steps'> = { onShortRuns: true, steps: ['get', 'update role, down'] };
const state = {
  stop: async () => undefined,
  isState: true,
  victims: ['worker', 'server', 'worker and server'],
} as const;

const received: Moment = {
  name: 'the call has arrived, and nothing has changed',
  stop: atThePortal((step) => [{ route: routes[step], when: 'before', times: 1, does: hold }]),
};
const committed: Moment = {
  name: 'committed by the portal, but not answered',
  stop: atThePortal(heldOnceCommitted),
};
const answered: Moment = {
  name: 'answered by the portal, but not reported to the server',
  stop: atTheWorker(isReport('request')),
};

export const moments: readonly Moment[] = [
  {
    name: 'requested, but the request has not reached the server',
    stop: atTheStarter(starting, 'request'),
    ...byCommand,
  },
  { name: 'recorded, but the starter has no answer', stop: atTheStarter(starting, 'answer'), ...byCommand },
  { name: 'assigned to the worker, before any call', stop: atTheWorker(handsOverStep) },
  received,
  {
    name: 'the call has arrived, nothing has changed, and a heartbeat is recorded',
    stop: async (stage, step) => {
      await received.stop(stage, step);
      await stage.workerRelay.holdBack(isHeartbeat).reached;
    },
    steps: ['create', 'update role, up'],
    victims: ['worker', 'worker and server'],
  },
  committed,
  ...(['account', 'password', 'mail', 'group'] as const).map((statement) => ({
    name: `the portal waits for its database (${statement})`,
    stop: atTheDatabase(statement),
    steps: ['create'] as const,
  })),
  {
    name: 'the portal waits for its database (commit)',
    stop: atTheDatabase('commit'),
    steps: ['update role, up'],
  },
  answered,
  { name: 'reported to the server, but not acknowledged', stop: atTheWorker(isReport('answer')) },
  {
    name: 'the next command is decided, but not recorded',
    stop: afterStep('request'),
  },
  { name: 'continue-as-new is decided, but not recorded', stop: afterStep('request'), ...continuing },
  { name: 'continued as new, but not acknowledged', stop: afterStep('answer'), ...continuing },
  { name: 'needs attention', command: 'retry', ...state },
  {
    name: 'retried, but the starter has no answer',
    stop: atTheStarter(['SignalWorkflowExecution'], 'answer'),
    command: 'retry',
  },
  {
    name: 'the role window is open',
    command: 'change',
    steps: ['update role, up'],
    ...state,
  },
  {
    name: 'a role change is recorded in the role window, but the starter has no answer',
    stop: atTheStarter(starting, 'answer'),
    command: 'change',
    steps: ['update role, up'],
  },
];

const casesOf = (moment: Moment, ofSteps: readonly Step[], ofVictims: readonly Victim[]): Case[] =>
  ofSteps.flatMap((step) => ofVictims.map((victim) => ({ step, moment, victim })));

export const cases: readonly Case[] = [
  ...moments.flatMap((moment) => casesOf(moment, moment.steps ?? accountSteps, moment.victims ?? victims)),
  // A write of a place is harmless if it is repeated, so a few moments are enough.
  ...casesOf(received, placeSteps, ['worker']),
  ...casesOf(committed, placeSteps, ['worker', 'server', 'worker and server']),
  ...casesOf(answered, placeSteps, ['worker and server']),
];

export const nameOf = ({ step, moment, victim }: Case): string => `${step}: ${moment.name}: kill -9 of ${victim}`;
