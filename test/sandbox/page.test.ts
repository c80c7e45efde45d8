import { expect, it, onTestFinished } from 'vitest';
import { TestPortal } from '../support/portal.js';
import { newcomer, shown } from './call-portal.js';

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
