import fs from 'node:fs';

/** How RxJS adds to a subscription. */
const PUSHED = '(this._finalizers = (_a = this._finalizers) !== null && _a !== void 0 ? _a : []).push(teardown);';
/** The same, with an array that fits the first and the second. */
const FITTING =
  '(_a = this._finalizers) === null ? this._finalizers = [teardown] : ' +
  '_a.length === 1 ? this._finalizers = [_a[0], teardown] : _a.push(teardown);';

/**
 * Nearly every subscription holds one or two others, and V8 makes room for seventeen at the first `push` to an empty
 * array: the seventy subscriptions of an idle torrent would spend eight kilobytes on that.
 */
export const smallSubscriptions = {
  name: 'small-subscriptions',
  setup: ({ onLoad }) =>
    onLoad({ filter: /rxjs.dist.esm.internal.Subscription\.js$/ }, async ({ path }) => {
      const parts = (await fs.promises.readFile(path, 'utf8')).split(PUSHED);
      if (parts.length !== 2) throw new Error('RxJS adds to a subscription in another way');
      return { contents: parts.join(FITTING) };
    }),
};
