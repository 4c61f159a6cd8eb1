/** HTML that is ready to be sent. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Interpolated = string | number | Markup | undefined | readonly Markup[];

/** A template tag: escapes every interpolated text, so that no foreign one becomes markup; undefined is nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Interpolated[]): Markup {
  let text = parts[0] ?? '';
  for (const [i, value] of values.entries()) text += render(value) + (parts[i + 1] ?? '');
  return new Markup(text);
}

function render(value: Interpolated): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map((markup) => markup.text).join('');
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
