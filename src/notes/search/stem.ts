/**
 * Returns the stem of a folded lower-case word: English plurals (Harman's S-stemmer), then light Spanish endings
 * (Savoy's), whatever the word's language is: nobody says which of the two a note is in.
 */
export function stem(word: string): string {
  return trimSpanish(trimEnglishPlural(word));
}

function trimEnglishPlural(word: string): string {
  if (word.length < 4 || !word.endsWith('s')) return word;
  if (/[^ea]ies$/.test(word)) return `${word.slice(0, -3)}y`;
  if (/[^aeo]es$/.test(word)) return word.slice(0, -1);
  if (/[us]s$/.test(word)) return word;
  return word.slice(0, -1);
}

function trimSpanish(word: string): string {
  // `luces` and `luz` meet in `luc`; `device` goes along on both sides.
  if (word.length >= 3 && word.endsWith('z')) return `${word.slice(0, -1)}c`;
  if (word.length >= 4 && word.endsWith('e')) return word.slice(0, -1);
  if (word.length >= 5 && /[ao]$/.test(word)) return word.slice(0, -1);
  return word;
}
