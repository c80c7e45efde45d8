// The import rules of src/ (docs/architecture.md). `npm run lint` checks them, type-only imports included.

/** What each folder of src/ may import, besides itself. A folder that is not listed here is refused. */
export const layers = {
  utils: [],
  domain: ['utils'],
  contract: ['domain', 'utils'],
  docspace: ['contract', 'domain', 'utils'],
  activities: ['docspace', 'contract', 'domain', 'utils'],
  workflows: ['activities', 'contract', 'domain', 'utils'],
  people: ['domain', 'terminal', 'utils'],
  terminal: ['utils'],
  program: ['docspace', 'terminal', 'utils'],
  temporal: ['contract', 'program', 'utils'],
  codec: ['contract', 'program', 'utils'],
  worker: ['activities', 'docspace', 'codec', 'temporal', 'program', 'terminal', 'contract', 'domain', 'utils'],
  local: ['worker', 'docspace', 'temporal', 'program', 'contract', 'utils'],
  client: ['local', 'codec', 'temporal', 'people', 'program', 'terminal', 'workflows', 'contract', 'domain', 'utils'],
  commands: [
    'client',
    'local',
    'worker',
    'codec',
    'temporal',
    'people',
    'docspace',
    'sandbox',
    'program',
    'terminal',
    'contract',
    'domain',
    'utils',
  ],
  sandbox: [],
};

const folder = (name) => `^src/${name}/`;

const layerRules = Object.entries(layers).map(([name, allowed]) => ({
  name: `${name}-imports`,
  comment: `src/${name} may import only: ${allowed.join(', ') || 'nothing else of src'}.`,
  severity: 'error',
  from: { path: folder(name) },
  to: { path: '^src/', pathNot: [name, ...allowed].map(folder) },
}));

const anyOfNode = 'node:*';

/** The packages that a folder may import. Without a line here, a folder may import any dependency. */
const packages = {
  utils: ['@temporalio/common', 'ms'],
  domain: [],
  contract: ['@temporalio/workflow', '@temporalio/common'],
  workflows: ['@temporalio/workflow', '@temporalio/common'],
  activities: ['@temporalio/activity', '@temporalio/common', anyOfNode],
  docspace: ['got', 'hpagent', 'zod', anyOfNode],
  people: ['zod', 'csv-parse', 'csv-stringify', 'iconv-lite', 'jsonc-parser', anyOfNode],
  sandbox: ['hono', '@hono/node-server', 'zod', anyOfNode],
};

const packagePath = (name) => (name.startsWith('node:') ? `^(node:)?${name.slice(5)}$` : `(^|/)node_modules/${name}/`);

const packageRules = Object.entries(packages).map(([name, allowed]) => ({
  name: `${name}-packages`,
  comment: `src/${name} may import only these packages: ${allowed.join(', ')}.`,
  severity: 'error',
  from: { path: folder(name) },
  to: {
    pathNot: ['^src/', ...allowed.filter((each) => each !== anyOfNode).map(packagePath)],
    ...(allowed.includes(anyOfNode) && { dependencyTypesNot: ['core'] }),
  },
}));

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that import each other cannot be read one after the other. Type-only imports count.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...layerRules,
    ...packageRules,
    {
      name: 'commands-ask-temporal',
      comment:
        'A command asks Temporal, never the portal. Only doctor, the plan of an import and the status of an imported person read the portal.',
      severity: 'error',
      from: {
        path: folder('commands'),
        pathNot: ['^src/commands/(doctor|import)/', '^src/commands/status/imported-person'],
      },
      to: { path: folder('docspace') },
    },
    {
      name: 'sandbox-command-alone',
      comment: 'Only the command that runs the sandbox may import it.',
      severity: 'error',
      from: { path: folder('commands'), pathNot: '^src/commands/sandbox\\.ts$' },
      to: { path: folder('sandbox') },
    },
    {
      name: 'programs-at-the-top',
      comment: 'Nothing imports a program.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^src/(starter|worker)\\.ts$' },
    },
    {
      name: 'listed-folders',
      comment: 'A new folder of src/ needs a line in the layers above.',
      severity: 'error',
      from: { path: `^src/(?!(?:${Object.keys(layers).join('|')})/)[^/]+/` },
      to: {},
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node'],
    },
  },
};
