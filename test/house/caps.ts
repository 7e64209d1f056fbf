import type { Finding } from './source.ts';

/** How much of something there may be, by the name of what holds it. Caps may only be lowered. */
export type Caps = Readonly<Record<string, number>>;

/** How much there is, and where; the first place of each name is told. */
export type Counted = ReadonlyMap<string, { readonly count: number; readonly path: string; readonly line: number }>;

/**
 * What is above its cap, and what has become better than its cap: that is lowered, so that nothing grows again; `slack`
 * may be left until then.
 */
export const against = (caps: Caps, counted: Counted, list: string, unit: string, slack = 0): readonly Finding[] => [
  ...[...counted].flatMap(([name, { count, path, line }]) => {
    const cap = caps[name] ?? 0;
    return count > cap ? [{ path, line, what: `${name}: ${count} ${unit}, at most ${cap}` }] : [];
  }),
  ...Object.entries(caps).flatMap(([name, cap]) => {
    const count = counted.get(name)?.count ?? 0;
    const lower = count === 0 ? 'take it off the list' : `lower the cap to ${count}`;
    return count === 0 || count < cap - slack
      ? [{ path: list, line: 1, what: `${name}: ${count} ${unit} of ${cap}: ${lower}` }]
      : [];
  }),
];

/** Counts findings by name. */
export const countBy = (findings: readonly Finding[], nameOf: (finding: Finding) => string): Counted => {
  const counted = new Map<string, { count: number; readonly path: string; readonly line: number }>();
  for (const finding of findings) {
    const known = counted.get(nameOf(finding));
    if (known === undefined) counted.set(nameOf(finding), { count: 1, path: finding.path, line: finding.line });
    else known.count++;
  }
  return counted;
};
