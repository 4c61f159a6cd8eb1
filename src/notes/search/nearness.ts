import type { SectionVectors, Visit } from './section-vectors.js';
import { noteOf } from './tables.js';

/** How near the parts of the sections are to a query in meaning. */
export interface Nearness {
  /** Calls `visit` with the nearness of each part that has a vector: a cosine, or somewhat more by two of them. */
  readonly compare: (visit: Visit) => void;
  /** How much nearness counts, from 0 to 1. */
  readonly trust: number;
  /** A model knows more of what words mean than the built-in table. */
  readonly isModel: boolean;
}

interface Compared {
  readonly vectors: SectionVectors;
  readonly query: Float32Array;
}

interface ByTable extends Compared {
  readonly trust: number;
}

/** How much nearness by the built-in vectors counts beside that by a model's. */
export const besideModel = 0.75;
/** How much that by the built-in vectors counts where the model has none: less than both, or such sections would come first. */
export const withoutModel = 1.35;

/**
 * Nearness by the vectors of a model and the built-in ones, or by those of the two that there are. Sections that have none of
 * the model, as while notes are embedded or where the endpoint refuses a text, go by the built-in ones alone.
 */
export function nearnessBy(model: Compared | undefined, table: ByTable | undefined): Nearness | undefined {
  if (model !== undefined) {
    const alone = (visit: Visit) => model.vectors.compare(model.query, visit);
    const compare = table === undefined ? alone : (visit: Visit) => compareBoth(model, table, visit);
    return { compare, trust: 1, isModel: true };
  }
  if (table === undefined) return undefined;
  return { compare: (visit) => table.vectors.compare(table.query, visit), trust: table.trust, isModel: false };
}

function compareBoth(model: Compared, table: ByTable, visit: Visit): void {
  const cosines = new Float32Array(table.vectors.places);
  table.vectors.compare(table.query, (id, part, cosine, at) => {
    cosines[at] = cosine * table.trust;
    if (!model.vectors.has(noteOf(id), part)) visit(id, part, withoutModel * cosine * table.trust, at);
  });
  model.vectors.compare(model.query, (id, part, cosine, at) => {
    const first = table.vectors.placeOf(noteOf(id));
    const beside = first === undefined ? 0 : (cosines[first + part] as number);
    visit(id, part, cosine + besideModel * beside, at);
  });
}
