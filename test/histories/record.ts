import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { it } from 'vitest';
import { startBatch } from '../../src/client/start-batch.js';
import type { OnboardingHandle } from '../../src/client/outcomes.js';
import { signalPlaces } from '../../src/client/send-signal.js';
import { chunkId } from '../../src/contract/batch.js';
import { changeRole, retry, untilSettled, type OnboardingInput } from '../../src/contract/onboarding.js';
import { changePlaces, groupCreationId } from '../../src/contract/places.js';
import { errorBody } from '../docspace/answering-portal.js';
import { TestPortal } from '../support/portal.js';
import { startServer, TestTemporal, until } from '../support/temporal.js';

/**
 * Records a history of every kind of run, on a real server against the sandbox. It never overwrites a history, because open
 * runs have such histories. After a change that matters, `KIND=onboard-user.adopted npm run histories` records a kind again,
 * under the next number.
 */

interface Scene {
  portal: TestPortal;
  temporal: TestTemporal;
  person: (given?: Partial<OnboardingInput>) => OnboardingInput;
}

/** The runs to record. */
type Recorded = { workflowId: string; runId?: string }[];

const promotion = 'PUT /people/type/{type}';
const noRight = { kind: 'answer', status: 403, body: errorBody(403, 'no') } as const;
const noSeat = { kind: 'answer', status: 402, body: '{"status":1,"statusCode":402}' } as const;

