import { Client, Connection } from '@temporalio/client';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importOnce, importTwice } from '../../support/imports.js';
import { TestPortal } from '../../support/portal.js';
import { processEnv, setupWorkerProcess } from '../../support/scene.js';
import { emptyFolder, runStarter, spawnProgram, type Finished } from '../../support/starter.js';

/** `import` as a process, with a worker of its own, on a Temporal server that it did not start. */

let portal: TestPortal;
let env: Record<string, string>;
setupWorkerProcess((made) => ({ portal, env } = made));

let group = 0;

interface Row {
  email: string;
  role: string;
}

function rows(...roles: string[]): Row[] {
  group++;
  return roles.map((role, index) => ({ email: `g${group}.p${index}@example.com`, role }));
}

function csvOf(people: readonly Row[]): string {
  const lines = people.map(({ email, role }) => `Jane;Roe;${email};${role};7b`);
  return ['First name;Last name;E-mail;Role;Class', ...lines, ''].join('\r\n');
}

/** A folder with the file, in which the command is run. */
function folderWith(people: readonly Row[]): string {
  const cwd = emptyFolder();
  writeFileSync(join(cwd, 'people.csv'), csvOf(people));
  return cwd;
}

const importIn = (cwd: string, ...flags: string[]): Promise<Finished> =>
  runStarter(['import', 'people.csv', ...flags], { cwd, env });

const imported = (cwd: string, ...flags: string[]): Promise<Finished> =>
  importTwice(portal, () => importIn(cwd, ...flags));

async function writesAbout(people: readonly Row[]): Promise<string[]> {
  const emails = new Set(people.map(({ email }) => email));
  const lines = await portal.ledger();
  return lines
    .filter(({ about, phase, route }) => emails.has(about) && phase === 'received' && route.startsWith('POST'))
    .map(({ about }) => about);
}

/** Resolves once the open chunk of this worker has accepted the update of a command. */
async function chunkAcceptsUpdate(): Promise<void> {
  const connection = await Connection.connect({ address: env['TEMPORAL_ADDRESS'] ?? '' });
  const { workflow } = new Client({ connection });
  const query = `WorkflowType = 'onboardChunk' AND ExecutionStatus = 'Running' AND TaskQueue = '${env['TASK_QUEUE']}'`;
  const isAccepted = async (): Promise<boolean> => {
    for await (const { workflowId } of workflow.list({ query })) {
      const { events = [] } = await workflow.getHandle(workflowId).fetchHistory();
      if (events?.some((event) => event.workflowExecutionUpdateAcceptedEventAttributes)) return true;
    }
    return false;
  };
  await expect.poll(isAccepted).toBe(true);
  await connection.close();
}

const lastJson = (stdout: string): unknown => JSON.parse(stdout.trim().split('\n').at(-1) ?? '');

const noSeat = { kind: 'answer', status: 402, body: '{"status":1,"statusCode":402}' } as const;

