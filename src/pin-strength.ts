/** A PIN that a person chose is good from so many characters on. */
export const goodPinLength = 12;
/** One with fewer characters than this is guessed soon. */
export const weakPinLength = 8;

/** Returns how hard a PIN that a person chose is to guess. */
export function pinStrength(pin: string): 'weak' | 'short' | 'good' {
  const { length } = [...pin];
  return length < weakPinLength ? 'weak' : length < goodPinLength ? 'short' : 'good';
}
