/** Runs for tests of reports: of a real topology, with verdicts as a test says. */
import type { Versions } from '../../src/apply/report/versions.js';
import type { Run } from '../../src/report/run.js';
import type { Proof } from '../../src/verify/proof.js';
import type { Verdict } from '../../src/verify/report.js';
import { checksMatrix } from '../../src/report/matrix.js';
import { example } from './topologies.js';

const VERSIONS: Versions = {
  labnet: '0.1.0',
  node: 'v20.19.0',
  system: 'Linux 6.1.0 x64',
  driver: 'netns',
  machines: [
    { machines: ['router'], programs: { kernel: '6.1.0', iptables: 'iptables v1.8.9 (nf_tables)', nft: '' } },
  ],
};

export const verdictOf = (id: string, more: Partial<Verdict> = {}): Verdict => ({
  id,
  kind: id.split('/')[0] ?? '',
  status: 'pass',
  expectation: `${id} works`,
  observed: 'it does',
  evidence: [],
  ...more,
});

export const proofFor = ({ id, kind, status }: Verdict, more: Partial<Proof> = {}): Proof => ({
  id,
  kind,
  status,
  probes: [],
  seen: [],
  listeners: [],
  commands: [],
  machines: [],
  segments: [],
  ...more,
});

export function runWith(verdicts: readonly Verdict[], proofs = verdicts.map((one) => proofFor(one))): Run {
  const lab = example('virtual-wan');
  const passed = verdicts.filter(({ status }) => status === 'pass').length;
  return {
    lab,
    file: '/labs/virtual-wan.yaml',
    started: '2026-01-02T03:04:05.678Z',
    versions: VERSIONS,
    report: { lab: lab.name, duration: 1234, passed, failed: verdicts.length - passed, verdicts },
    proofs,
    nat: [],
    matrix: checksMatrix(lab, proofs),
    traces: new Map(),
    culprits: new Set(),
    lost: new Map(),
  };
}
