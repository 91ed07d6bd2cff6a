import test from 'ava';
import { memoized, memoizedFor } from '../../../src/core/memo.js';

test('says the same as the function, which it asks once for each of many texts, and never holds more than so many', (t) => {
  let asked = 0;
  const lengthOf = memoized((text) => ({ length: text.length, asked: asked++ }));
  const first = lengthOf('abc');
  t.is(first.length, 3);
  t.is(lengthOf('abc'), first);
  t.is(asked, 1);
  for (let index = 0; index < 20_000; index++) t.is(lengthOf(String(index)).length, String(index).length);
  t.is(asked, 20_001);
  t.deepEqual(lengthOf('abc'), { length: 3, asked: 20_001 });
});

test('what goes wrong is not remembered', (t) => {
  let asked = 0;
  const wrong = memoized((text): object => {
    asked++;
    throw new RangeError(text);
  });
  for (let time = 0; time < 2; time++) t.throws(() => wrong('x'), { message: 'x' });
  t.is(asked, 2);
});

test('asks once for each object, whatever the result is', (t) => {
  const asked: object[] = [];
  const lengthOf = memoizedFor((one: { readonly text?: string }) => {
    asked.push(one);
    return one.text?.length;
  });
  const [some, none, empty] = [{ text: 'abc' }, {}, { text: '' }];
  for (let time = 0; time < 2; time++) t.deepEqual([some, none, empty].map(lengthOf), [3, undefined, 0]);
  t.is(lengthOf({ text: 'abc' }), 3);
  t.is(asked.length, 4);
});

test('an object of which it went wrong is asked about again', (t) => {
  let asked = 0;
  const wrong = memoizedFor((one: { readonly text: string }): object => {
    asked++;
    throw new RangeError(one.text);
  });
  const one = { text: 'x' };
  for (let time = 0; time < 2; time++) t.throws(() => wrong(one), { message: 'x' });
  t.is(asked, 2);
});
