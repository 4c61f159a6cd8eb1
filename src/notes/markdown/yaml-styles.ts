import { type Document, isCollection, visit } from 'yaml';
import type { YamlStyle } from './note.js';

/** Returns the lookup of the style of the value that stands at an offset of the YAML of this document; asked from growing offsets. */
export function readYamlStyles(document: Document.Parsed | undefined): (offset: number) => YamlStyle {
  const scalars: { start: number; end: number; style: YamlStyle }[] = [];
  visit(document ?? null, {
    Scalar(_key, { range, type = 'PLAIN' }, path) {
      const isInFlow = path.some((above) => isCollection(above) && above.flow);
      const style = type === 'PLAIN' && isInFlow ? 'FLOW' : type;
      if (range) scalars.push({ start: range[0], end: range[1], style });
    },
  });
  let index = 0;
  return (offset) => {
    while ((scalars[index]?.end ?? Number.POSITIVE_INFINITY) <= offset) index++;
    const scalar = scalars[index];
    return scalar !== undefined && scalar.start <= offset ? scalar.style : 'OTHER';
  };
}

/** Returns what a piece of a value means. */
export function unescapeScalar(written: string, style: YamlStyle): string {
  if (style === 'QUOTE_SINGLE') return written.replaceAll("''", "'");
  return style === 'QUOTE_DOUBLE' ? written.replace(/\\(["/\\])/g, '$1') : written;
}

/** Returns `text` as a piece of a value of this style, or undefined when it cannot stand there. */
export function escapeScalar(text: string, style: YamlStyle): string | undefined {
  switch (style) {
    case 'QUOTE_SINGLE':
      return text.replaceAll("'", "''");
    case 'QUOTE_DOUBLE':
      return text.replace(/["\\]/g, '\\$&');
    case 'BLOCK_FOLDED':
    case 'BLOCK_LITERAL':
      return text;
    case 'PLAIN':
      return /:(?:\s|$)|\s#/.test(text) ? undefined : text;
    case 'FLOW':
      return /[,{}]|^[\s'"&*!|>%@`?:-]|:(?:\s|$)|\s#/.test(text) ? undefined : text;
    case 'OTHER':
      return /['"]/.test(text) ? undefined : text;
  }
}
