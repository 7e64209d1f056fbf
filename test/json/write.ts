/** Writes what is made of the types of `--json`: the table in the README and the schema. `npm run json` */
import { writeFileSync } from 'node:fs';
import { README, readmeText, SCHEMA, schemaText } from './kept.ts';

writeFileSync(README, readmeText());
writeFileSync(SCHEMA, schemaText());
