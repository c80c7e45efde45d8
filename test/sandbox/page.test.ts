import { expect, it, onTestFinished } from 'vitest';
import { TestPortal } from '../support/portal.js';
import { ask, newcomer, self, shown } from './call-portal.js';

it('GET / shows the people and their roles, with everything escaped', async () => {
  const portal = await TestPortal.start();
  onTestFinished(() => portal.close());
  await shown(portal, 'POST /people', newcomer({ email: '"<b>"@example.com', comment: '<script>', type: 'User' }));
  const answer = await fetch(portal.url);
  const page = await answer.text();
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8']);
  for (const text of ['Olivia Owner', 'gina@sandbox.example', '&lt;script&gt;', '&quot;&lt;b&gt;&quot;@example.com']) {
    expect(page).toContain(text);
  }
  expect(page).not.toMatch(/<script>|sk-/);
});

it('GET / shows groups and rooms with everybody in them', async () => {
  const portal = await TestPortal.start();
  onTestFinished(() => portal.close());
  const { id } = await self(portal, 'user');
  await shown(portal, 'POST /group', { groupName: '<Teachers>', members: [id] });
  const room = await shown(portal, 'POST /files/rooms', { title: 'Maths', roomType: 5 });
  await ask(portal, `PUT /files/rooms/${room.id}/share`, { invitations: [{ id, access: 10 }] });
  const page = await (await fetch(portal.url)).text();
  for (const text of ['&lt;Teachers&gt;', 'Maths', 'olivia@sandbox.example: owner, ugo@sandbox.example: Editing']) {
    expect(page).toContain(text);
  }
});
