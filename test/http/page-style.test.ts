import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageStyle } from '../../src/http/page-style.js';

/** Text on ground, each pair of the palette that the pages use; WCAG 2.2 AA wants 4.5 for text, 3 for a control's edge. */
const pairs: [front: string, back: string, ratio: number][] = [
  ['text', 'card', 4.5],
  ['text', 'tint', 4.5],
  ['soft', 'card', 4.5],
  ['soft', 'tint', 4.5],
  ['on-accent', 'accent', 4.5],
  ['on-accent', 'accent-hover', 4.5],
  ['warn', 'warn-ground', 4.5],
  ['bad', 'bad-ground', 4.5],
  ['bad', 'card', 4.5],
  ['good', 'good-ground', 4.5],
  ['control', 'card', 3],
  ['accent', 'card', 3],
];

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test('the palette has enough contrast, light and dark', () => {
  const palettes = [...pageStyle.matchAll(/:root \{([^}]*)\}/g)].map(
    ([, body]) =>
      new Map([...(body ?? '').matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name, hex]) => [name, hex])),
  );
  assert.equal(palettes.length, 2);
  for (const [i, palette] of palettes.entries()) {
    for (const [front, back, wanted] of pairs) {
      const [a = 0, b = 0] = [front, back].map((name) => luminance(palette.get(name) ?? '')).sort((x, y) => y - x);
      const ratio = (a + 0.05) / (b + 0.05);
      assert.ok(ratio >= wanted, `${['light', 'dark'][i]}: ${front} on ${back} is ${ratio.toFixed(2)}`);
    }
  }
});
