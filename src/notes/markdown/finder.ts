/** Returns a search for fixed words from growing offsets, in time linear in the text however often it is asked. */
export function createFinder(text: string): (word: string, from: number) => number {
  let next: Map<string, number> | undefined;
  return (word, from) => {
    const known = next?.get(word);
    if (known !== undefined && (known === -1 || known >= from)) return known;
    const found = text.indexOf(word, from);
    next ??= new Map();
    next.set(word, found);
    return found;
  };
}

/** Returns the offset after what a sticky pattern matches at `at`, or -1. */
export function matchAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}