describe('import', () => {
  it('onboards everybody after it printed its plan, and prints a true headline', async () => {
    const people = rows('User', 'Manager', 'Guest');
    const { code, stdout, stderr } = await imported(folderWith(people));
    expect(code).toBe(0);
    expect(stderr).toContain(`3 accounts, 2 activation mails, 1 paid seat, at ${portal.url}`);
    expect(stderr).toMatch(/Started batch:[\da-f]+: the server has the whole list/);
    expect(stdout.split('\n')[0]).toBe('✓ 3 onboarded');
    const accounts = await portal.people();
    const types = people.map(({ email }) => accounts.filter((each) => each.email === email).map(({ type }) => type));
    expect(types).toEqual([['User'], ['RoomAdmin'], ['Guest']]);
  });

  it('writes the user’s own columns with the result of each row, and the rows to fix beside it', async () => {
    const people = rows('User', 'User', 'User');
    const email = people[1]?.email ?? '';
    await portal.as().createUser({ firstName: 'Jane', lastName: 'Roe', email, type: 'RoomAdmin', comment: '' });
    const cwd = folderWith(people);
    const importing = (): Promise<Finished> => importIn(cwd, '--out', 'result.csv');
    const { code, stdout } = await importOnce('the result says who was created now', importing);
    expect(code).toBe(4);
    expect(stdout.split('\n')[0]).toBe('! 2 onboarded · 1 failed');
    expect(stdout).toContain(`${email}  an account with this e-mail already exists`);
    const [header = '', ...lines] = readFileSync(join(cwd, 'result.csv'), 'utf8').trimEnd().split('\r\n');
    expect(header).toBe(
      '\uFEFFFirst name;Last name;E-mail;Role;Class;state;role at the portal;user id;created;name at the portal;message',
    );
    expect(lines[0]).toMatch(/^Jane;Roe;g\d+\.p0@example.com;User;7b;onboarded;User;[\da-f-]{36};now;;$/);
    expect(lines[1]).toContain(';7b;failed;');
    const failed = readFileSync(join(cwd, 'result.failed.csv'), 'utf8');
    expect(failed.trim().split('\r\n')).toHaveLength(2);

    await portal.raw('PUT', '/people/status/Terminated', { userIds: [(await portal.withEmail(email))[0]?.id] });
    await portal.raw('DELETE', `/people/${(await portal.withEmail(email))[0]?.id}`);
    const again = await runStarter(['import', 'result.failed.csv'], { cwd, env });
    expect([again.code, again.stdout.split('\n')[0]]).toEqual([0, '✓ 1 onboarded']);
  });

  it('writes nothing for a finished file, and only new people for a corrected one', async () => {
    const people = rows('User', 'RoomAdmin');
    const cwd = folderWith(people);
    expect((await imported(cwd)).code).toBe(0);
    const before = await portal.ledger();
    const again = await imported(cwd, '--json');
    expect(lastJson(again.stdout)).toMatchObject({ state: 'onboarded', counts: { onboarded: 2 } });
    const since = (await portal.ledger()).slice(before.length);
    expect(since.filter(({ route }) => !route.startsWith('GET'))).toEqual([]);

    const corrected = [...people, ...rows('User')];
    writeFileSync(join(cwd, 'people.csv'), csvOf(corrected));
    expect((await imported(cwd)).code).toBe(0);
    expect(await writesAbout(corrected)).toEqual(corrected.map(({ email }) => email));
  });

  it('continues with people who needed attention, and shows their new state', async () => {
    const people = rows('RoomAdmin', 'User');
    await portal.faults({ route: 'PUT /people/type/{type}', times: 2, does: noSeat });
    const { code, stdout } = await imported(folderWith(people), '--json');
    expect(code).toBe(5);
    const { batchId, toLookAt } = lastJson(stdout) as { batchId: string; toLookAt: Row[] };
    expect(toLookAt).toMatchObject([{ email: people[0]?.email, state: 'needs-attention', role: 'User' }]);

    const retried = await runStarter(['retry', '--batch', batchId], { env });
    expect([retried.code, retried.stdout]).toEqual([0, expect.stringContaining('1 onboarding resumed: 1 onboarded')]);
    const none = await runStarter(['retry', '--batch', batchId.slice('batch:'.length)], { env });
    expect([none.code, none.stdout]).toEqual([0, `No onboarding of ${batchId} needs attention.\n`]);
    const shown = await runStarter(['status', '--batch', batchId, '--json'], { env });
    expect([shown.code, lastJson(shown.stdout)]).toMatchObject([0, { state: 'onboarded', counts: { onboarded: 2 } }]);
  });

  it('leaves people who need attention, whom `cancel --batch` cancels although the batch has ended', async () => {
    const people = rows('RoomAdmin', 'User');
    await portal.faults({ route: 'PUT /people/type/{type}', times: 2, does: noSeat });
    const { batchId } = lastJson((await imported(folderWith(people), '--json')).stdout) as { batchId: string };
    const cancelled = await runStarter(['cancel', '--batch', batchId, '--json'], { env });
    expect([cancelled.code, lastJson(cancelled.stdout)]).toMatchObject([0, { counts: { onboarded: 1, cancelled: 1 } }]);
    const own = await runStarter(['status', people[0]?.email ?? '', '--json'], { env });
    expect(lastJson(own.stdout)).toMatchObject({ state: 'cancelled', role: 'User' });
    const again = await runStarter(['cancel', '--batch', batchId], { env });
    expect([again.code, again.stderr]).toEqual([4, expect.stringContaining('nothing to cancel')]);
  });

  it('leaves people whom `cancel --batch` cancels also if they were resumed meanwhile', async () => {
    const people = rows('RoomAdmin', 'User');
    await portal.faults({ route: 'PUT /people/type/{type}', times: 2, does: noSeat });
    const { batchId } = lastJson((await imported(folderWith(people), '--json')).stdout) as { batchId: string };
    await portal.faults({ route: 'PUT /people/type/{type}', when: 'before', does: { kind: 'hold' } });
    const retrying = spawnProgram('starter', ['retry', '--batch', batchId], { env });
    await portal.reached('PUT /people/type/{type}', 'received');
    const cancelled = await runStarter(['cancel', '--batch', batchId, '--json'], { env });
    await portal.release();
    expect([cancelled.code, lastJson(cancelled.stdout)]).toMatchObject([0, { counts: { onboarded: 1, cancelled: 1 } }]);
    await retrying.finished;
  });

  it('reads standard input, and JSON lines', async () => {
    const people = rows('User');
    const line = JSON.stringify({ firstName: 'Jane', lastName: 'Roe', ...people[0] });
    const running = spawnProgram('starter', ['import', '-', '--json'], { env, input: line });
    const { stdout, stderr } = await running.finished;
    expect(JSON.parse(stdout)).toMatchObject({ state: 'onboarded', people: 1 }); // one document
    expect(stderr).toContain('1 account, 1 activation mail, 0 paid seats, at');
  });

  it('attaches to the open batch of the same file, and creates nobody twice', async () => {
    const people = rows('User');
    const cwd = folderWith(people);
    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
    const first = spawnProgram('starter', ['import', 'people.csv', '--json'], { cwd, env });
    await portal.reached('POST /people', 'received');
    const second = spawnProgram('starter', ['import', 'people.csv', '--json'], { cwd, env });
    await second.prints(/is already being imported/);
    await portal.release();
    const [one, two] = await Promise.all([first.finished, second.finished]);
    expect(lastJson(one.stdout)).toEqual(lastJson(two.stdout));
    expect(await writesAbout(people)).toHaveLength(1);
  });
});

