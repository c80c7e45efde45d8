/** The beginning of a text, for a message or a summary. */
export function shortened(text: string, maxLength = 40): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}
