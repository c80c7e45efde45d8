import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** Links and claims of the pages. `npm run docs` runs their commands. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const textAt = (path: string): string => readFileSync(join(root, path), 'utf8');
const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));

/** The anchors that a Markdown page gives its headings. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading.toLowerCase());
  return new Set(headings.map((heading) => heading.replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')));
}

const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', ...filesIn('docs', '.md')];

it.each(pages)('every file that %s links to is there', (page) => {
  const links = [...textAt(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link = '']) => link);
  expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
});

it.each(pages)('every heading that %s links to exists', (page) => {
  const links = [...textAt(page).matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)];
  const missing = links.filter(([, link = '', anchor = '']) => {
    const target = link === '' ? page : join(dirname(page), link);
    return target.endsWith('.md') && !anchorsOf(textAt(target)).has(anchor);
  });
  expect(missing.map(([link]) => link)).toEqual([]);
});

it('every guarantee names the test that proves it', () => {
  const guaranteesIn = (page: string): string[] => textAt(page).match(/^- \*\*.*$/gm) ?? [];
  const guarantees = guaranteesIn('docs/guarantees.md');
  expect(guarantees.length).toBeGreaterThan(15);
  expect(guarantees.filter((line) => !/\]\(\.\.\/test\/[^)]*\.ts\)/.test(line))).toEqual([]);
  const [, rest = ''] = textAt('README.md').split('### Five guarantees');
  const five = rest.slice(0, rest.indexOf('\n### ')).match(/^- \*\*.*$/gm) ?? [];
  expect(five).toHaveLength(5);
  expect(five.filter((line) => !/\]\(test\/[^)]*\.ts\)/.test(line))).toEqual([]);
});

it.each(['docs/security-statements.md', 'docs/terminals.md'])('every test that %s names is there', (page) => {
  const rows = textAt(page).match(/^\| (?:\S.*)?\|.*$/gm) ?? [];
  const named = rows.flatMap((row) =>
    (row.match(/\[test\/[^[]*/g) ?? []).flatMap((part) => {
      const [, path = ''] = /\[(.*?)\]/.exec(part) ?? [];
      return [...part.matchAll(/`([^`]+)`/g)].map(([, name = '']) => ({ path, name }));
    }),
  );
  expect(rows.length).toBeGreaterThan(35);
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(({ path, name }) => !textAt(path).includes(name))).toEqual([]);
});

it('every file of src/ that README, CONTRIBUTING or the architecture names is there', () => {
  const named = ['README.md', 'CONTRIBUTING.md', 'docs/architecture.md'].flatMap(
    (page) => textAt(page).match(/(?<=`)(?:src|test)\/[\w./-]+\.ts(?=`)/g) ?? [],
  );
  const example = ['src/activities/join-group.ts', 'test/workflows/onboarding/join-group.test.ts'];
  expect(named.filter((path) => !example.includes(path) && !existsSync(join(root, path)))).toEqual([]);
});

describe('docs/docspace-api.md', () => {
  it('has every section that a comment gives as the source of a fact', () => {
    // A heading, or the number of a fact below one.
    const sections = new Set<string>();
    let heading = '';
    for (const [, isHeading, name = ''] of textAt('docs/docspace-api.md').matchAll(/^(#+ )?([\d.]*\d)\.? /gm)) {
      if (isHeading) heading = name;
      sections.add(isHeading ? name : `${heading}.${name}`);
    }
    const given = filesIn('src', '.ts').flatMap((path) =>
      [...textAt(path).matchAll(/docspace-api\.md ((?:§[\d.]*\d(?:, )?)+)/g)].flatMap(([, all = '']) =>
        all.split(', ').map((each) => ({ path, section: each.replace('§', '') })),
      ),
    );
    expect(given.length).toBeGreaterThan(20);
    expect(given.filter(({ section }) => !sections.has(section))).toEqual([]);
  });
});

it('README has 900 to 1,300 words before the reference', () => {
  const [text = ''] = textAt('README.md').split('\n## Reference');
  const words = text.split(/\s+/).length;
  expect(words).toBeGreaterThan(900);
  expect(words).toBeLessThan(1_300);
});

it.each(['docs/crashes.md', 'docs/faults.md'])('%s begins with ten findings', (page) => {
  const [start = ''] = textAt(page).split('\n## ');
  expect(start.match(/^\d+\. /gm)).toEqual(Array.from({ length: 10 }, (_, index) => `${index + 1}. `));
});

it('README shows the workflow as it is', () => {
  const source = textAt('src/workflows/onboarding/onboard-user.ts');
  const [shown] = /^export async function onboardUser.*?^}$/ms.exec(source) ?? [''];
  expect(shown).not.toBe('');
  expect(textAt('README.md')).toContain(shown);
});

it('docs/api.md is what `npm run api` writes', async () => {
  const script = '../../scripts/api-page.mjs'; // plain JavaScript, without types
  const { apiPage } = (await import(script)) as { apiPage: () => string };
  expect(textAt('docs/api.md')).toBe(apiPage());
});
