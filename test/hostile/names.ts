import fc from 'fast-check';

/** One of each kind of system. */
export const platforms = ['linux', 'darwin', 'win32'] as const;

const nasty = fc.constantFrom(
  ...[
    '..',
    '.',
    '',
    'a',
    'A',
    'a.1',
    'á',
    'a\u0301',
    'ß',
    'SS',
    'con',
    'c\u202eon',
    'a/b',
    'a\\b',
    '\0',
    'a ',
    'a.',
    'a:',
    'a?',
    '\u202e',
    '.\u202e.',
  ],
  ...[
    'a\u202e',
    '\u2066A',
    'C:',
    '\u212a',
    'k',
    'a\u200c',
    'ᾳ',
    'ᾼ',
    'x'.repeat(250),
    'x'.repeat(255),
    'x'.repeat(256),
    '中'.repeat(90),
    '.a.rxtorrent',
  ],
);

/** Names from strangers, many of them equal in one way or another. */
export const names = fc.oneof(
  nasty,
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ maxLength: 4 }),
  fc.string({ unit: fc.constantFrom('.', ' ', '/', '\\', ':', '\u202e', '\ud800', 'é'), maxLength: 5 }),
);

/** Lists of files of one torrent under such names. */
export const filesOf = fc.array(fc.record({ path: fc.array(names, { maxLength: 4 }), length: fc.constant(1) }), {
  maxLength: 12,
});