describe('an import of people who exist', () => {
  it('keeps a higher role: exit 5, or 0 with --keep-higher, and lowers it only with --allow-demotion', async () => {
    const people = rows('User', 'User');
    const cwd = folderWith(people);
    expect((await imported(cwd)).code).toBe(0);
    const { id = '' } = (await portal.withEmail(people[0]?.email ?? ''))[0] ?? {};
    await portal.as().promote(id, 'DocSpaceAdmin');

    const dry = await importIn(cwd, '--dry-run');
    expect(dry.stdout).toContain(
      'keeps DocSpaceAdmin, although the file requests User; --allow-demotion would lower it',
    );
    expect(dry.stdout).toContain('1 keeping a higher role');
    const kept = await imported(cwd);
    expect([kept.code, kept.stdout.split('\n')[0]]).toEqual([
      5,
      '! 1 onboarded: 0 created now, 1 existed · 1 kept a higher role',
    ]);
    const accepted = await importOnce('is the second import', () => importIn(cwd, '--keep-higher'));
    expect(accepted.code).toBe(0);
    expect(await portal.withEmail(people[0]?.email ?? '')).toMatchObject([{ type: 'DocSpaceAdmin' }]);
    const lowered = await imported(cwd, '--allow-demotion', '--json');
    expect([lowered.code, lastJson(lowered.stdout)]).toMatchObject([
      0,
      { state: 'onboarded', created: { earlier: 2 } },
    ]);
    expect(await portal.withEmail(people[0]?.email ?? '')).toMatchObject([{ type: 'User' }]);
  });

  it('plans only what it does: no seats and no mails for those who are onboarded', async () => {
    const people = rows('RoomAdmin', 'RoomAdmin');
    const cwd = folderWith(people);
    expect((await imported(cwd)).code).toBe(0);
    const { code, stdout, stderr } = await imported(cwd, '--max-paid', '0');
    expect([code, stdout.split('\n')[0]]).toEqual([0, '✓ 2 onboarded: 0 created now, 2 existed']);
    expect(stderr).toContain('0 accounts, 0 activation mails, 0 paid seats');
  });

  it('reports a name that differs, and a conflict if both names do', async () => {
    const people = rows('User', 'User');
    const [married, other] = people;
    await portal
      .as()
      .createUser({ firstName: 'Jane', lastName: 'Doe', email: married?.email ?? '', type: 'User', comment: '' });
    await portal
      .as()
      .createUser({ firstName: 'Peter', lastName: 'Fischer', email: other?.email ?? '', type: 'User', comment: '' });
    const { code, stdout } = await imported(folderWith(people), '--json');
    expect(code).toBe(5);
    expect(lastJson(stdout)).toMatchObject({
      counts: { onboarded: 1, 'needs-attention': 1 },
      otherNames: 1,
      toLookAt: [{ otherName: 'Jane Doe' }, { message: expect.stringContaining('belongs to Peter Fischer') }],
    });
  });
});