const kinds: Record<string, (scene: Scene) => Promise<Recorded>> = {
  async 'onboard-user.adopted'({ portal, temporal, person }) {
    const input = person({ existing: 'adopt', role: 'RoomAdmin', roleWindow: 0 });
    await portal.as().createUser({ firstName: 'A', lastName: 'B', email: input.email, type: 'User', comment: '' });
    const handle = await temporal.start(input);
    await handle.result();
    return [handle];
  },

  async 'onboard-user.promoted'({ temporal, person }) {
    const handle = await temporal.start(person({ role: 'Manager', roleWindow: 0 }));
    await handle.result();
    return [handle];
  },

  async 'onboard-user.kept-higher-and-lowered'({ portal, temporal, person }) {
    const input = person({ existing: 'adopt', roleWindow: '2s' });
    const user = { firstName: 'A', lastName: 'B', email: input.email, type: 'User' as const, comment: '' };
    const { id } = await portal.as().createUser(user);
    await portal.as().promote(id, 'RoomAdmin');
    const { handle } = await temporal.settled(input);
    await handle.signal(changeRole, 'User');
    await handle.result();
    return [handle];
  },

  async 'onboard-user.mail-requested-again'({ portal, person }) {
    const temporal = await TestTemporal.start(portal.as(), 1_000);
    const input = person({ role: 'RoomAdmin', roleWindow: 0 });
    const does = { kind: 'statement', statement: 'mail', disturbed: 'before' } as const;
    await portal.faults({ route: '*', about: input.email, times: 1, does });
    const handle = await temporal.start(input);
    await handle.result();
    await write('onboard-user.mail-requested-again', temporal, handle);
    await temporal.stop();
    return [];
  },

  async 'onboard-user.created-a-group'({ portal, temporal, person }) {
    const handle = await temporal.start(person({ groups: ['5a'], createGroups: true, roleWindow: 0 }));
    await handle.result();
    await write('create-group', temporal, { workflowId: groupCreationId(portal.url, '5a') });
    return [handle];
  },

  async 'onboard-user.failed'({ portal, temporal, person }) {
    const input = person({ role: 'RoomAdmin' });
    await portal.as().createUser({ firstName: 'A', lastName: 'B', email: input.email, type: 'User', comment: '' });
    const handle = await temporal.start(input);
    await handle.result().catch(() => undefined);
    return [handle];
  },

  async 'onboard-user.cancelled'({ portal, temporal, person }) {
    await portal.faults({ route: 'GET /people/{id}', times: 1, does: { kind: 'hold' } });
    const handle = await temporal.start(person());
    await until(handle, ({ steps }) => steps.get.state === 'running');
    await handle.cancel();
    await handle.result().catch(() => undefined);
    await portal.release();
    return [handle];
  },

  async 'onboard-user.needed-attention-and-resumed'({ portal, temporal, person }) {
    await portal.faults({ route: promotion, times: 1, does: noSeat });
    const { handle } = await temporal.settled(person({ role: 'RoomAdmin', roleWindow: '1s' }));
    await handle.signal(retry);
    await handle.result();
    return [handle];
  },

  async 'onboard-user.portal-refused-everybody'({ portal, temporal, person }) {
    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'answer', status: 402 } });
    const handle = await temporal.startSkippingTime(person({ roleWindow: 0 }));
    await handle.result();
    return [handle];
  },

  async 'onboard-user.changed-before-the-start'({ portal, temporal, person }) {
    const taskQueue = crypto.randomUUID();
    const handle = await temporal.start(person({ roleWindow: '1s' }), taskQueue);
    await handle.signal(changeRole, 'DocSpaceAdmin');
    const worker = await TestTemporal.start(portal.as(), undefined, taskQueue);
    await handle.result();
    await worker.stop();
    return [handle];
  },

  async 'onboard-user.changed-during-the-get'({ portal, temporal, person }) {
    await portal.faults({ route: 'GET /people/{id}', times: 1, does: { kind: 'hold' } });
    const handle = await temporal.start(person({ roleWindow: '1s' }));
    await portal.reached('GET /people/{id}', 'received');
    await handle.signal(changeRole, 'RoomAdmin');
    await portal.release();
    await handle.result();
    return [handle];
  },

  async 'onboard-user.changed-during-the-steps'({ portal, temporal, person }) {
    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
    const handle = await temporal.start(person({ roleWindow: '1s' }));
    await portal.reached('POST /people', 'received');
    await handle.signal(changeRole, 'DocSpaceAdmin');
    await handle.signal(changeRole, { role: 'RoomAdmin', reason: 'a slip' });
    await portal.release();
    await handle.result();
    return [handle];
  },

  async 'onboard-user.changed-during-the-update'({ portal, temporal, person }) {
    await portal.faults(
      { route: promotion, times: 1, does: { kind: 'hold' } },
      { route: promotion, when: 'after', times: 1, does: noSeat },
    );
    const handle = await temporal.start(person({ role: 'RoomAdmin', roleWindow: '1s' }));
    await portal.reached(promotion, 'received');
    await handle.signal(changeRole, 'User');
    await portal.release();
    await handle.result();
    return [handle];
  },

  async 'onboard-user.changed-while-it-needs-attention'({ portal, temporal, person }) {
    await portal.faults({ route: promotion, times: 1, does: noSeat });
    const { handle } = await temporal.settled(person({ role: 'RoomAdmin', roleWindow: '1s' }));
    await handle.signal(changeRole, 'User');
    await handle.result();
    return [handle];
  },

  async 'onboard-user.changed-in-the-window-and-refused'({ temporal, person }) {
    const { handle } = await temporal.settled(person({ roleWindow: '2s' }));
    for (const payload of ['Emperor', 7, { role: 3 }]) await handle.signal('changeRole', payload);
    await handle.signal(changeRole, 'Guest');
    await handle.result();
    return [handle];
  },

  async 'onboard-user.role-only'({ temporal, person }) {
    const input = person({ roleWindow: 0 });
    await (await temporal.start(input)).result();
    const handle = await temporal.changeRole(input, 'RoomAdmin');
    await handle.result();
    return [handle];
  },

  async 'onboard-user.role-only-without-account'({ temporal, person }) {
    const handle = await temporal.changeRole(person(), 'RoomAdmin');
    await handle.result().catch(() => undefined);
    return [handle];
  },

  async 'onboard-user.continued-as-new'({ portal, person }) {
    const server = await startServer('limit.historyCount.suggestContinueAsNew=30');
    const temporal = await TestTemporal.start(portal.as(), undefined, undefined, { address: server.address });
    const { handle } = await temporal.settled(person({ roleWindow: '2s' }));
    const { runId } = await handle.describe();
    for (const role of ['RoomAdmin', 'Guest', 'User', 'RoomAdmin'] as const) {
      await handle.signal(changeRole, role);
      await settled(handle);
    }
    await handle.result();
    const runs = [{ workflowId: handle.workflowId, runId }, handle];
    for (const [index, run] of runs.entries()) await write(`onboard-user.continued-as-new.${index + 1}`, temporal, run);
    await temporal.stop();
    await server.teardown();
    return [];
  },

  async 'onboard-user.joined-left-and-entered'({ portal, temporal, person }) {
    await makePlaces(portal);
    const { handle } = await temporal.settled(person({ groups: ['5a'], rooms: ['Library: Read'], roleWindow: '5s' }));
    await handle.signal(changePlaces, { join: ['Teachers'], leave: ['5a'], enter: ['Library: Editing'] });
    await settled(handle);
    await handle.signal(changePlaces, { join: ['No such'] });
    await handle.signal(changeRole, 'Guest'); // refused in a group
    await handle.result();
    return [handle];
  },

  async 'onboard-user.entered-after-a-retry'({ portal, temporal, person }) {
    await makePlaces(portal);
    await portal.faults({ route: 'PUT /files/rooms/{id}/share', times: 1, does: noRight });
    const input = person({ role: 'RoomAdmin', groups: ['5a'], rooms: ['Library: RoomManager'], roleWindow: '1s' });
    const { handle } = await temporal.settled(input);
    await handle.signal(retry);
    await handle.result();
    return [handle];
  },

  async 'onboard-user.joined-when-closed'({ portal, temporal, person }) {
    await makePlaces(portal);
    const input = person({ roleWindow: 0 });
    await (await temporal.start(input)).result();
    const handle = await signalPlaces(temporal.session(portal.url), input.email, { join: ['5a'] });
    await handle.result();
    return [handle];
  },

  async 'onboard-user.place-unknown'({ temporal, person }) {
    const handle = await temporal.start(person({ groups: ['No such'] }));
    await handle.result().catch(() => undefined);
    return [handle];
  },

  async 'onboard-batch.places'({ portal, temporal, person }) {
    await makePlaces(portal);
    const people = ['User', 'RoomAdmin', 'Guest'].map((role) => {
      const { email, firstName = '', lastName = '' } = person();
      const groups = role === 'Guest' ? {} : { groups: ['5a'] };
      return { email, firstName, lastName, role, ...groups, rooms: ['Library: Read'] };
    });
    people.push({ ...people[0]!, email: 'unknown@example.com', groups: ['No such'] }); // is handed over, and fails
    const options = { existing: 'fail', mail: true } as const;
    const id = `batch:${temporal.taskQueue}`;
    const batch = await startBatch(temporal.session(portal.url), id, { people, options });
    await batch.result();
    await write('onboard-chunk.places', temporal, { workflowId: chunkId(batch.workflowId, 0) });
    return [batch];
  },

  async 'onboard-batch'({ portal, temporal, person }) {
    await portal.faults({ route: promotion, times: 1, does: noSeat });
    const people = ['User', 'RoomAdmin', 'Guest'].map((role) => {
      const { email, firstName = '', lastName = '' } = person();
      return { email, firstName, lastName, role };
    });
    const options = { existing: 'fail', mail: true } as const;
    const batch = await startBatch(temporal.session(portal.url), `batch:${temporal.taskQueue}`, {
      people,
      options,
    });
    await batch.result();
    await write('onboard-chunk', temporal, { workflowId: chunkId(batch.workflowId, 0) });
    return [batch];
  },
};

