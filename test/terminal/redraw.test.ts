import { describe, expect, it } from 'vitest';
import { Redraw } from '../../src/terminal/redraw.js';

function terminal(size: { rows?: number; columns?: number }): { redraw: Redraw; written: string[] } {
  const written: string[] = [];
  const write = (text: string): boolean => written.push(text) > 0;
  return { redraw: new Redraw({ ...size, write } as unknown as NodeJS.WriteStream), written };
}

describe('lines that stay in their place', () => {
  it('are replaced by the next ones, also by fewer', () => {
    const { redraw, written } = terminal({ rows: 24, columns: 80 });
    redraw.draw(['one', 'two', 'three']);
    redraw.draw(['four']);
    redraw.draw(['five']);
    expect(written).toEqual(['\r\u001B[Jone\ntwo\nthree\n', '\u001B[3A\r\u001B[Jfour\n', '\u001B[1A\r\u001B[Jfive\n']);
  });

  it('never scroll and never wrap', () => {
    const { redraw, written } = terminal({ rows: 10, columns: 5 });
    redraw.draw(Array.from({ length: 20 }, (_, line) => `line ${line}`));
    expect(written[0]?.match(/line /g)).toHaveLength(9);
    expect(written[0]).not.toContain('line 0');
  });

  it('fit the standard terminal where the size is not known', () => {
    expect(terminal({}).redraw.rows).toBe(23);
    expect(terminal({ rows: 0, columns: 0 }).redraw.rows).toBe(23);
  });
});