describe('a person in an import', () => {
  it('is known to status, history and role afterwards', async () => {
    const people = rows('RoomAdmin');
    const email = people[0]?.email ?? '';
    const { stdout } = await imported(folderWith(people), '--json');
    const { batchId } = lastJson(stdout) as { batchId: string };
    const shown = await runStarter(['status', email, '--json'], { env });
    expect([shown.code, lastJson(shown.stdout)]).toMatchObject([
      0,
      { email, batch: batchId, state: 'onboarded', role: 'RoomAdmin', now: { role: 'RoomAdmin' } },
    ]);
    const history = await runStarter(['status', email, '--history', '--json'], { env });
    expect(JSON.parse(history.stdout)).toMatchObject([{ role: 'RoomAdmin', by: batchId, state: 'applied' }]);
    expect((await runStarter(['role', email, 'User'], { env })).code).toBe(0);
    expect(await portal.withEmail(email)).toMatchObject([{ type: 'User' }]);
  });

  it.each([
    ['role', 'User', (email: string) => ['role', email, 'User']],
    [
      'onboard',
      'RoomAdmin',
      (email: string) => ['onboard', '--first-name=Jane', '--last-name=Roe', '--role=RoomAdmin', `--email=${email}`],
    ],
  ] as const)('leaves the chunk if `%s` comes before it has finished with them', async (_name, type, argsFor) => {
    const people = rows('RoomAdmin', 'User');
    const email = people[0]?.email ?? '';
    await portal.faults({ route: 'POST /people', times: 1, about: email, does: { kind: 'hold' } });
    const importing = spawnProgram('starter', ['import', 'people.csv', '--json'], { cwd: folderWith(people), env });
    await portal.reached('POST /people', 'received');
    const changing = spawnProgram('starter', argsFor(email), { env });
    await portal.reached('POST /people', 'answered'); // of the other person
    await portal.release();
    expect((await changing.finished).code).toBe(0);
    await importing.finished;
    expect(await portal.withEmail(email)).toMatchObject([{ type }]);
  });

  it('is cancelled during the create: the account is kept, printed, and not raised', async () => {
    const people = rows('RoomAdmin', 'User');
    const email = people[0]?.email ?? '';
    await portal.faults({ route: 'POST /people', about: email, does: { kind: 'hold' } });
    const importing = spawnProgram('starter', ['import', 'people.csv', '--json'], { cwd: folderWith(people), env });
    await portal.reached('POST /people', 'received', 2);
    const cancelling = spawnProgram('starter', ['cancel', email], { env });
    await chunkAcceptsUpdate();
    await portal.faults();
    await portal.release();
    const { code, stdout } = await cancelling.finished;
    expect([code, stdout]).toEqual([0, expect.stringContaining(`${email}: cancelled, by an import`)]);
    expect(stdout).toContain('User (requested: RoomAdmin)');
    const ended = await importing.finished;
    expect([ended.code, lastJson(ended.stdout)]).toMatchObject([4, { counts: { onboarded: 1, cancelled: 1 } }]);
    expect(await portal.withEmail(email)).toMatchObject([{ type: 'User' }]);
  });

  it('has a history that includes a role which a later import changed', async () => {
    const people = rows('User');
    const [{ email }] = people as [Row];
    expect((await imported(folderWith(people))).code).toBe(0);
    expect((await imported(folderWith([{ email, role: 'RoomAdmin' }]))).code).toBe(0);
    const history = await runStarter(['status', email, '--history', '--json'], { env });
    expect(JSON.parse(history.stdout)).toMatchObject([
      { role: 'User', state: 'applied' },
      { role: 'RoomAdmin', from: 'User', state: 'applied', by: expect.stringContaining('batch:') },
    ]);
  });

  it('that another open import wants with another role is refused', async () => {
    const people = rows('User');
    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
    const first = spawnProgram('starter', ['import', 'people.csv', '--json'], { cwd: folderWith(people), env });
    await portal.reached('POST /people', 'received');
    const second = await imported(folderWith([{ email: people[0]?.email ?? '', role: 'Manager' }]));
    expect([second.code, second.stderr]).toEqual([7, expect.stringMatching(/batch:[\da-f]+ is open and requests/)]);
    await portal.release();
    expect((await first.finished).code).toBe(0);
  });
});

