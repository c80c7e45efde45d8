// Measures how fast people are added to the portal, and at what cost: by programs that do not survive a crash, by one workflow
// per person, and by an import. Each round runs all of them, so a busy machine slows all of them down. Ratios are computed within
// a round.
//
//   npm run bench                                          3 rounds each with a portal that takes 0, 20 and 100 ms per call
//   npm run bench -- --latency 0 --rounds 5 --people 1200
//   npm run bench -- --smoke                               short; fails if CPU or events per person have grown
//   npm run bench -- --smoke --keep                        writes the measured costs to growth.json
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

/** The slow ones get fewer people. */
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
  say('Four more rounds follow, to rule out noise.');
  rounds.push(...(await inRounds({ 'raw got': got, import: imported }, 4, 'smoke-again')));
  return isGrown(rounds) ? 1 : 0;
}

async function wholeRun() {
  const ceiling = await without(stage, 'http', people, 'ceiling');
  say(
    `Upper limit: the sandbox itself handles ${Math.round(ceiling['people/s'])} people/s with ${ceiling.calls} calls each.`,
  );
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
    process.stdout.write(
      `\nThe portal takes ${latency} ms per call; ${atOnce} people at a time.\n\n${tableOf(rows)}\n\n`,
    );
    for (const [name, ratio] of Object.entries(ratiosIn(rounds))) process.stdout.write(`${name}: ${ratio}\n`);
  }
  const events = await eventsOfOne(stage, 'one-with-window');
  for (const [when, count] of Object.entries(events)) {
    process.stdout.write(`History events of one onboarding ${when}: ${count}\n`);
  }
  const file = keepResult('people', { people, atOnce, ceiling, events, measured });
  say(`The results are in ${file}`);
}

async function inRounds(some, count, prefix) {
  const rounds = [];
  for (let round = 0; round < count; round++) {
    const results = {};
    for (const [name, run] of Object.entries(some)) {
      results[name] = await run(stage, `${prefix}-${round}-${name.replaceAll(' ', '-')}-`);
      say(`Round ${round + 1}, ${name}: ${Math.round(results[name]['people/s'])} people/s`);
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
