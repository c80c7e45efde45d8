import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { emptyFolder } from '../support/starter.js';
import { toolPath } from '../support/tools.js';
import { metricsUsed, textOf } from './metrics.js';

/** Alerts and dashboard against scrapes of real workers, which `record.ts` has made. */

const scrapes = new URL('scrapes/', import.meta.url);
const scenarios = readdirSync(scrapes).map((name) => name.replace('.prom', ''));

/** Series by name and labels, with their value. */
type Scrape = Map<string, number>;

function scrapesOf(scenario: string): { before: Scrape; after: Scrape } {
  const text = readFileSync(new URL(`${scenario}.prom`, scrapes), 'utf8');
  const [before = '', after = ''] = text.split('# after\n').map((part) => part.replace('# before\n', ''));
  return { before: seriesIn(before), after: seriesIn(after) };
}

const seriesIn = (text: string): Scrape =>
  new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );

const allSeries = scenarios.flatMap((scenario) => [...scrapesOf(scenario).after.keys()]);

interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[];
}
const dashboard = JSON.parse(textOf('dashboard.json')) as Dashboard;
const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
const { groups } = parse(textOf('alerts.yml')) as { groups: { rules: { alert: string; expr: string }[] }[] };
const alerts = groups.flatMap(({ rules }) => rules);

describe('what alerts and dashboard query', () => {
  it('exists in the metrics of a worker', () => {
    const there = new Set(allSeries.map((series) => /^\w+/.exec(series)?.[0]));
    expect(metricsUsed.filter((name) => !there.has(name))).toEqual([]);
  });

  it.each([...alerts.map(({ expr }) => expr), ...queries])('has the labels of %s', (expr) => {
    for (const [, labels = ''] of expr.matchAll(/ by \(([^)]+)\)/g)) {
      const names = [...new Set(expr.match(/\b(?:temporal|docspace|service)_[a-z_]+/g))];
      const series = allSeries.filter((each) => names.includes(/^\w+/.exec(each)?.[0] ?? ''));
      for (const label of labels.split(', ')) {
        expect({ label, there: series.some((each) => each.includes(`${label}="`)) }).toEqual({ label, there: true });
      }
    }
  });
});

const nothing = 'nothing';

/** Which alert, whether what happened goes on happening, and how many minutes later it fires. */
const cases: [scenario: string, alert: string, how: 'once' | 'goes on', minutes: number][] = [
  ['healthy', nothing, 'goes on', 15],
  ['nobody-polls', 'NobodyPolls', 'once', 11],
  ['contradiction', 'CodeContradictsHistory', 'once', 6],
  ['payload-too-large', 'MessageTooLarge', 'goes on', 2],
  ['message-too-large', 'MessageTooLarge', 'once', 2],
  ['tasks-wait', 'TasksWaitForWorkers', 'goes on', 6],
  ['server-refuses', 'ServerRefusesCalls', 'goes on', 2],
  ['needs-attention', 'OnboardingsNeedAttention', 'once', 1],
  ['late', 'RolesConfirmedLate', 'goes on', 7],
];

it('every alert has a scrape that fires it, and every scrape is used', () => {
  expect(cases.map(([scenario]) => scenario).toSorted()).toEqual(scenarios.toSorted());
  expect(new Set(cases.map(([, alert]) => alert).filter((alert) => alert !== nothing))).toEqual(
    new Set(alerts.map(({ alert }) => alert)),
  );
});

it('every alert is explained in docs/operations.md', () => {
  const text = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  expect(alerts.map(({ alert }) => alert).filter((alert) => !text.includes(`\`${alert}\``))).toEqual([]);
});

const promtool = toolPath('promtool', '--version');
const folder = emptyFolder();

describe.skipIf(!promtool)('promtool', () => {
  const rulesFile = fileURLToPath(new URL('../../deploy/monitoring/alerts.yml', import.meta.url));

  it('takes the alerts, and every query of the dashboard', () => {
    const rules = queries.map((expr, index) => ({
      record: `query${index}`,
      expr: expr.replaceAll('$__rate_interval', '5m'),
    }));
    const file = join(folder, 'queries.yml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    expect(execFileSync(promtool ?? '', ['check', 'rules', rulesFile, file], { encoding: 'utf8' })).toContain(
      'SUCCESS',
    );
  });

  it.each(cases)('%s: fires %s and no other', (scenario, alert, how, minutes) => {
    const firing = (at: number, names: string[]): object => ({
      expr: 'group by (alertname) (ALERTS{alertstate="firing"})',
      eval_time: `${at}m`,
      exp_samples: names.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
    });
    const test = {
      interval: '15s',
      input_series: timeline(scenario, how),
      promql_expr_test: [firing(calm - 1, []), firing(calm + minutes, alert === nothing ? [] : [alert])],
    };
    const file = join(folder, `${scenario}.yml`);
    writeFileSync(file, JSON.stringify({ rule_files: [rulesFile], evaluation_interval: '15s', tests: [test] }));
    const { status, stdout, stderr } = spawnSync(promtool ?? '', ['test', 'rules', file], { encoding: 'utf8' });
    expect({ status, said: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, said: '' });
  });

  const calm = 20;
  const scrapesInCalm = calm * 4;

  /** As Prometheus would have it: nothing new for twenty minutes, then what happened, once or with every scrape. */
  function timeline(scenario: string, how: 'once' | 'goes on'): { series: string; values: string }[] {
    const { before, after } = scrapesOf(scenario);
    return [...new Set([...before.keys(), ...after.keys()])].map((series) => {
      const [was, is] = [before.get(series), after.get(series)];
      const isCounter = /_(?:total|bucket)(?:\{|$)|^service_/.test(series);
      const step = how === 'goes on' && isCounter ? (is ?? 0) - (was ?? 0) : 0;
      const first = was === undefined ? `_x${scrapesInCalm}` : `${was}+0x${scrapesInCalm - 1}`;
      return {
        series,
        values: `${first} ${is === undefined ? `_x${scrapesInCalm}` : `${is}+${step}x${scrapesInCalm - 1}`}`,
      };
    });
  }
});
