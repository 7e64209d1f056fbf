import rxjsX from 'eslint-plugin-rxjs-x';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// What only types can tell; what the text tells is in test/house.test.ts, and how it looks in biome.json.
export default defineConfig(globalIgnores(['dist/', 'coverage/', '**/*.js', '**/*.mjs']), {
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
  },
});
