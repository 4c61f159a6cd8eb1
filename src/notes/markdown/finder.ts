/** Returns a search for fixed words from growing offsets, in time linear in the text however often it is asked. */
export function createFinder(text: string): (word: string, from: number) => number {
  const next = new Map<string, number>();
  return (word, from) => {
    const known = next.get(word);
    if (known !== undefined && (known === -1 || known >= from)) return known;
    const found = text.indexOf(word, from);
    next.set(word, found);
    return found;
  };
}
