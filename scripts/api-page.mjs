// Writes docs/api.md from the types of src/contract/ and the tables of src/ (`npm run api`). A test fails if the page is not
// current.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './checkout.mjs';

const textAt = (path) => readFileSync(join(root, path), 'utf8');

/** The members of an exported interface: name, type, whether it may be missing, and its comment. */
export function membersOf(source, name) {
  const body = new RegExp(`export interface ${name}(?: extends [^{]+)? \\{\\n([\\s\\S]*?)\\n\\}`).exec(source)?.[1];
  if (body === undefined) throw new Error(`src/contract has no interface ${name}`);
  const pattern = /(?:^ {2}\/\*\*([\s\S]*?)\*\/\n)?^ {2}(\w+)(\?)?: (.+);$/gm;
  return [...body.matchAll(pattern)].map(([, comment = '', member, optional, type]) => ({
    member,
    type,
    isOptional: optional === '?',
    text: comment
      .replaceAll(/^\s*\*?\s?/gm, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim()
      .replaceAll(/\{@link (\w+)\}/g, '`$1`'),
  }));
}

/** @param isInput whether a reader sets the members; otherwise the program does */
function tableOf(source, name, isInput = false) {
  const rows = membersOf(source, name).map(({ member, type, isOptional, text }) => {
    const [, byDefault = ''] =
      /`([^`]+)` (?:by default|\(default\))/.exec(text) ?? /`([^`]+)` is the default/.exec(text) ?? [];
    const cells = [
      `\`${member}\``,
      `\`${type.replaceAll('|', '\\|')}\``,
      presence(isInput, isOptional, byDefault),
      text,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [`| member | type | ${isInput ? 'default' : 'present'} | meaning |`, '|---|---|---|---|', ...rows].join('\n');
}

function presence(isInput, isOptional, byDefault) {
  if (!isInput) return isOptional ? 'sometimes' : 'always';
  if (!isOptional) return 'required';
  return byDefault && `\`${byDefault}\``;
}

const listOf = (words) => words.map((word) => `\`${word}\``).join(', ');
const wordsIn = (source, name) => {
  const [, body = ''] = new RegExp(`(?:const|type) ${name}(?:: [^=]+)? =([\\s\\S]*?);`).exec(source) ?? [];
  return [...body.matchAll(/'([^']+)'/g)].map(([, word]) => word);
};

export function apiPage() {
  const onboarding = textAt('src/contract/onboarding.ts');
  const batch = textAt('src/contract/batch.ts');
  const places = textAt('src/contract/places.ts');
  const steps = textAt('src/contract/steps.ts');
  const attributes = textAt('src/contract/search-attributes.ts');
  const exit = textAt('src/program/exit.ts');
  const audit = textAt('src/commands/status/audit.ts');
  const placeLog = textAt('src/commands/status/place-log.ts');
  const attributeRows = [
    ...attributes.matchAll(
      /(?:\/\*\*\s*(.*?)\s*\*\/\n)?export const \w+ = defineSearchAttributeKey\('(\w+)', '?([\w.]+)'?\)/g,
    ),
  ];
  const exitBody = /exitCodes = \{([\s\S]*?)\} as const/.exec(exit)?.[1] ?? '';
  const exitRows = [...exitBody.matchAll(/(?:\/\*\*\s*(.*?)\s*\*\/\n)?\s*(\w+): (\d+)/g)];
  return `# API

This page lists everything that another program may rely on. \`docspace-onboarding/contract\` exports the types of inputs and outcomes. \`npm run api\` writes this page from the types and tables in \`src/\`.

## Workflows

| type | id | input | result |
|---|---|---|---|
${workflowRows(textAt('src/workflows/index.ts'))}

\`onboardUser\` is for you to start. The command \`import\` starts \`onboardBatch\` and its chunks. The onboarding or chunk that needs a missing group starts \`createGroup\`. The task queue is \`docspace-onboarding\` unless \`TASK_QUEUE\` names another one. A command adds the memo \`email\` if ids are keyed hashes (\`ID_KEY\`).

### OnboardingInput

\`\`\`json
{"email":"ann.lee@example.com","firstName":"Ann","lastName":"Lee","role":"User","portal":"https://portal.example.com"}
\`\`\`

${tableOf(onboarding, 'OnboardingInput', true)}

It may also request groups and rooms ([places.md](places.md)):

${tableOf(places, 'RequestedPlaces', true)}

### BatchInput

${tableOf(batch, 'BatchInput', true)}

## Signals, queries and updates

| kind | name | data | example |
|---|---|---|---|
| signal | \`changeRole\` | \`RoleChange\`: a role, or a role with a reason | \`"RoomAdmin"\` or \`{"role":"RoomAdmin","reason":"leads the class"}\` |
| signal | \`changePlaces\` | \`PlaceChange\`: groups to join and to leave, rooms to enter | \`{"join":["5a"],"leave":[],"enter":["Library: Read"]}\` |
| signal | \`retry\` | none | |
| query | \`status\` | none; returns the outcome | |
| update | \`untilSettled\` | none; returns the outcome once the onboarding has settled: it is confirmed, needs attention, failed or was cancelled | |

Roles: ${listOf(wordsIn(textAt('src/domain/roles.ts'), 'roles'))}. A batch accepts \`retry\` and answers \`status\`.

## Outcome

\`\`\`json
{"email":"ann.lee@example.com","workflowId":"onboard:ann.lee@example.com","runId":"…","state":"onboarded","userId":"…",
 "requestedRole":"Manager","role":"RoomAdmin","created":true,"mail":"sent","portal":"https://portal.example.com",
 "steps":{"create":{"state":"done","role":"User","at":"…"},"get":{"state":"done","role":"User","at":"…"},
 "updateRole":{"state":"done","from":"User","role":"RoomAdmin","call":"PUT /people/type/{type}","at":"…"}},
 "attention":null,"superseded":[],"roleChanges":[],"webUi":"http://localhost:8233/namespaces/default/workflows/…"}
\`\`\`

${tableOf(onboarding, 'Outcome')}

\`OnboardingStatus\`: ${listOf(wordsIn(onboarding, 'OnboardingStatus'))}. \`--json\` adds \`webUi\`, the address of the run in the Web UI, or \`null\`.

### StepStatus

${tableOf(steps, 'StepStatus')}

### Attention

${tableOf(onboarding, 'Attention')}

\`AttentionReason\`: ${listOf(wordsIn(textAt('src/contract/attention-reasons.ts'), 'attentionReasons'))}.

### GroupPlace

${tableOf(places, 'GroupPlace')}

### RoomPlace

${tableOf(places, 'RoomPlace')}

### PlaceProblem

${tableOf(places, 'PlaceProblem')}

### RoleChangeEntry

${tableOf(onboarding, 'RoleChangeEntry')}

## Batch outcome

The \`status\` query returns a \`BatchStatus\`. The result of the workflow adds \`results\`.

${tableOf(batch, 'BatchStatus')}

### PersonResult

${tableOf(batch, 'PersonResult')}

## History

\`status EMAIL --history --json\` prints an array, oldest first. A role change is a \`RoleChangeEntry\` with these members, and its \`state\` may also be \`not-applied\`, if the run ended before the portal showed the role:

${tableOf(audit, 'RoleEntry')}

A request for a group or room, which has the member \`change\`:

${tableOf(placeLog, 'PlaceEntry')}

## Search attributes

| name | type | meaning |
|---|---|---|
${attributeRows.map(([, text = '', name, type]) => `| \`${name}\` | ${type} | ${text} |`).join('\n')}

## Exit codes

| code | name | meaning |
|---|---|---|
${exitRows.map(([, text = '', name, code]) => `| ${code} | \`${name}\` | ${text} |`).join('\n')}
`;
}

function workflowRows(index) {
  const known = {
    onboardUser: ['`onboard:<e-mail in lower case>`', '`OnboardingInput`', '`Outcome`'],
    onboardBatch: ['`batch:<hash of portal, rows and options>`', '`BatchInput`', '`BatchOutcome`'],
    onboardChunk: ['`batch:<hash>:<number>`', 'set by `import`', 'read by the batch'],
    createGroup: [
      '`create-group:<portal host>:<name in lower case>`',
      'set by the run that needs the group',
      'read by the same run',
    ],
  };
  const types = [...index.matchAll(/export \{ (\w+) \}/g)].map(([, type]) => type);
  return types
    .map((type) => {
      if (!known[type]) throw new Error(`scripts/api-page.mjs does not describe the workflow ${type}`);
      return `| \`${type}\` | ${known[type].join(' | ')} |`;
    })
    .join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(join(root, 'docs/api.md'), apiPage());
