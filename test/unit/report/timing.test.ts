import test from 'ava';
import { timingOf, timingText } from '../../../src/report/timing.js';

test('phases add up to the total; what an engine did stands below it', (t) => {
  const timing = timingOf({ start: 61.23, parse: 2.06 }, { links: 1234.5 });
  t.deepEqual(timing, { total: 63.3, phases: { start: 61.2, parse: 2.1 }, engine: { links: 1234.5 } });
  t.is(
    timingText(timing),
    [
      '  start               61.2 ms',
      '  parse                2.1 ms',
      '  total               63.3 ms',
      '  engine: links     1234.5 ms',
    ].join('\n'),
  );
});
