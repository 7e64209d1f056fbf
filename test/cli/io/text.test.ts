import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columns, fit, jsonLine, middle, visible } from '../../../src/cli/io/text.ts';

describe('text', () => {
  it('makes controls and directions visible, and leaves the rest', () => {
    expect(visible('a\x1b[31m\u202etxt.exe\u0000\u009b\u200b')).toBe('a\\x1b[31m\\u{202e}txt.exe\\x00\\x9b\\u{200b}');
    expect(visible('Grüße, 日本 🎉')).toBe('Grüße, 日本 🎉');
  });

  it('leaves nothing that a terminal acts on, in text or JSON, and loses nothing in JSON', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, (given) => {
        expect(visible(given)).not.toMatch(/[\p{Cc}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u);
        expect(jsonLine({ given })).not.toMatch(/[\p{Cc}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u);
        expect(JSON.parse(jsonLine({ given }))).toEqual({ given });
      }),
    );
  });

  it('counts columns and cuts', () => {
    expect([columns('abc'), columns('日本'), columns('e\u0301'), columns('🎉')]).toEqual([3, 4, 1, 2]);
    expect([fit('abcdef', 6), fit('abcdef', 4), fit('日本語', 4), fit('ab', 0)]).toEqual(['abcdef', 'abc…', '日…', '']);
    const family = '👨‍👩‍👧‍👦';
    expect([columns(family), columns('🇩🇪'), columns('각')]).toEqual([2, 2, 2]);
    expect(columns('नमस्ते')).toBeLessThan('नमस्ते'.length);
    expect([fit(family.repeat(3), 5), fit(family.repeat(3), 4), fit('e\u0301e\u0301e\u0301', 2)]).toEqual([
      `${family}${family}…`,
      `${family}…`,
      'e\u0301…',
    ]);
  });

  it('cuts names in the middle', () => {
    expect([
      middle('debian-12.7.0.iso', 17),
      middle('debian-12.7.0.iso', 10),
      middle('debian-12.7.0.iso', 2),
      middle('x'.repeat(9), 1),
      middle('ab', 0),
    ]).toEqual(['debian-12.7.0.iso', 'debian…iso', 'd…', '…', '']);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 40 }), (text, limit) => {
        expect(columns(middle(visible(text), limit))).toBeLessThanOrEqual(limit);
        expect(columns(fit(visible(text), limit))).toBeLessThanOrEqual(limit);
      }),
    );
  });
});
