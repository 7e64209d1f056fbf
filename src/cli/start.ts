/** What `npm start` runs: the demo, or with arguments the command line. */
if (process.argv.length <= 2) process.argv.push('demo');
void import('./main.ts');
