import type { Fault } from '../../src/sandbox/faults/faults.js';
import { handsOverStep, isDecision, isReport } from './messages.js';
import type { Message } from './relay.js';
import type { Stage } from './stage.js';

/** The matrix: what is killed, at which moment of which step. `docs/crashes.md` shows it. */

export const steps = ['create', 'get', 'update role, up', 'update role, down'] as const;
export type Step = (typeof steps)[number];

const victims = ['worker', 'server', 'worker and server', 'starter'] as const;
export type Victim = (typeof victims)[number];

export interface Moment {
  name: string;
  /** Makes the step stop there, and resolves once it has. */
  stop(stage: Stage, step: Step): Promise<void>;
  /** It lasts, and no command is under way in it. */
  isState?: true;
  /** The command that is under way then; without one, the one that takes the step. */
  command?: 'detached' | 'retry' | 'change';
  steps?: readonly Step[];
  victims?: readonly Victim[];
  /** On a server whose runs go on as new ones after a few events. */
  onShortRuns?: true;
}

export interface Case {
  step: Step;
  moment: Moment;
  victim: Victim;
}

/** The call of each step that changes or shows what it is about. */
export const routes: Record<Step, string> = {
  create: 'POST /people',
  get: 'GET /people/{id}',
  'update role, up': 'PUT /people/type/{type}',
  'update role, down': 'POST /people/type',
};

/** Which of a command's activities takes the step: `role` has only the one. */
const places: Record<Step, number> = { create: 1, get: 2, 'update role, up': 3, 'update role, down': 1 };

/** Holds the message of its kind that belongs to the step. */
function atTheWorker(is: (message: Message) => boolean): Moment['stop'] {
  return ({ workerRelay }, step) =>
    workerRelay.holdBack((message, passed) => is(message) && passed.filter(is).length === places[step]).reached;
}

function atThePortal(fault: (step: Step) => Fault[], phase: 'received' | 'committed'): Moment['stop'] {
  return async ({ portal }, step) => {
    await portal.faults(...fault(step));
    return portal.reached(routes[step], phase);
  };
}

function atTheStarter(methods: readonly string[], part: Message['part']): Moment['stop'] {
  return ({ starterRelay }) =>
    starterRelay.holdBack((message) => methods.includes(message.method) && message.part === part).reached;
}

const hold = { kind: 'hold' } as const;

/** Downwards the portal works on it, and changes the role when it is asked the second time how far it is. */
const heldOnceCommitted = (step: Step): Fault[] => {
  if (step !== 'update role, down') return [{ route: routes[step], when: 'after', times: 1, does: hold }];
  const progress = { route: 'GET /people/type/progress/{id}', when: 'after', times: 1 } as const;
  return [
    { ...progress, does: { kind: 'huge', bytes: 1 } },
    { ...progress, does: hold },
  ];
};

const starting = ['StartWorkflowExecution', 'SignalWithStartWorkflowExecution'];
const byCommand: Pick<Moment, 'command' | 'steps' | 'victims'> = {
  command: 'detached',
  steps: ['create', 'update role, down'],
  victims: ['server', 'worker and server', 'starter'],
};
/** The decision on what comes after the step. */
const afterStep =
  (part: Message['part']): Moment['stop'] =>
  ({ workerRelay }, step) =>
    workerRelay.holdBack(
      (message, passed) => isDecision(part)(message) && passed.filter(isReport('answer')).length === places[step],
    ).reached;
/** With so few events, that is after these. */
const continuing: Pick<Moment, 'onShortRuns' | 'steps'> = { onShortRuns: true, steps: ['get', 'update role, down'] };
const state = {
  stop: async () => undefined,
  isState: true,
  victims: ['worker', 'server', 'worker and server'],
} as const;

export const moments: readonly Moment[] = [
  { name: 'asked for, and the server has not heard of it', stop: atTheStarter(starting, 'request'), ...byCommand },
  { name: 'recorded, and whoever asked does not know', stop: atTheStarter(starting, 'answer'), ...byCommand },
  { name: 'handed to the worker, and no call is sent', stop: atTheWorker(handsOverStep) },
  {
    name: 'the call has arrived, and nothing is changed',
    stop: atThePortal((step) => [{ route: routes[step], when: 'before', times: 1, does: hold }], 'received'),
  },
  { name: 'carried out, and not answered', stop: atThePortal(heldOnceCommitted, 'committed') },
  { name: 'answered, and the server does not know', stop: atTheWorker(isReport('request')) },
  { name: 'the server knows, and the worker does not know that', stop: atTheWorker(isReport('answer')) },
  {
    name: 'what comes next is decided, and not recorded',
    stop: afterStep('request'),
  },
  { name: 'the run is to go on as a new one, and that is not recorded', stop: afterStep('request'), ...continuing },
  { name: 'the run goes on as a new one, and the worker does not know', stop: afterStep('answer'), ...continuing },
  { name: 'it waits for a person', command: 'retry', ...state },
  {
    name: 'a person has released it, and does not know',
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
    name: 'a change has been sent in the role window, and whoever sent it does not know',
    stop: atTheStarter(starting, 'answer'),
    command: 'change',
    steps: ['update role, up'],
  },
];

export const cases: readonly Case[] = moments.flatMap((moment) =>
  (moment.steps ?? steps).flatMap((step) => (moment.victims ?? victims).map((victim) => ({ step, moment, victim }))),
);

/** A diagonal through the matrix: each moment, each step and each victim, in a minute. */
export const fewCases: readonly Case[] = moments.map((moment, index) => {
  const [ofSteps, ofVictims] = [moment.steps ?? steps, moment.victims ?? victims];
  return {
    moment,
    step: ofSteps[index % ofSteps.length] ?? 'create',
    victim: ofVictims[index % ofVictims.length] ?? 'worker',
  };
});

export const nameOf = ({ step, moment, victim }: Case): string => `${step}: ${moment.name}: kill -9 of ${victim}`;
