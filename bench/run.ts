import { pathToFileURL } from 'node:url';

/** `npm run bench -- NAME…` runs bench/NAME.ts, each of which prints what it measured; without a name all but the long ones. */
const benches = ['http', 'state', 'commands', 'search', 'search-quality'];
const long = ['hostile', 'soak', 'moves', 'pictures'];

const names = process.argv.slice(2);
const unknown = names.filter((name) => !benches.includes(name) && !long.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`Unknown: ${unknown.join(', ')}. There are: ${[...benches, ...long].join(', ')}.\n`);
  process.exitCode = 2;
} else {
  for (const name of names.length === 0 ? benches : names) {
    process.stdout.write(`## ${name}\n`);
    const module = (await import(pathToFileURL(`${import.meta.dirname}/${name}.js`).href)) as {
      bench(): Promise<void>;
    };
    await module.bench();
  }
}
