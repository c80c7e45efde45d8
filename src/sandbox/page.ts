import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { typeOf, type Employee, type ShownType } from './portal/employee.js';
import type { Portal } from './portal/env.js';
import { accessName } from './portal/room-access.js';

const maxShown = 100;
const statuses = { 1: 'active', 2: 'disabled', 4: 'invited' };
const typeNames: Record<ShownType, string> = {
  Owner: 'Owner',
  DocSpaceAdmin: 'DocSpace admin',
  RoomAdmin: 'Room admin',
  User: 'User',
  Guest: 'Guest',
};

type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** `GET /`: the people of the sandbox, newest first, its groups and rooms, and things to try. */
export function page(portal: Portal): Html {
  const { people, mails } = portal;
  const everybody = people.all().toReversed();
  const row = (employee: Employee) => html`
    <tr>
      <td>${`${employee.firstName} ${employee.lastName}`}</td>
      <td>${employee.email}</td>
      <td><span class="type ${typeOf(employee)}">${typeNames[typeOf(employee)]}</span></td>
      <td>${statuses[employee.status]}</td>
      <td class="number">${mails.count('activation', employee.email) + mails.count('password', employee.email)}</td>
      <td class="notes">${employee.notes}</td>
    </tr>
  `;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta http-equiv="refresh" content="5" />
        <title>Sandbox portal</title>
        <style>
          ${style}
        </style>
      </head>
      <body>
        <h1>Sandbox portal</h1>
        <p>
          This is a local double of an ONLYOFFICE DocSpace portal. It behaves like the real one, but has no files, and
          only counts the mails that the real one would send. This page refreshes every five seconds.
        </p>
        <h2>Things to try in a checkout</h2>
        <dl>
          ${ideas.map(
            ([command, effect]) =>
              html`<dt><code>${command}</code></dt>
                <dd>${effect}</dd>`,
          )}
        </dl>
        <h2>People <small>${everybody.length}</small></h2>
        <table>
          <thead>
            <tr>
              <th>Name</th>
              <th>E-mail</th>
              <th>Role</th>
              <th>Status</th>
              <th class="number">Mails</th>
              <th>Notes</th>
            </tr>
          </thead>
          <tbody>
            ${everybody.slice(0, maxShown).map(row)}
          </tbody>
        </table>
        ${everybody.length > maxShown ? html`<p>The ${maxShown} newest are shown.</p>` : ''} ${places(portal)}
      </body>
    </html>`;
}

/** The groups and rooms, if there are any, with everybody in them. */
function places({ people, departments, rooms }: Portal): Html {
  const nameOf = (id: string): string => departments.get(id)?.name ?? people.byId(id)?.email ?? id;
  const groups = departments.all().map(({ id, name }) => [name, [...departments.memberIds(id)].map(nameOf)] as const);
  const shared = rooms.all().map(({ id, title, ownerId }) => {
    const rows = [...rooms.rowsOf(id)].map(([subject, access]) => `${nameOf(subject)}: ${accessName(access)}`);
    return [title, [`${nameOf(ownerId)}: owner`, ...rows]] as const;
  });
  return html`${table('Groups', groups)}${table('Rooms', shared)}`;
}

function table(heading: string, all: readonly (readonly [string, readonly string[]])[]): Html | string {
  if (all.length === 0) return '';
  return html`<h2>${heading} <small>${all.length}</small></h2>
    <table>
      ${all.map(
        ([name, members]) =>
          html`<tr>
            <td>${name}</td>
            <td class="notes">${names(members)}</td>
          </tr>`,
      )}
    </table>`;
}

function names(all: readonly string[]): string {
  return `${all.slice(0, maxShown).join(', ')}${all.length > maxShown ? ', …' : ''}`;
}

const ideas = [
  ['npm start', 'Onboards John Doe as a room admin.'],
  ['npm run starter -- role john.doe@example.com User', 'Lowers his role, and waits until the portal shows it.'],
  ['npm run starter -- template > people.csv', 'Prints a CSV file to start from.'],
  ['npm run starter -- import people.csv', 'Onboards everybody in the file.'],
  ['npm run starter -- status', 'Shows every open onboarding.'],
] as const;

const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 72rem; margin: 2rem auto; padding: 0 1.5rem; }
  h1 { margin-bottom: 0; }
  h2 { margin-top: 2rem; }
  small { color: GrayText; font-weight: normal; }
  code { font: 0.9rem ui-monospace, monospace; background: color-mix(in srgb, CanvasText 8%, Canvas); padding: 0.15rem 0.4rem; border-radius: 4px; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.5rem 1.5rem; }
  dd { margin: 0; }
  table { width: 100%; border-collapse: collapse; }
  th, td { padding: 0.45rem 0.75rem 0.45rem 0; text-align: left; border-bottom: 1px solid color-mix(in srgb, CanvasText 15%, Canvas); }
  th { color: GrayText; font-weight: 600; }
  .number { text-align: right; padding-right: 1.5rem; }
  .notes { color: GrayText; font-size: 0.85rem; overflow-wrap: anywhere; }
  .type { white-space: nowrap; padding: 0.1rem 0.6rem; border-radius: 1rem; background: #8884; }
  .Owner, .DocSpaceAdmin { background: #c84b; color: #fff; }
  .RoomAdmin { background: #47ab; color: #fff; }
`;
