/** Unicode's normalization costs the square of a run of combining marks; its own "stream-safe" form takes 30 (UAX 15). */
const longRuns = /\p{M}{31,1000}/gu;

/** Returns text in a Unicode form, in linear time: runs of over 30 combining marks stay as they are. */
export function normalizeText(text: string, form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD' = 'NFC'): string {
  if (/^[\0-\x7f]*$/.test(text)) return text;
  const pieces: string[] = [];
  let done = 0;
  for (const run of text.matchAll(longRuns)) {
    pieces.push(text.slice(done, run.index).normalize(form), run[0]);
    done = run.index + run[0].length;
  }
  pieces.push(text.slice(done).normalize(form));
  return pieces.join('');
}
