import { Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { changeRole, status } from '../../../src/contract/onboarding.js';
import type { TestPortal } from '../../support/portal.js';
import { setupPortalAndWorker } from '../../support/scene.js';
import { settledAt, TestTemporal } from '../../support/temporal.js';

/** Whatever somebody sends with `changeRole` is applied or refused, and listed for the audit. */

let portal: TestPortal;
let temporal: TestTemporal;
const person = setupPortalAndWorker('sent', (made) => ({ portal, temporal } = made));

describe('a change that was sent by hand', () => {
  it('is refused with the reason if it names no role', async () => {
    const { handle } = await temporal.settled(person());
    const bad = [
      'Emperor',
      7,
      null,
      undefined,
      true,
      [],
      {},
      { role: 3 },
      { rôle: 'User' },
      'x'.repeat(1_000_000),
      '[link](https://example.com)',
    ];
    for (const payload of bad) await handle.signal('changeRole', payload);
    await handle.signal('changeRole');
    await handle.signal('changerole', 'User');
    const { state, role, roleChanges } = await handle.query(status);
    expect({ state, role }).toEqual({ state: 'onboarded', role: 'User' });
    expect(roleChanges).toHaveLength(bad.length + 1);
    for (const change of roleChanges) {
      expect(change).toMatchObject({ state: 'refused', message: expect.stringContaining('is not a role') });
    }
    expect(JSON.stringify(roleChanges).length).toBeLessThan(4_000);
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(currentDetails).toContain('Refused: ');
    expect(currentDetails).toContain(String.raw`"\[link\](https://example.com)" is not a role`);
    await handle.signal(changeRole, 'RoomAdmin');
    expect(await settledAt(handle)).toMatchObject({ role: 'RoomAdmin' });
  });

  it.each([
    ['json/plain', 'RoomAdmin'],
    ['json/protobuf', '"RoomAdmin"'],
    ['binary/encrypted', 'RoomAdmin'],
    ['', '"RoomAdmin"'],
  ])('is refused if it cannot be read (%s %s)', async (encoding, text) => {
    const { handle } = await temporal.settled(person());
    await temporal.client.workflowService.signalWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: handle.workflowId },
      signalName: changeRole.name,
      input: { payloads: [{ metadata: { encoding: Buffer.from(encoding) }, data: Buffer.from(text) }] },
    });
    const { roleChanges } = await handle.query(status);
    expect(roleChanges).toMatchObject([
      { state: 'refused', message: expect.stringContaining('not JSON in the encoding json/plain') },
    ]);
    await handle.signal(changeRole, 'RoomAdmin');
    expect(await settledAt(handle)).toMatchObject({ role: 'RoomAdmin' });
  });

  it('is listed shortened if it has a megabyte of text', async () => {
    const { handle } = await temporal.settled(person());
    await handle.signal(changeRole, { role: ` RoomAdmin${' '.repeat(1_000_000)}`, reason: 'x'.repeat(900_000) });
    const { role, requestedRole, roleChanges } = await settledAt(handle);
    expect({ role, requestedRole }).toEqual({ role: 'RoomAdmin', requestedRole: 'RoomAdmin' });
    expect(JSON.stringify(roleChanges).length).toBeLessThan(1_000);
  });

  it('is listed with its sender, reason, roles and times', async () => {
    const { handle } = await temporal.settled(person());
    await handle.signal(changeRole, { role: 'Manager', reason: 'leads the class now' });
    const { roleChanges } = await settledAt(handle);
    expect(roleChanges).toEqual([
      {
        role: 'Manager',
        reason: 'leads the class now',
        by: temporal.client.options.identity,
        at: expect.stringMatching(/^2\d{3}-/),
        state: 'applied',
        from: 'User',
        confirmedAt: expect.stringMatching(/^2\d{3}-/),
      },
    ]);
  });

  it('keeps the order of senders if it arrived before a worker', async () => {
    const input = person();
    const other = new Client({ connection: temporal.client.connection, identity: 'somebody else' });
    const taskQueue = crypto.randomUUID();
    const handle = await temporal.start(input, taskQueue);
    await handle.signal(changeRole, 'RoomAdmin');
    await other.workflow.getHandle(handle.workflowId).signal(changeRole, 'DocSpaceAdmin');
    const worker = await TestTemporal.start(portal.as(), undefined, taskQueue);
    const { roleChanges } = await settledAt(handle);
    expect(roleChanges.map(({ by, role }) => [by, role])).toEqual([
      [temporal.client.options.identity, 'RoomAdmin'],
      ['somebody else', 'DocSpaceAdmin'],
    ]);
    await worker.stop();
  });
});
