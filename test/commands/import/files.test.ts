import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { emptyFolder, runStarter, spawnInBash, spawnOnTerminal, type Finished } from '../../support/starter.js';

/** Files that `import` refuses before it connects to anything. */

const files = fileURLToPath(new URL('../../people/files/', import.meta.url));

/** No server listens there: a command that gets that far exits with 6. */
const env = { TEMPORAL_ADDRESS: '127.0.0.1:1', API_HOST: 'https://portal.example.com' };

const people = 'first name,last name,email,role\nJane,Roe,jane@example.com,User\n';

function folderWith(name: string): string {
  const cwd = emptyFolder();
  copyFileSync(files + name, join(cwd, name));
  return cwd;
}

const importFile = (name: string, ...options: string[]): Promise<Finished> =>
  runStarter(['import', name, ...options], { cwd: folderWith(name), env });

describe('a file in an unknown encoding', () => {
  it.each([
    ['cp1252-notes-only.csv', '--encoding windows-1252 reads Jürgen, Groß'],
    ['cp1254-turkish.csv', '--encoding windows-1254 reads Ayşe, Yıldız, İbrahim, Çağlar'],
    ['cp1257-lithuanian.csv', '--encoding windows-1257 reads Žydrūnas, Kęstutis, Rūta, Čepaitė'],
    ['cp1251.csv', '--encoding windows-1251 reads Ия, Ян'],
    ['big5.csv', '--encoding big5 reads 芳, 林'],
    ['macroman-french2.csv', '--encoding macintosh reads René, Hébert, André'],
    ['shift-jis.csv', '--encoding shift_jis reads 太郎, 山田'],
  ])('is refused with its names and the option: %s', async (name, reading) => {
    const { code, stdout, stderr } = await importFile(name, '--yes', '--skip-invalid', '--json');
    expect([code, stderr]).toEqual([3, expect.stringContaining(reading)]);
    expect(JSON.parse(stdout)).toMatchObject({ problems: [{ line: 2 }] });
  });

  it.each([
    ['y', /"Boss" is not a role/],
    ['n', /--encoding windows-1254 reads Ayşe/],
  ])('is read, or not, after the answer %s on a terminal', async (answer, output) => {
    const cwd = emptyFolder();
    const text = 'first name;last name;email;role\nAyşe;Yıldız;ayse@example.com;Boss\n';
    writeFileSync(join(cwd, 'people.csv'), iconv.encode(text, 'windows-1254'));
    const running = spawnOnTerminal(['import', 'people.csv'], { cwd, env });
    await running.prints(/In windows-1252 it reads Ayþe, Yýldýz\.[^]*◆/);
    running.child.stdin?.write(answer);
    await running.prints(output);
    expect((await running.finished).code).toBe(3);
  });

  it.each(['windows-1254', 'WINDOWS-1254', 'cp1254'])('is read in the encoding %s', async (encoding) => {
    const { stderr } = await importFile('cp1254-turkish.csv', '--encoding', encoding, '--role', 'Boss');
    expect(stderr).not.toContain('--encoding');
  });

  it.each(['klingon', 'base64', 'hex'])('is not read in the encoding %s', async (encoding) => {
    const { code, stderr } = await importFile('cp1251.csv', '--encoding', encoding);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`--encoding ${encoding} is unknown`)]);
  });
});

describe('a file with problems is refused with exit 3', () => {
  it.each([
    ['inch-swallow2.csv', 'line 2: a quote (") opens in this line and swallows the next 2 lines'],
    ['inch-swallow5.csv', 'line 2: a quote (") opens in this line and swallows the next 2 lines'],
    ['header-quote.csv', 'line 1: a quote (") opens in this line and swallows the next line'],
    ['mojibake.csv', 'write "Raúl"'],
    ['dash-lookalike.csv', 'the Cyrillic letter "а" (U+0430); write anna.lee@example.com'],
    ['head-title.csv', 'line 3 looks like the header'],
    ['head-ad.csv', 'line 2 looks like the header'],
    ['dupkey-role.json', 'the key "role" occurs twice'],
    ['wrap.json', 'the list is under "users"'],
    ['deep.json', 'nested more than 100 levels deep'],
    ['wide.csv', 'line 1: there are more than 1,000 columns'],
  ])('%s', async (name, problem) => {
    const { code, stderr } = await importFile(name);
    expect([code, stderr]).toEqual([3, expect.stringContaining(problem)]);
    expect(stderr).toContain('Nothing was started.');
  });
});

it('a missing line end after the last row is mentioned', async () => {
  const { stderr } = await importFile('trunc2.csv');
  expect(stderr).toContain('The last row has no line end. Is the file complete?');
});

describe('a file that cannot be read is refused with exit 2', () => {
  it.each([
    ['nowhere.csv', 'nowhere.csv'],
    ['.', 'is a folder'],
    ['/proc/self/mem', 'cannot read /proc/self/mem: i/o error'],
  ])('%s', async (path, problem) => {
    const { code, stderr } = await runStarter(['import', path], { env });
    expect([code, stderr]).toEqual([2, expect.stringContaining(problem)]);
  });
});

describe('--out replaces nobody’s file', () => {
  async function refused(cwd: string, problem: string, ...options: string[]): Promise<void> {
    const before = readdirSync(cwd).map((name) => [name, readFileSync(join(cwd, name), 'utf8')]);
    const { code, stderr } = await runStarter(['import', 'people.csv', ...options], { cwd, env });
    expect([code, stderr]).toEqual([2, expect.stringContaining(problem)]);
    expect(readdirSync(cwd).map((name) => [name, readFileSync(join(cwd, name), 'utf8')])).toEqual(before);
  }

  function folder(other?: string): string {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'people.csv'), people);
    if (other !== undefined) writeFileSync(join(cwd, other), 'precious\n');
    return cwd;
  }

  it('neither another file nor one beside it', async () => {
    await refused(folder('result.csv'), 'result.csv exists, and is not a result of this input', '--out', 'result.csv');
    await refused(folder('result.failed.csv'), 'result.failed.csv exists', '--out', 'result.csv');
  });

  it('nor the input, nor something that is not a file', async () => {
    await refused(folder(), 'is the file that is read', '--out', './people.csv');
    await refused(folder(), 'needs the name of a file', '--out', '-');
    await refused(folder(), 'needs the name of a file', '--out', '');
    await refused(folder(), 'exists and is not a file', '--out', '.');
    await refused(folder(), 'the path is too long', '--out', `${'x'.repeat(300)}.csv`);
  });

  it('nor the file on standard input', async () => {
    const cwd = folder();
    const args = ['import', '-', '--out', 'people.csv'];
    const { code, stderr } = await spawnInBash('"$@" < people.csv', args, { cwd, env }).finished;
    expect([code, stderr]).toEqual([2, expect.stringContaining('people.csv is the file that is read')]);
    expect(readFileSync(join(cwd, 'people.csv'), 'utf8')).toBe(people);
  });

  it('except with --force', async () => {
    const cwd = folder('result.csv');
    const { code } = await runStarter(['import', 'people.csv', '--out', 'result.csv', '--force', '--yes'], {
      cwd,
      env,
    });
    expect(code).toBe(6);
    expect(existsSync(join(cwd, 'result.csv'))).toBe(true);
  });
});
