/** The page of a run: what is in it, that nothing of a text becomes markup, and that it stays small. */
import test from 'ava';
import { createHash } from 'node:crypto';
import { reportPage } from '../../../src/report/page/index.js';
import { proofFor, runWith, verdictOf } from '../../helpers/runs.js';
import { everyElement, parseSvg } from '../../helpers/svg.js';

const HOSTILE = `<img src=x onerror=alert(1)></script><script>alert(2)</script><!--<script>"'&`;
const probe = {
  machine: 'proxyA',
  protocol: 'icmp',
  to: '100.100.100.200',
  count: 1,
  interval: 0,
  wait: 0,
} as const;

const failed = verdictOf('published/proxyB', { status: 'fail', cause: 'no rule hit at router', line: 20 });
const proved = proofFor(failed, {
  probes: [{ probe, result: { id: 0, sent: 4, replies: [] }, failed: true }],
  machines: ['proxyA', 'router'],
  segments: ['intnetA'],
});

test('who was on the way of a failed check is marked in the picture, in words and by class', async (t) => {
  const passed = verdictOf('gateway/peerA');
  const page = await reportPage(
    runWith([failed, passed], [proved, proofFor(passed, { machines: ['peerA', 'router'] })]),
  );
  const [svg = ''] = /<svg[^]*<\/svg>/.exec(page) ?? [];
  const nodes = everyElement(parseSvg(svg)).filter(
    ({ name, attributes }) => name === 'g' && attributes['aria-label'],
  );
  const classOf = (name: string) =>
    nodes.find(({ attributes }) => attributes['aria-label']?.includes(` ${name},`))?.attributes;
  t.is(classOf('router')?.['class'], 'router failed');
  t.regex(classOf('router')?.['aria-label'] ?? '', /✗ 1 check failed/);
  t.is(classOf('intnetA')?.['class'], 'segment failed');
  t.is(classOf('peerA')?.['class'], 'host passed');
  t.is(classOf('peerB')?.['class'], 'host');
});

test('the table of who reached whom leads from a failure to its check', async (t) => {
  const page = await reportPage(runWith([failed], [proved]));
  t.regex(page, /<td class="bad" title="1 of 1 not as expected"><a href="#check-1"/);
  t.regex(page, /<details class="check fail" id="check-1" open>/);
  t.regex(page, /likely cause<\/dt><dd><span class="cause">no rule hit at router/);
});

test('nothing of a text becomes markup, in the page or in its data', async (t) => {
  const one = (id: string, status: 'pass' | 'fail') =>
    verdictOf(id, {
      kind: HOSTILE,
      status,
      expectation: HOSTILE,
      observed: HOSTILE,
      cause: HOSTILE,
      evidence: [HOSTILE],
      line: 3,
    });
  const many = Array.from({ length: 100 }, (_, at) => one(`published/${at}${HOSTILE}`, 'pass'));
  const verdicts = [one(HOSTILE, 'fail'), ...many];
  const proofs = verdicts.map((verdict) =>
    proofFor(verdict, {
      seen: [{ machine: HOSTILE, lines: [HOSTILE], packets: 1, complete: true }],
      probes: [
        {
          probe: { ...probe, machine: HOSTILE, to: HOSTILE },
          result: {
            id: 0,
            sent: 1,
            replies: [{ kind: 'answer', from: HOSTILE, detail: HOSTILE, rtt: 1, seenAs: HOSTILE }],
          },
          failed: true,
        },
      ],
      commands: [
        {
          command: { machine: HOSTILE, argv: [HOSTILE], timeout: 1 },
          output: { exitCode: 0, stdout: HOSTILE, stderr: HOSTILE, timedOut: false },
        },
      ],
      listeners: [{ machine: HOSTILE, protocol: 'tcp', port: 1, state: 'open' }],
    }),
  );
  const base = runWith(
    verdicts,
    proofs.map((one) => ({ ...one, kind: 'published' })),
  );
  const run = {
    ...base,
    file: HOSTILE,
    lab: { ...base.lab, file: HOSTILE },
    nat: [{ router: HOSTILE, line: 3, title: HOSTILE, rules: [{ rule: HOSTILE, packets: 1, bytes: 2 }] }],
    traces: new Map([[HOSTILE, HOSTILE]]),
  };
  const page = await reportPage(run);
  t.notRegex(page, /<img/);
  // The data island and the page's own script are the only ones; both end where they should.
  t.is(page.match(/<script/g)?.length, 2);
  t.is(page.match(/<\/script>/g)?.length, 2);
  const [, data = ''] = /id="kept">([^]*?)<\/script>/.exec(page) ?? [];
  const kept = Object.values(JSON.parse(data) as Record<string, string[]>).flat();
  t.is(kept.length, 100);
  t.true(kept.every((markup) => !/<(img|script)|<!--/.test(markup)));
  t.true(kept[0]?.includes('&lt;img src=x onerror=alert(1)&gt;'));
});

test('what a page lets in is known by its hash, and nothing is from elsewhere', async (t) => {
  const page = await reportPage(runWith([failed], [proved]));
  const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
  const hash = (code: string): string => `'sha256-${createHash('sha256').update(code).digest('base64')}'`;
  const styles = [...page.matchAll(/<style>([^]*?)<\/style>/g)].map(([, code = '']) => hash(code));
  const scripts = [...page.matchAll(/<script>([^]*?)<\/script>/g)].map(([, code = '']) => hash(code));
  t.is(styles.length + scripts.length, 2);
  t.is(
    policy,
    `default-src 'none'; style-src ${styles.join('')}; script-src ${scripts.join('')}; base-uri 'none'; form-action 'none'`,
  );
  t.notRegex(page.replaceAll('http://www.w3.org/2000/svg', ''), /(https?:|src=|url\(|@import| style=)/);
});

test('a page of 1000 hosts with a thousand failures is under 5 MB', async (t) => {
  const verdicts = Array.from({ length: 3100 }, (_, at) =>
    verdictOf(`published/host-${at}`, {
      status: at < 1000 ? 'fail' : 'pass',
      expectation: `198.19.3.26 leads to host-${at} (10.0.49.11) from 100 segments`,
      observed: '99 of 100 answered; not host-81',
      evidence: Array.from(
        { length: 3 },
        () => 'host-81 -> 198.19.3.26 (icmp): 4 sent, 0 answered, net unreachable',
      ),
      line: 17,
    }),
  );
  const replies = [{ kind: 'answer', from: '198.19.3.26', rtt: 11.23 } as const];
  const probes = Array.from({ length: 100 }, (_, at) => ({
    probe: { ...probe, machine: `host-${at}` },
    result: { id: at, sent: 1, replies },
    failed: at === 0,
  }));
  const page = await reportPage(
    runWith(
      verdicts,
      verdicts.map((one) => proofFor(one, { probes })),
    ),
  );
  t.true(page.length < 5 << 20, String(page.length));
  t.regex(page, /… and 97 more probes, none of which failed/);
});
