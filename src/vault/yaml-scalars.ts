import { isCollection, visit } from 'yaml';
import { parseYaml } from './frontmatter.js';

/** How the text of a YAML value is written; `flow` is plain text within `[]` or `{}`, `other` is a comment or no valid YAML. */
export type ScalarStyle = 'plain' | 'flow' | 'single' | 'double' | 'block' | 'other';

const maxParsedCharacters = 20_000;

const quoteStyles: Readonly<Record<string, ScalarStyle>> = {
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_LITERAL: 'block',
  BLOCK_FOLDED: 'block',
};

/** Returns the lookup of the style of the value that stands at an offset of this YAML. */
export function readScalarStyles(source: string): (offset: number) => ScalarStyle {
  const scalars: { start: number; end: number; style: ScalarStyle }[] = [];
  if (source.length > maxParsedCharacters) return () => 'other';
  try {
    const document = parseYaml(source);
    if (document.errors.length > 0) return () => 'other';
    visit(document, {
      Scalar(_key, node, path) {
        if (!node.range) return;
        const isInFlow = path.some((above) => isCollection(above) && above.flow);
        const style = quoteStyles[node.type ?? ''] ?? (isInFlow ? 'flow' : 'plain');
        scalars.push({ start: node.range[0], end: node.range[1], style });
      },
    });
  } catch {
    // Nested too deep.
    return () => 'other';
  }
  return (offset) => scalars.find(({ start, end }) => start <= offset && offset < end)?.style ?? 'other';
}

/** Returns what a piece of a value means. */
export function unescapeScalar(written: string, style: ScalarStyle): string {
  if (style === 'single') return written.replaceAll("''", "'");
  return style === 'double' ? written.replace(/\\(["/\\])/g, '$1') : written;
}

/** Returns `text` as a piece of a value of this style, or undefined when it cannot stand there. */
export function escapeScalar(text: string, style: ScalarStyle): string | undefined {
  switch (style) {
    case 'single':
      return text.replaceAll("'", "''");
    case 'double':
      return text.replace(/["\\]/g, '\\$&');
    case 'block':
      return text;
    case 'plain':
      return /:(?:\s|$)|\s#/.test(text) ? undefined : text;
    case 'flow':
      return /[,{}]|^[\s'"&*!|>%@`?:-]|:(?:\s|$)|\s#/.test(text) ? undefined : text;
    case 'other':
      return /['"]/.test(text) ? undefined : text;
  }
}
