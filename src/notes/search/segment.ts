/** A letter of a script that writes no spaces; `·` stands in Catalan words too. */
export const unspaced = /(?!·)[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
/** Runs of scripts that write no spaces; Hiragana and Katakana go with Han, as in Japanese. */
const runs =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}]+|[\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{M}]+|[^\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]+/gu;
const unspacedStart = new RegExp(`^${unspaced.source}`, 'u');
const segmenter = new Intl.Segmenter('ja', { granularity: 'word' });
/** The segmenter takes more time per character for long runs. */
const maxRun = 500;

/** Cuts a run of letters into words: Chinese, Japanese, Thai, Lao, Khmer and Burmese by dictionary, others at the change of script. */
export function segment(run: string): { text: string; start: number }[] {
  return [...run.matchAll(runs)].flatMap(({ 0: text, index }) => {
    if (!unspacedStart.test(text)) return [{ text, start: index }];
    const pieces: { text: string; start: number }[] = [];
    for (let at = 0; at < text.length; at += maxRun) {
      for (const { segment: word, index: place } of segmenter.segment(text.slice(at, at + maxRun))) {
        pieces.push({ text: word, start: index + at + place });
      }
    }
    return pieces;
  });
}
