import { rowLengthLimit } from '../limits.js';
import { quoted, Unreadable } from '../problem.js';

/**
 * Parts a JSON array into its elements as it comes, with the line each starts on. It knows texts and brackets only:
 * whether an element is JSON is for whoever takes it.
 */
export class JsonArray {
  private place: 'before' | 'inside' | 'after' = 'before';
  private line = 1;
  /** What closes the brackets that are open within the element. */
  private readonly closing: string[] = [];
  private text: 'none' | 'open' | 'escaped' = 'none';
  private element = '';
  /** Line on which the element starts, once something of it was there. */
  private start: number | undefined;
  /** Line of the comma or bracket before the element. */
  private before = 1;
  private isAfterComma = false;

  /** @param take called with an element, which is empty where a comma is too many */
  constructor(private readonly take: (line: number, element: string) => void) {}

  /**
   * @param text with LF line ends
   * @throws {Unreadable}
   */
  push(text: string): void {
    let from = 0;
    for (let at = 0; at < text.length; at += 1) {
      const character = text[at]!;
      if (this.place !== 'inside') {
        if (character.trim() !== '') this.outside(character);
        from = at + 1;
      } else {
        if (character > ' ') this.start ??= this.line;
        if (this.ends(character)) {
          this.finish(this.element + text.slice(from, at), character);
          from = at + 1;
        }
      }
      if (character === '\n') this.line += 1;
    }
    this.element += text.slice(from);
    this.checkLength(this.element);
  }

  /** @throws {Unreadable} */
  end(): void {
    if (this.place !== 'inside') return;
    if (this.closing.length === 0) throw new Unreadable(this.line, 'the list ends without its closing ]');
    throw this.unclosed();
  }

  private outside(character: string): void {
    if (this.place === 'after') {
      throw new Unreadable(this.line, `the list has ended, and ${quoted(character)} follows`);
    }
    if (character !== '[') {
      const otherwise = character === '{' ? '; one object a line is the format jsonl' : '';
      throw new Unreadable(this.line, `a JSON list starts with [, and this with ${quoted(character)}${otherwise}`);
    }
    this.place = 'inside';
    this.before = this.line;
  }

  /** Whether a character ends the element: a comma or a closing bracket that is not its own. */
  private ends(character: string): boolean {
    if (this.text === 'escaped') this.text = 'open';
    else if (this.text === 'open') this.readText(character);
    else if (character === '"') this.text = 'open';
    else if (character === '{') this.closing.push('}');
    else if (character === '[') this.closing.push(']');
    else if (this.closing.length === 0) return character === ',' || character === ']';
    else if ((character === '}' || character === ']') && this.closing.pop() !== character) throw this.unclosed();
    return false;
  }

  private readText(character: string): void {
    if (character === '"') this.text = 'none';
    else if (character === '\\') this.text = 'escaped';
    else if (character === '\n') {
      throw new Unreadable(this.line, 'a text opens on this line and does not end on it: is a " missing?');
    }
  }

  private finish(whole: string, character: string): void {
    this.checkLength(whole);
    const element = whole.trim();
    if (element !== '') this.take(this.start ?? this.line, element);
    else if (character === ',') this.take(this.line, '');
    else if (this.isAfterComma) this.take(this.before, '');
    this.isAfterComma = character === ',';
    this.element = '';
    this.start = undefined;
    this.before = this.line;
    if (character === ']') this.place = 'after';
  }

  private unclosed(): Unreadable {
    return new Unreadable(this.start ?? this.line, 'the object that starts here is not closed');
  }

  private checkLength(element: string): void {
    if (element.length <= rowLengthLimit) return;
    throw new Unreadable(this.start ?? this.line, `the object is longer than ${rowLengthLimit / 1024} KiB`);
  }
}
