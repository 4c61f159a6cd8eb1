import type { Scalar } from 'yaml';

/**
 * What one parse of a note gives. Offsets count UTF-16 units of `text`, which is the note without its byte order mark; lines
 * count from 1.
 */
export interface ParsedNote {
  readonly text: string;
  /** The bytes begin with a UTF-8 byte order mark. */
  readonly hasMark: boolean;
  readonly frontmatter: Frontmatter;
  /** From the frontmatter, else the heading of level 1 before any other text; undefined: the file's name is the title. */
  readonly title: string | undefined;
  /** One of `Active`, `Pending`, `Paused`, `Done`, or another word as it is written. */
  readonly status: string | undefined;
  /** As written: a date in most notes. */
  readonly created: string | undefined;
  readonly updated: string | undefined;
  readonly aliases: readonly string[];
  /** Without `#`, in NFC, frontmatter first, each once whatever its case. */
  readonly tags: readonly string[];
  /** Every key of the frontmatter and every `**Key:** Value` line, by its name in lower case and NFC; the frontmatter wins. */
  readonly properties: ReadonlyMap<string, readonly PropertyValue[]>;
  /** The `**Key:** Value` lines that are none of status, created and updated, by their names as written. */
  readonly other: ReadonlyMap<string, string>;
  /** The headings in order; one in a quote or list item is text of its section. */
  readonly outline: readonly Heading[];
  /** By `start`. */
  readonly links: readonly Link[];
  /** What `[[Note#^id]]` can name, in the order of the ids. */
  readonly blocks: readonly Block[];
  /** What could not be read, or was cut; the message says all of it in one or more sentences, for a person. */
  readonly problem: NoteProblem | undefined;
}

export interface Span {
  readonly start: number;
  /** After the last unit. */
  readonly end: number;
}

/** Where the block between the fences stands (`---` or `+++`), and what it says. */
export interface Frontmatter {
  readonly kind: 'none' | 'yaml' | 'toml';
  /** Between the fences: after the opening line, before the closing one. */
  readonly source: Span;
  /** After the closing line. */
  readonly bodyStart: number;
  /** Its fields; empty when it cannot be read, see `problem`. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Dates, and numbers that would not be written again as they are, are as written in YAML; dates of TOML are ISO 8601. */
export type PropertyValue = string | number | boolean | null;

export interface Heading {
  /** 1 to 6. */
  readonly level: number;
  /** Its text as `plainText` gives it. */
  readonly text: string;
  /** The Markdown of its text as written, without `#` and underline. */
  readonly source: string;
  readonly line: number;
  /** The offset of its first line. */
  readonly start: number;
  /** After its last line and that line's break: where its content begins. */
  readonly contentStart: number;
}

export type LinkKind =
  /** `[text](target)`. */
  | 'markdown'
  /** `![text](target)`. */
  | 'image'
  /** `[[target]]`. */
  | 'wiki'
  /** `![[target]]`. */
  | 'embed'
  /** `[label]: target`; the places that use the label are no links of their own. */
  | 'definition'
  /** `href` or `src` of an HTML tag. */
  | 'html';

/** A link to a note or file, or to a heading or block of this note; links to the web are none. */
export interface Link extends Span {
  readonly kind: LinkKind;
  /** The file it names: without anchor, alias and title; escapes, entities and percent-encoding undone. Empty: this note. */
  readonly target: string;
  /** `#heading` or `#^block`, decoded; empty when there is none. */
  readonly anchor: string;
  readonly line: number;
  /** How what stands from `start` to `end`, the target alone, is written, and so its replacement. */
  readonly spelling: Spelling;
}

export interface Spelling {
  /** Between `<` and `>`. */
  readonly angled: boolean;
  /** Characters beyond ASCII are percent-encoded. */
  readonly encoded: boolean;
  /** The value of the frontmatter that it stands in; undefined in the body. */
  readonly yaml: YamlStyle | undefined;
}

/** How a YAML value is written; `FLOW` is plain text within `[]` or `{}`, `OTHER` is a comment or no valid YAML. */
export type YamlStyle = Scalar.Type | 'FLOW' | 'OTHER';

/** A paragraph, list item or other block with an id of its own. */
export interface Block extends Span {
  /** Without `^`. */
  readonly id: string;
}

export interface NoteProblem {
  readonly code:
    | 'not_text'
    | 'too_large'
    /** The frontmatter cannot be read; the rest of the note is. */
    | 'bad_frontmatter'
    /** There is more of something than the limits take. */
    | 'cut';
  readonly message: string;
}

/** What one note may have; the rest is cut and said in `problem`. */
export const limits = {
  noteBytes: 10_000_000,
  frontmatterBytes: 65_536,
  links: 10_000,
  tags: 1_000,
  tagCharacters: 200,
  headings: 5_000,
  blocks: 10_000,
} as const;
