import { type Document, isCollection, visit } from 'yaml';
import type { YamlStyle } from './note.js';

const quoteStyles: Readonly<Record<string, YamlStyle>> = {
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_LITERAL: 'block',
  BLOCK_FOLDED: 'block',
};

/** Returns the lookup of the style of the value that stands at an offset of the YAML of this document; asked from growing offsets. */
export function readYamlStyles(document: Document.Parsed | undefined): (offset: number) => YamlStyle {
  if (document === undefined) return () => 'other';
  const scalars: { start: number; end: number; style: YamlStyle }[] = [];
  visit(document, {
    Scalar(_key, node, path) {
      if (!node.range) return;
      const isInFlow = path.some((above) => isCollection(above) && above.flow);
      const style = quoteStyles[node.type ?? ''] ?? (isInFlow ? 'flow' : 'plain');
      scalars.push({ start: node.range[0], end: node.range[1], style });
    },
  });
  scalars.sort((a, b) => a.start - b.start);
  let index = 0;
  return (offset) => {
    while (index < scalars.length && (scalars[index]?.end ?? 0) <= offset) index++;
    const scalar = scalars[index];
    return scalar !== undefined && scalar.start <= offset ? scalar.style : 'other';
  };
}

/** Returns what a piece of a value means. */
export function unescapeScalar(written: string, style: YamlStyle): string {
  if (style === 'single') return written.replaceAll("''", "'");
  return style === 'double' ? written.replace(/\\(["/\\])/g, '$1') : written;
}

/** Returns `text` as a piece of a value of this style, or undefined when it cannot stand there. */
export function escapeScalar(text: string, style: YamlStyle): string | undefined {
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