async function makePlaces(portal: TestPortal): Promise<void> {
  for (const group of ['5a', 'Teachers']) await portal.createGroup(group);
  await portal.createRoom('Library');
}

async function settled(handle: OnboardingHandle): Promise<void> {
  await handle.executeUpdate(untilSettled).catch(() => settled(handle)); // the run continued as new
}

const { version } = JSON.parse(
  readFileSync(new URL('../../node_modules/@temporalio/worker/package.json', import.meta.url), 'utf8'),
) as { version: string };

const fileOf = (kind: string, number: number): URL =>
  new URL(`${kind}.${version}${number === 1 ? '' : `-${number}`}.json`, import.meta.url);

async function write(kind: string, { client }: TestTemporal, { workflowId, runId }: Recorded[number]): Promise<void> {
  let number = 1;
  while (existsSync(fileOf(kind, number))) number++;
  if (number > 1 && process.env['KIND'] === undefined) return;
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  // Stack traces contain the folders of this checkout and of its packages, which can be a link.
  const folders = [process.cwd(), dirname(realpathSync('node_modules'))];
  const text = folders.reduce((json, each) => json.replaceAll(`${each}/`, ''), historyToJSON(history));
  writeFileSync(fileOf(kind, number), `${text}\n`);
}

it.each(Object.keys(kinds).filter((kind) => (process.env['KIND'] ?? kind) === kind))('%s', async (kind) => {
  const portal = await TestPortal.start();
  const temporal = await TestTemporal.start(portal.as());
  let count = 0;
  const person = (given: Partial<OnboardingInput> = {}): OnboardingInput => ({
    email: `person${++count}@example.com`,
    firstName: 'Jane',
    lastName: 'Roe',
    role: 'User',
    portal: portal.url,
    ...given,
  });
  for (const run of (await kinds[kind]?.({ portal, temporal, person })) ?? []) await write(kind, temporal, run);
  await temporal.stop();
  await portal.close();
});
