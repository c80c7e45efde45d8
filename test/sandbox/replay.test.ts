import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KeyHolder } from '../../src/sandbox/portal/seed.js';
import { TestPortal } from '../support/portal.js';

interface Exchange {
  n: number;
  name: string;
  who?: KeyHolder;
  method: string;
  path: string;
  body?: unknown;
  /** Replaces the `Authorization` header. */
  authorization?: string;
  /** Replaces the media type; empty for none. */
  contentType?: string;
  status: number;
  type?: string;
  allow?: string;
  'www-authenticate'?: string;
  answer?: unknown;
}

/** What may differ, as `number of the exchange: member`, with the reason. */
const allowedDifferences: Record<string, string> = {};

const tag = 'probetag';
const recordings = new URL('./recordings/exchanges.jsonl', import.meta.url);
const exchanges = readFileSync(recordings, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Exchange);

let portal: TestPortal;
/** Ids of the recording, and the sandbox's own. */
const ids = new Map<string, string>();

beforeAll(async () => {
  portal = await TestPortal.start();
});

afterAll(() => portal.close());

/** What the sandbox is sent for a text of the recording. */
function toRequest(text: string): string {
  return text
    .replaceAll(/PROBETAG|TAG/g, (placeholder) => (placeholder === 'TAG' ? tag : tag.toUpperCase()))
    .replaceAll(/\{(ID\d+)\}/g, (_, id: string) => ids.get(id)?.toUpperCase() ?? id)
    .replaceAll(/ID\d+/g, (id) => ids.get(id) ?? id)
    .replaceAll(/\{(\w)\*(\d+)\}/g, (_, letter: string, count: string) => letter.repeat(Number(count)));
}

async function send({
  who,
  method,
  path,
  body,
  authorization,
  contentType = 'application/json',
}: Exchange): Promise<Response> {
  const credentials = authorization?.replace('{owner}', portal.keys.owner) ?? (who && `Bearer ${portal.keys[who]}`);
  const text = body === undefined ? undefined : toRequest(typeof body === 'string' ? body : JSON.stringify(body));
  return fetch(`${portal.url}/api/2.0${toRequest(path)}`, {
    method,
    headers: {
      ...(credentials !== undefined && { authorization: credentials }),
      ...(text !== undefined && contentType !== '' && { 'content-type': contentType }),
    },
    // A text would get a media type from fetch.
    ...(text !== undefined && { body: Buffer.from(text) }),
  });
}

/** The members of an answer by their paths. Items of a list are known by e-mail or name, because a list has no order. */
function flatten(value: unknown, path = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  if (!Array.isArray(value))
    return Object.entries(value).flatMap(([name, member]) => flatten(member, `${path}.${name}`));
  if (value.length === 0) return [[path, '[]']];
  return value.flatMap((item: unknown, index) => flatten(item, `${path}[${keyOf(item) ?? index}]`));
}

function keyOf(item: unknown): string | undefined {
  const { email, name, membersCount } = item as { email?: string; name?: string; membersCount?: number };
  const key = email ?? (membersCount !== undefined ? `${name} (${membersCount})` : undefined);
  return key?.replaceAll(tag, 'TAG');
}

/** A value of the recording and one of the sandbox that may stand for each other. */
function isSame(recorded: unknown, own: unknown): boolean {
  if (typeof recorded !== 'string' || typeof own !== 'string') return recorded === own || recorded === 'N';
  if (recorded === '<text>') return own !== '';
  const time = (text: string): string =>
    /^[\d9]{4}-[\d9]{2}-[\d9]{2}T/.test(text) ? text.replaceAll(/\d/g, '9') : text;
  const expected = time(recorded).replaceAll('URL', portal.url).replaceAll('TAG', tag);
  const [id] = /ID\d+/.exec(expected) ?? [];
  const [ownId] = /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/.exec(own) ?? [];
  if (id && ownId && !ids.has(id)) ids.set(id, ownId);
  return expected.replaceAll(/ID\d+/g, (each) => ids.get(each) ?? each) === time(own);
}

/** A list that has no order and was cut has the same number of people, and each has the same members. */
function sample(answer: unknown, isCut: boolean): unknown {
  const { response, ...envelope } = answer as { response?: unknown };
  if (!isCut || !Array.isArray(response)) return answer;
  const [first] = response.filter((item): item is object => typeof item === 'object');
  const members = Object.keys(first ?? {}).filter((name) => !/^(notes|cultureName|avatar.*)$/.test(name));
  return { ...envelope, members: members.sort().join() };
}

async function differences(exchange: Exchange): Promise<string[]> {
  const answer = await send(exchange);
  const text = await answer.text();
  const header = (name: string): string | undefined => answer.headers.get(name) ?? undefined;
  const hasNoOrder = /\/filter\?(?!.*sortBy).*count=/.test(exchange.path) || exchange.path === '/people/invite';
  const recorded = flatten({
    status: exchange.status,
    type: exchange.type,
    allow: exchange.allow,
    authenticate: exchange['www-authenticate'],
    ...(exchange.answer !== undefined && { answer: sample(exchange.answer, hasNoOrder) }),
  });
  const own = new Map(
    flatten({
      status: answer.status,
      type: header('content-type'),
      allow: header('allow'),
      authenticate: header('www-authenticate'),
      ...(text !== '' && { answer: sample(JSON.parse(text), hasNoOrder) }),
    }),
  );
  const found = recorded.filter(([path, value]) => !isSame(value, own.get(path))).map(([path]) => path);
  const known = new Set(recorded.map(([path]) => path));
  const left = /\.(links|stack|traceId|avatar\w*)\b/;
  return [...found, ...[...own.keys()].filter((path) => !known.has(path) && !left.test(path))];
}

/** The recorder asked for the progress of each job until it was over. */
async function finishJob({ path, method, body }: Exchange): Promise<void> {
  if (method !== 'POST' || path !== '/people/type') return;
  const { userId } = body as { userId: string };
  for (let asked = 0; asked < 2; asked++) await portal.raw('GET', toRequest(`/people/type/progress/${userId}`));
}

it('answers as the vendor’s server did', async () => {
  const found: string[] = [];
  for (const exchange of exchanges) {
    for (const path of await differences(exchange)) found.push(`${exchange.n} ${exchange.name}: ${path}`);
    await finishJob(exchange);
  }
  expect(found.sort()).toEqual(Object.keys(allowedDifferences).sort());
  expect(Object.keys(allowedDifferences).length).toBeLessThanOrEqual(10);
});
