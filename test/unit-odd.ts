import { pureFiles } from './run.js';

for (const file of pureFiles.filter((_, index) => index % 2 === 1)) await import(file);