describe('import --dry-run', () => {
  it('prints what would happen to each person, with totals, and writes nothing', async () => {
    const people = rows('User', 'RoomAdmin', 'RoomAdmin', 'User', 'Guest');
    const [, adopted, conflict, same] = people;
    const others = [
      [adopted, 'User'],
      [same, 'User'],
    ] as const;
    for (const [person, type] of others) {
      const email = person?.email ?? '';
      await portal.as().createUser({ firstName: 'Jane', lastName: 'Roe', email, type, comment: '' });
    }
    const ugo = await portal.raw('POST', '/people', {
      firstName: 'X',
      lastName: 'Y',
      email: conflict?.email,
      type: 'User',
    });
    const { response } = (await ugo.json()) as { response: { id: string } };
    await portal.raw('PUT', '/people/status/Terminated', { userIds: [response.id] });

    const before = (await portal.ledger()).length;
    const { code, stdout } = await importIn(folderWith(people), '--dry-run', '--existing', 'adopt', '--json');
    expect(code).toBe(0);
    expect(lastJson(stdout)).toMatchObject({
      people: 5,
      accounts: 2,
      adopted: 1,
      conflicts: 1,
      nothingToDo: 1,
      mails: 1,
      paidSeats: 1,
      prospects: [
        { does: 'create', shown: null },
        { does: 'adopt', shown: 'User', role: 'RoomAdmin' },
        { does: 'conflict', why: 'the account with this e-mail is disabled' },
        { does: 'nothing to do', shown: 'User' },
        { does: 'create' },
      ],
    });
    const lines = (await portal.ledger()).slice(before);
    expect(new Set(lines.map(({ route }) => route))).toEqual(new Set(['GET /people/filter']));
  });

  it('ends on Ctrl-C while the portal does not answer', async () => {
    await portal.faults({ route: 'GET /people/email', when: 'before', does: { kind: 'hold' } });
    const cwd = folderWith(rows('User'));
    const running = spawnProgram('starter', ['import', 'people.csv', '--dry-run'], { cwd, env });
    await portal.reached('GET /people/email', 'received');
    const { code, stdout, stderr } = await running.kill('SIGINT');
    await portal.faults();
    await portal.release();
    expect([code, stdout, stderr]).toEqual([130, '', expect.stringContaining('A dry run writes nothing')]);
  });

  it('shows what the key can do; with --max-paid it exits 7 if the import needs too many seats', async () => {
    const { code, stdout, stderr } = await importIn(
      folderWith(rows('Manager', 'Manager')),
      '--dry-run',
      '--max-paid',
      '1',
    );
    expect(code).toBe(7);
    expect(stderr).toContain('Note: the key belongs to a person with the role Owner');
    expect(stdout).toContain('2 paid seats');
    expect(stderr).toContain('this import needs 2 paid seats, and --max-paid allows 1');
  });
});

describe('import starts nothing', () => {
  it('if the file has problems: exit 3, with the line of each', async () => {
    const people = [...rows('User', 'Boss'), { email: 'nobody', role: 'User' }];
    const before = (await portal.ledger()).length;
    const { code, stdout, stderr } = await imported(folderWith(people), '--json');
    expect(code).toBe(3);
    expect(stderr).toContain('line 3, Role: "Boss" is not a role');
    expect(stderr).toContain('line 4, E-mail: "nobody" is not an e-mail address');
    expect(lastJson(stdout)).toMatchObject({
      problems: [
        { line: 3, column: 'Role' },
        { line: 4, column: 'E-mail' },
      ],
    });
    expect(await portal.ledger()).toHaveLength(before);
  });

  it('for rows that --skip-invalid leaves out: they are listed, counted, and in the result', async () => {
    const people = [...rows('User'), { email: 'nobody', role: 'User' }];
    const cwd = folderWith(people);
    const { code, stdout, stderr } = await imported(cwd, '--skip-invalid', '--out', 'r.csv');
    expect([code, stdout.split('\n')[0]]).toEqual([4, '! 1 onboarded · 1 left out']);
    expect(stderr).toContain('line 3, E-mail');
    expect(readFileSync(join(cwd, 'r.csv'), 'utf8')).toContain(';7b;invalid;');
    expect(readFileSync(join(cwd, 'r.failed.csv'), 'utf8')).toContain('nobody');
  });

  it('if it needs more paid seats than --max-paid allows', async () => {
    const people = rows('Manager', 'DocSpaceAdmin');
    const { code, stderr } = await imported(folderWith(people), '--max-paid', '1');
    expect([code, stderr]).toEqual([7, expect.stringContaining('nothing was started')]);
    expect(await writesAbout(people)).toEqual([]);
  });

  it('at a portal elsewhere without a confirmation', async () => {
    const elsewhere = { ...env, API_HOST: 'https://portal.example.com', API_KEY: 'sk-elsewhere' };
    const { code, stderr } = await runStarter(['import', 'people.csv'], {
      cwd: folderWith(rows('User')),
      env: elsewhere,
    });
    expect([code, stderr]).toEqual([7, expect.stringContaining('--yes')]);
  });

  it.each([
    [['import', 'nowhere.csv'], 'there is no file nowhere.csv'],
    [['import', '.'], 'is a folder'],
    [['import', 'people.csv', '--format', 'xml'], '--format is one of csv, json, jsonl'],
    [['import', 'people.csv', '--role', 'Boss'], '--role: "Boss" is not a role'],
    [['import', 'people.csv', '--max-paid', 'two'], '--max-paid is a number'],
    [['import', 'people.csv', '--existing', 'steal'], '--existing is fail or adopt'],
    [['import', 'people.csv', '--out', 'no/such/folder/r.csv'], 'cannot write to the folder no/such/folder'],
    [['import', 'people.csv', '--out', 'people.csv'], 'is the file that is read'],
    [['import', 'people.csv', '--detach', '--dry-run'], '--dry-run and --detach exclude each other'],
    [['status', '--batch', 'xyz'], '--batch is the id that import prints'],
    [['cancel'], 'name one person by e-mail, or a batch by --batch'],
  ])('by %j: exit 2, with the reason', async (args, why) => {
    const { code, stderr } = await runStarter(args, { cwd: folderWith(rows('User')), env });
    expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
  });
});

