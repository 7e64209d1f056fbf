import { expect, it } from 'vitest';
import { introduction } from '../../../src/download/session/conversation.ts';

const namesOf = (secluded: boolean, punches: boolean): readonly string[] =>
  introduction({ secluded, punches, info: new Uint8Array(), ownNames: ['xx_own'] }).names;

it('names what builds on peer exchange only where there is peer exchange, and uTP', () => {
  const always = ['ut_metadata', 'lt_donthave', 'xx_own'];
  expect(namesOf(true, true)).toEqual(always);
  expect(namesOf(false, false)).toEqual(['ut_pex', ...always]);
  expect([...namesOf(false, true)].sort()).toEqual([...always, 'ut_holepunch', 'ut_pex'].sort());
});
