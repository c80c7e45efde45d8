// Runs all but the long tests (`npm test`) and prints how long they took. `npm run test:faults` and `npm run test:crash` run the
// long ones. `npm test -- --coverage`, as CI runs them, also prints which lines of src/ they ran, and takes about a quarter more
// CPU.
//
// Vitest counts the code that the tests import. Node counts the programs in their own processes, and the workflows, which run
// from their bundle in threads, if NODE_V8_COVERAGE is set. A killed process leaves no record or half of one; both are ignored.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './checkout.mjs';

const folder = mkdtempSync(join(tmpdir(), 'coverage-'));
const noted = join(folder, 'node');
const given = process.argv.slice(2).filter((word) => word !== '--coverage');
const counts = given.length < process.argv.length - 2;
const began = performance.now();
try {
  const coverage = ['--coverage', '--coverage.reporter=json', `--coverage.reportsDirectory=${join(folder, 'vitest')}`];
  const names = given.length > 0 ? given : ['test/faults/**', 'test/crash/**'].flatMap((long) => ['--exclude', long]);
  const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...(counts ? coverage : []), ...names];
  const run = spawn(process.execPath, vitest, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...(counts && { NODE_V8_COVERAGE: noted }) },
  });
  const [code] = await once(run, 'exit');
  process.exitCode = code ?? 1;
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  const report = join(folder, 'vitest/coverage-final.json');
  if (existsSync(report)) printCoverage(linesOf(JSON.parse(readFileSync(report, 'utf8'))));
  process.stdout.write(`The tests took ${minutes} minutes.\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** For each file, the lines that begin a statement, and whether Vitest or Node saw them run. */
function linesOf(report) {
  const files = new Map();
  for (const { path, statementMap, s } of Object.values(report)) {
    const lines = new Map();
    for (const [id, { start }] of Object.entries(statementMap)) {
      lines.set(start.line, (lines.get(start.line) ?? false) || s[id] > 0);
    }
    files.set(path, lines);
  }
  const readGenerated = reader();
  for (const name of readdirSync(noted)) {
    for (const { url, functions } of notedBy(join(noted, name))) {
      if (!url.startsWith(`file://${join(root, 'dist')}${sep}`)) continue;
      const { source, starts } = readGenerated(fileURLToPath(url));
      const isRun = runIn(source, functions);
      for (const { at, file, line } of starts)
        if (isRun[at] && files.get(file)?.has(line)) files.get(file).set(line, true);
    }
  }
  return files;
}

function notedBy(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).result;
  } catch {
    return [];
  }
}

/** Marks the characters that ran. If ranges are nested, the innermost decides. */
function runIn({ length }, functions) {
  const isRun = new Uint8Array(length);
  const ranges = functions.flatMap((each) => each.ranges);
  ranges.sort((one, other) => one.startOffset - other.startOffset || other.endOffset - one.endOffset);
  for (const { startOffset, endOffset, count } of ranges) isRun.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return isRun;
}

/** Reads each generated file once, and maps its lines to lines of the source. */
function reader() {
  const known = new Map();
  return (path) => {
    if (!known.has(path)) known.set(path, read(path));
    return known.get(path);
  };
}

function read(path) {
  const source = readFileSync(path, 'utf8');
  const url = source.slice(source.lastIndexOf('//# sourceMappingURL=') + '//# sourceMappingURL='.length).trim();
  const inline = url.startsWith('data:') && Buffer.from(url.slice(url.indexOf(',') + 1), 'base64').toString();
  const map = new SourceMap(JSON.parse(inline || readFileSync(join(dirname(path), url), 'utf8')));
  const starts = [];
  let before = 0;
  for (const [index, text] of source.split('\n').entries()) {
    const column = text.search(/\S/);
    const entry = column < 0 ? {} : map.findEntry(index, column);
    if (entry.originalSource !== undefined) {
      const file = resolve(dirname(path), entry.originalSource);
      starts.push({ at: before + column, file, line: entry.originalLine + 1 });
    }
    before += text.length + 1;
  }
  return { source, starts };
}

function printCoverage(files) {
  const rooms = new Map();
  for (const [path, lines] of files) {
    const [, room = '', ...rest] = relative(root, path).split(sep);
    const name = rest.length > 0 ? `src/${room}/` : 'src/*.ts';
    for (const each of [name, 'all']) {
      const sum = rooms.get(each) ?? { run: 0, lines: 0 };
      sum.run += [...lines.values()].filter(Boolean).length;
      sum.lines += lines.size;
      rooms.set(each, sum);
    }
  }
  process.stdout.write('\nLines covered by the tests:\n');
  for (const [name, { run, lines }] of [...rooms].sort(([one], [other]) => one.localeCompare(other))) {
    process.stdout.write(`  ${name.padEnd(16)} ${((100 * run) / lines).toFixed(1).padStart(5)} % of ${lines}\n`);
  }
}
