import fs from 'node:fs';

/** Whose code is in files with these names, and on what terms. */
export const licences = (inputs) =>
  [...new Set(inputs.map((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]))]
    .filter((folder) => folder !== undefined)
    .sort()
    .map((folder) => {
      const { name, version, license, author } = JSON.parse(fs.readFileSync(`${folder}/package.json`, 'utf8'));
      const file = fs.readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
      if (file === undefined && license === undefined) throw new Error(`${name} comes without a licence`);
      const terms =
        file === undefined
          ? `${license}, ${author?.name ?? author ?? 'its authors'}`
          : fs.readFileSync(`${folder}/${file}`, 'utf8').trim();
      return `${name} ${version}\n\n${terms}\n`;
    })
    .join(`\n${'-'.repeat(72)}\n\n`);
