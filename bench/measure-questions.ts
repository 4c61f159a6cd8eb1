import type { Question } from './question-set.js';

export interface Figures {
  readonly count: number;
  /** The share of questions whose first hit, or one of the first five, answers. */
  readonly first: number;
  readonly five: number;
  /** The mean of 1/rank of the first answer among ten. */
  readonly mrr: number;
}

/** Measures a search by the paths of the notes it finds. */
export async function measureQuestions(
  questions: readonly Pick<Question, 'question' | 'notes'>[],
  search: (text: string) => Promise<readonly string[]>,
): Promise<Figures> {
  const ranks: number[] = [];
  for (const { question, notes } of questions) {
    ranks.push((await search(question)).findIndex((path) => notes.includes(path)) + 1);
  }
  const share = (limit: number) => ranks.filter((rank) => rank > 0 && rank <= limit).length / ranks.length;
  const mrr = ranks.reduce((sum, rank) => sum + (rank > 0 ? 1 / rank : 0), 0) / ranks.length;
  return { count: ranks.length, first: share(1), five: share(5), mrr };
}