describe('status of somebody in an open import', () => {
  it('shows that import, and not an earlier one', async () => {
    const people = rows('User');
    await imported(folderWith(people));
    await portal.faults({ route: 'POST /people', when: 'before', does: { kind: 'hold' } });
    const cwd = folderWith([...people, ...rows('User')]);
    const started = await importOnce('the portal holds it', () => importIn(cwd, '--detach', '--json'));
    const { batchId } = lastJson(started.stdout) as { batchId: string };
    await portal.reached('POST /people', 'received');
    const shown = await runStarter(['status', people[0]!.email, '--json'], { env });
    expect(lastJson(shown.stdout)).toMatchObject({ batch: batchId });
    await portal.faults();
    await portal.release();
    expect((await imported(cwd)).code).toBe(0);
  });

  it('is exit 6 if no worker answers', async () => {
    const alone = processEnv(portal);
    const people = rows('User');
    const cwd = folderWith(people);
    const detach = (): Promise<Finished> =>
      runStarter(['import', 'people.csv', '--detach', '--json'], { cwd, env: alone });
    const { stdout } = await importOnce('no worker runs', detach);
    const shown = await runStarter(['status', people[0]!.email], { env: alone });
    expect([shown.code, shown.stderr]).toEqual([6, expect.stringContaining('npm run worker')]);
    const { batchId } = lastJson(stdout) as { batchId: string };
    await runStarter(['cancel', '--batch', batchId], { env: alone });
  });
});

describe('cancel --batch', () => {
  it('stops a batch after the people in progress, and prints the accounts that exist', async () => {
    const people = rows(...Array.from({ length: 120 }, () => 'User'));
    const cwd = folderWith(people);
    await portal.faults({ route: 'POST /people', does: { kind: 'hold' } });
    const detach = (): Promise<Finished> => importIn(cwd, '--detach', '--json');
    const started = await importOnce('the portal holds it', detach);
    const { batchId } = lastJson(started.stdout) as { batchId: string };
    await portal.reached('POST /people', 'received', 50);
    const cancelling = spawnProgram('starter', ['cancel', '--batch', batchId, '--json'], { env });
    await cancelling.prints(/0 of 120/);
    await portal.faults();
    await portal.release();
    const { code, stdout } = await cancelling.finished;
    expect([code, lastJson(stdout)]).toMatchObject([0, { state: 'cancelled', batchId }]);
    const made = (await portal.people()).filter(({ email }) => people.some((person) => person.email === email));
    expect(made.length).toBeLessThan(120);
    const result = await imported(cwd, '--json');
    expect(lastJson(result.stdout)).toMatchObject({ state: 'onboarded', counts: { onboarded: 120 } });
    expect(new Set(await writesAbout(people)).size).toBe(120);
    expect(await writesAbout(people)).toHaveLength(120);
  });
});
