import rxjsX from 'eslint-plugin-rxjs-x';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// What only types can tell; what the text tells is in test/house.test.ts, and how it looks in biome.json.
export default defineConfig(
  globalIgnores(['dist/', 'docs/', 'coverage/', '**/*.js', '**/*.mjs']),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked, rxjsX.configs.recommended],
    languageOptions: { parserOptions: { project: './test/tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'rxjs-x/no-exposed-subjects': 'error',
      'rxjs-x/no-floating-observables': 'error',
      'rxjs-x/no-misused-observables': 'error',
      'rxjs-x/no-sharereplay-before-takeuntil': 'error',
      // A `new Observable` in a `switchMap` subscribes with `subscriber.add`: that is where the house puts lifetimes.
      'rxjs-x/no-subscribe-in-pipe': 'off',
      // `takeWhile(() => !picker.complete, true)` asks a machine, not the value.
      'rxjs-x/no-ignored-takewhile-value': 'off',
      // Arrows keep `this`; what is left is walking a tree from here.
      '@typescript-eslint/no-this-alias': 'off',
    },
  },
  {
    files: ['test/**/*.ts', '**/*.marbles.ts'],
    rules: {
      // Matchers such as `expect.any(…)` are any, and fakes keep the shape of what they stand for.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
