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

/** Returns text as it is compared where case, accents and the number of blanks do not count. */
export function foldText(text: string): string {
  const bare = normalizeText(text, 'NFD').replace(/\p{M}/gu, '');
  return bare.replace(/\s+/g, ' ').trim().toLowerCase();
}

/** Optimal string alignment distance (swapped neighbours are one edit), or more than `limit` when it is above that. */
export function editDistance(a: string, b: string, limit: number = Number.POSITIVE_INFINITY): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(distance);
      least = Math.min(least, distance);
    }
    if (least > limit) return limit + 1;
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
