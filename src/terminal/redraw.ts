/** Lines that stay in their place on a terminal: each drawing replaces the one before. */
export class Redraw {
  private drawn = 0;

  constructor(private readonly stream: NodeJS.WriteStream) {}

  /** How many lines fit, so that none scrolls away. */
  get rows(): number {
    return Math.max((this.stream.rows || 24) - 1, 6);
  }

  draw(lines: readonly string[]): void {
    const up = this.drawn === 0 ? '' : `\u001B[${this.drawn}A`;
    const shown = lines.slice(0, this.rows).map((line) => line.slice(0, this.stream.columns || 80));
    this.stream.write(`${up}\r\u001B[J${shown.join('\n')}\n`);
    this.drawn = shown.length;
  }
}
