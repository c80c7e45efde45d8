// How quickly people get into the portal, and what it takes: with nothing that survives a crash, with a workflow for each, and by
// an import. Rounds are interleaved, so that a machine that is busy for a while is so for all; ratios are of one round each.
//
//   npm run bench                                          3 rounds with a portal that takes 0, 20 and 100 ms for a call
//   npm run bench -- --latency 0 --rounds 5 --people 1200
//   npm run bench -- --smoke                               short; fails where CPU or events per person have grown
//   npm run bench -- --smoke --keep                        keeps what it finds as what is known from now on
import { parseArgs } from 'node:util';
import { alone, atOnce, eventsOfOne, importBatch, without, workflowEach } from './forms.mjs';
import { isGrown, keepCosts } from './growth.mjs';
import { keepResult, median, ratiosIn, tableOf } from './report.mjs';
import { openStage, say } from './stage.mjs';

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '600' },
    rounds: { type: 'string', default: '3' },
    latency: { type: 'string', multiple: true, default: ['0', '20', '100'] },
    smoke: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const people = values.smoke ? 400 : Number(values.people);

/** What is slow gets fewer people. */
const forms = {
  'raw got': (stage, prefix) => without(stage, 'got', people, prefix),
  'raw got, same calls': (stage, prefix) => without(stage, 'grouped', people, prefix),
  'documented script': (stage, prefix) => without(stage, 'documented', Math.ceil(people / 20), prefix, 1),
  'a workflow each': (stage, prefix) => workflowEach(stage, Math.ceil(people / 4), prefix),
  import: (stage, prefix) => importBatch(stage, people, prefix),
};

const stage = await openStage();
let exitCode = 0;
try {
  if (values.smoke) exitCode = await smoke();
  else await wholeRun();
} finally {
  await stage.close();
}
process.exit(exitCode);

async function smoke() {
  const { 'raw got': got, import: imported } = forms;
  const rounds = await inRounds({ 'raw got': got, import: imported }, values.keep ? 7 : 3, 'smoke');
  if (values.keep) {
    keepCosts(rounds);
    return 0;
  }
  if (!isGrown(rounds)) return 0;
  say('four more rounds, so that it is no accident');
  rounds.push(...(await inRounds({ 'raw got': got, import: imported }, 4, 'smoke-again')));
  return isGrown(rounds) ? 1 : 0;
}

async function wholeRun() {
  const ceiling = await without(stage, 'http', people, 'ceiling');
  say(`the sandbox alone takes ${Math.round(ceiling['people/s'])} people/s, each ${ceiling.calls} calls`);
  const measured = [];
  for (const latency of values.latency.map(Number)) {
    await stage.portal.control('PUT', '/settings', { latency, roleMoment: 0 });
    const rounds = await inRounds(forms, Number(values.rounds), `l${latency}`);
    const one = {
      'raw got': await without(stage, 'got', 20, `l${latency}-got-alone`, 1),
      'a workflow each': await alone(stage, 20, `l${latency}-alone`),
    };
    const rows = Object.keys(forms).map((form) => ({
      form,
      ...medianOf(rounds.map((round) => round[form])),
      ...(one[form] && { 'p50 ms': one[form]['p50 ms'], 'p95 ms': one[form]['p95 ms'] }),
    }));
    measured.push({ latency, rows, ratios: ratiosIn(rounds), rounds });
    process.stdout.write(`\nportal ${latency} ms, ${atOnce} at once\n\n${tableOf(rows)}\n\n`);
    for (const [name, ratio] of Object.entries(ratiosIn(rounds))) process.stdout.write(`${name}: ${ratio}\n`);
  }
  const events = await eventsOfOne(stage, 'one-with-window');
  for (const [when, count] of Object.entries(events)) {
    process.stdout.write(`events of one onboarding, ${when}: ${count}\n`);
  }
  const file = keepResult('people', { people, atOnce, ceiling, events, measured });
  say(`kept in ${file}`);
}

async function inRounds(some, count, prefix) {
  const rounds = [];
  for (let round = 0; round < count; round++) {
    const results = {};
    for (const [name, run] of Object.entries(some)) {
      results[name] = await run(stage, `${prefix}-${round}-${name.replaceAll(' ', '-')}-`);
      say(`round ${round + 1}, ${name}: ${Math.round(results[name]['people/s'])} people/s`);
    }
    rounds.push(results);
  }
  return rounds;
}

function medianOf(results) {
  return Object.fromEntries(
    Object.keys(results[0]).map((name) => [name, median(results.map((result) => result[name]))]),
  );
}
