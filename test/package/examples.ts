/** A TypeScript example of a README. */
export interface Example {
  /** The heading that it stands under. */
  readonly under: string;
  readonly code: string;
}

/** All of them, in order. */
export const examplesOf = (markdown: string): readonly Example[] =>
  markdown.split(/^(?=#+ )/m).flatMap((section) => {
    const [heading = ''] = section.split('\n');
    return [...section.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = '']) => ({
      under: heading.replace(/^#+ /, ''),
      code,
    }));
  });
