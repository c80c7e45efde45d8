// Draws docs/terminal.svg: what `npm start` shows on a terminal, in a new checkout.
//
// Needs `script` from util-linux, which gives the command a terminal, and the ports of `npm run dev`.
import { execFileSync } from 'node:child_process';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshCheckout, root } from './checkout.mjs';

const command = 'npm start';
const column = 8.4;
const row = 20;
const margin = 16;
/** Longer lines are cut, so the others stay readable. */
const maxColumns = 96;

/** The colours of a dark terminal, by their SGR code. */
const colours = { 31: '#ff7b72', 32: '#3fb950', 33: '#d29922', 36: '#39c5cf', 90: '#8b949e' };

const folder = freshCheckout();
try {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  execFileSync('npm', ['run', 'build'], { cwd: folder });
  const said = execFileSync('script', ['-qec', command, '/dev/null'], { cwd: folder, env: plainEnvironment() });
  writeFileSync(
    join(root, 'docs/terminal.svg'),
    drawn([[{ text: `$ ${command}`, colour: '90' }], ...linesOf(said.toString())]),
  );
} finally {
  rmSync(folder, { recursive: true });
}

/** Leaves out the settings of whoever runs this script. */
function plainEnvironment() {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, TERM: 'xterm-256color', npm_config_progress: 'false' };
}

/** Splits the final screen into lines of coloured pieces. npm's own first lines are left out. */
function linesOf(said) {
  const lines = said
    .replaceAll('\r\n', '\n')
    .replace(/^(?:> .*\n|\n)+/, '')
    .trimEnd()
    .split('\n');
  // The spinner is erased while the command runs, so its frames are not on the final screen.
  const spinner = /[\u2801-\u28ff]/;
  return lines.filter((line) => !spinner.test(line)).map((line) => piecesOf(line.split('\r').at(-1)));
}

/** Keeps only the codes that set colour and weight. */
function piecesOf(line) {
  let colour;
  let bold = false;
  return `m${line}`.split('\u001B[').flatMap((part) => {
    const [, codes, text] = /^([\d;]*)m(.*)$/.exec(part) ?? ['', '', ''];
    for (const code of codes.split(';')) {
      if (code === '1') bold = true;
      else if (code === '22') bold = false;
      else colour = code in colours ? code : undefined;
    }
    return text === '' ? [] : [{ text, colour, bold }];
  });
}

function drawn(lines) {
  const width = Math.ceil(maxColumns * column + 2 * margin);
  const height = lines.length * row + 2 * margin;
  const rows = lines.map((line, index) => {
    let at = 0;
    const spans = line.map(({ text, colour, bold }) => {
      const x = margin + at * column;
      const shown = at + text.length > maxColumns ? `${text.slice(0, maxColumns - at - 1)}…` : text;
      at += text.length;
      const style = `${colour ? ` fill="${colours[colour]}"` : ''}${bold ? ' font-weight="bold"' : ''}`;
      return `<tspan x="${x.toFixed(1)}"${style}>${escaped(shown)}</tspan>`;
    });
    return `<text y="${margin + (index + 0.75) * row}" xml:space="preserve">${spans.join('')}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#e6edf3">`,
    ...rows,
    '</g></svg>',
    '',
  ].join('\n');
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
