interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly lines: readonly string[];
  readonly tone: 'outside' | 'main' | 'worker' | 'disk';
}

const boxes: readonly Box[] = [
  { x: 20, y: 20, width: 200, height: 62, title: 'Clients', lines: ['claude.ai, ChatGPT, …'], tone: 'outside' },
  {
    x: 250,
    y: 20,
    width: 200,
    height: 62,
    title: 'Your browser',
    lines: ['the approval page, the PIN'],
    tone: 'outside',
  },
  {
    x: 690,
    y: 20,
    width: 210,
    height: 62,
    title: 'Operator',
    lines: ['vault-mcp state …'],
    tone: 'outside',
  },
  {
    x: 20,
    y: 130,
    width: 430,
    height: 70,
    title: 'src/http',
    lines: ['Host and Origin, limits, OAuth routes, pages, /mcp'],
    tone: 'main',
  },
  { x: 20, y: 230, width: 200, height: 70, title: 'src/mcp', lines: ['protocol, tools, resources'], tone: 'main' },
  { x: 250, y: 230, width: 200, height: 70, title: 'src/oauth', lines: ['register, approve, tokens'], tone: 'main' },
  { x: 250, y: 330, width: 200, height: 70, title: 'src/state', lines: ['rules, file, store'], tone: 'main' },
  { x: 20, y: 330, width: 200, height: 70, title: 'src/notes', lines: ['asks the worker'], tone: 'main' },
  {
    x: 20,
    y: 470,
    width: 430,
    height: 86,
    title: 'src/notes/worker (its own thread)',
    lines: ['files: confinement, writing, moving', 'markdown, catalogue, search'],
    tone: 'worker',
  },
  {
    x: 690,
    y: 330,
    width: 210,
    height: 70,
    title: 'state.json',
    lines: ['clients, grants, token hashes'],
    tone: 'disk',
  },
  {
    x: 690,
    y: 440,
    width: 210,
    height: 70,
    title: 'state.json.catalogue',
    lines: ['SQLite; can be made anew'],
    tone: 'disk',
  },
  { x: 690, y: 530, width: 210, height: 62, title: 'Your notes', lines: ['a folder of Markdown files'], tone: 'disk' },
];

/** Each from the edge of one box to the edge of another, with what passes. */
const arrows: readonly (readonly [number, number, number, number, string])[] = [
  [120, 82, 120, 130, 'MCP, OAuth'],
  [350, 82, 350, 130, ''],
  [120, 200, 120, 230, ''],
  [350, 200, 350, 230, ''],
  [120, 300, 120, 330, ''],
  [350, 300, 350, 330, ''],
  [120, 400, 120, 470, 'calls, cancellable'],
  [450, 365, 690, 365, 'update, under a lock'],
  [795, 82, 795, 330, 'the same update'],
  [450, 490, 690, 475, 'kept up to date'],
  [450, 530, 690, 560, 'read, written'],
];

const fills = { outside: '#f2f4f8', main: '#e3edff', worker: '#e4f5e6', disk: '#fdf1d8' } as const;

/** Returns the picture of the architecture as SVG. */
export function architecture(): string {
  const parts = [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 920 612" font-family="Helvetica, Arial, sans-serif" font-size="13">',
    '<title>The parts of vault-mcp</title>',
    '<defs><marker id="to" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#555"/></marker></defs>',
    '<rect width="920" height="612" fill="#fff"/>',
    '<rect x="8" y="112" width="456" height="302" rx="8" fill="none" stroke="#9bb5e8" stroke-dasharray="5 4"/>',
    '<text x="474" y="132" fill="#4a6db3">main thread:</text>',
    '<text x="474" y="149" fill="#4a6db3">logins never wait for notes</text>',
    ...boxes.map(
      ({ x, y, width, height, title, lines, tone }) =>
        `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6" fill="${fills[tone]}" stroke="#777"/>` +
        `<text x="${x + 14}" y="${y + 25}" font-weight="bold">${title}</text>` +
        lines.map((line, at) => `<text x="${x + 14}" y="${y + 46 + at * 18}" fill="#333">${line}</text>`).join(''),
    ),
    ...arrows.map(
      ([x1, y1, x2, y2, label]) =>
        `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#555" stroke-width="1.4" marker-end="url(#to)"/>` +
        (label === ''
          ? ''
          : `<text x="${x1 === x2 ? x1 + 8 : (x1 + x2) / 2 - 60}" y="${(y1 + y2) / 2 - (x1 === x2 ? -4 : 8)}" fill="#555" font-size="12">${label}</text>`),
    ),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}
