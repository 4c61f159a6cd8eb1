import { decodeEntities } from './destinations.js';

const maxCharacters = 1_000;
const escaped = /\\([!-/:-@[-`{-~])/g;
const pairs = /(\*{1,3}|~~|==)(?=[^\s*~=])([^*~=]*[^\s*~=])\1/g;
const underscores = /(?<![\p{L}\p{N}_])(_{1,3})(?=[^\s_])([^_]*[^\s_])\1(?![\p{L}\p{N}_])/gu;

/** Returns a line of Markdown as it is shown: without marks, link targets, HTML and escapes, in one line; bounded in length and time. */
export function plainText(source: string): string {
  const written = source.slice(0, maxCharacters);
  if (!/[\\*_`[\]<&~={%]/.test(written)) return inOneLine(written);
  const held: string[] = [];
  // A private-use character stands for what is kept as it is.
  const hold = (text: string) => `\ue000${held.push(text) - 1}\ue001`;
  let text = written
    .replace(escaped, (_, character: string) => hold(character))
    .replace(/(`+)([^`]+)\1/g, (_, _marks, code: string) => hold(code.replace(/^ (.*\S.*) $/s, '$1')))
    .replace(/!?\[\[([^[\]|\n]*)(?:\|([^[\]\n]*))?\]\]/g, (_, target: string, alias?: string) => alias ?? target)
    .replace(/!?\[([^[\]]*)\]\([^()\n]*\)/g, '$1')
    .replace(/!?\[([^[\]]*)\]\([^()\n]*\)/g, '$1')
    .replace(/<!--[^<>]*-->|<\/?[a-z][^<>]*>|%%[^%\n]*%%/gi, '')
    .replace(/\s*\{(?:[:.#][^{}]*|\/\*[^{}]*\*\/)\}\s*$/, '');
  // Strong text within emphasis, and the other way about.
  for (let pass = 0; pass < 2; pass++) text = text.replace(pairs, '$2').replace(underscores, '$2');
  const restored = decodeEntities(text).replace(/\ue000(\d+)\ue001/g, (_, index: string) => held[Number(index)] ?? '');
  return inOneLine(restored);
}

function inOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
