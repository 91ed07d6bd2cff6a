/** Checks that a router with port control answers inside hosts, by a request of each protocol that changes nothing. */
import type { PortControl } from '../../core/nat-words.js';
import type { Output } from '../../core/command.js';
import type { Machine, MasqueradeMapping } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { ownAddress } from '../../model/view.js';
import type { Check, CheckKind, Evidence, Judgement } from '../check.js';
import { speakerOf } from './common.js';

export const portControl: CheckKind = {
  kind: 'port-control',
  about: 'a router that lets inside hosts open ports answers them, and tells them the public address',
  derive: (view) =>
    view.routers.flatMap((router) =>
      router.nat.flatMap((one) => (one.kind === 'masquerade' ? checkOf(view, router, one) : [])),
    ),
};

/** Asks up to four times (RFC 6886 section 3.1), and prints the answer as hexadecimal digits. */
const ASK = `my ($to, $port, $hex) = @ARGV;
socket(my $s, PF_INET, SOCK_DGRAM, 0) or die $!;
for my $wait (0.25, 0.5, 1, 2) {
  send($s, pack("H*", $hex), 0, pack_sockaddr_in($port, inet_aton($to))) or die $!;
  vec(my $read = "", fileno $s, 1) = 1;
  next unless select($read, undef, undef, $wait);
  recv($s, my $answer, 1500, 0) // die $!;
  print unpack("H*", $answer);
  exit;
}
die "no answer\\n";`;
const TIMEOUT = 15_000;

type Question = {
  readonly port: number;
  readonly ask: (from: string) => Buffer;
  /** What is wrong with the answer, in a few words. */
  readonly wrong: (answer: Buffer, publicAddress: string) => string | undefined;
};

const QUESTIONS: Readonly<Record<PortControl, Question>> = {
  // RFC 6886 section 3.2: the public address.
  'nat-pmp': {
    port: 5351,
    ask: () => Buffer.from([0, 0]),
    wrong: (answer, publicAddress) => {
      if (answer.length < 12 || answer.readUInt32BE(0) !== 0x00800000) return 'no public address';
      const told = [...answer.subarray(8, 12)].join('.');
      return told === publicAddress ? undefined : `it tells ${told}`;
    },
  },
  // RFC 6887 section 14.1: ANNOUNCE, which a client may ask too.
  pcp: {
    port: 5351,
    ask: (from) => {
      const header = Buffer.alloc(24);
      header[0] = 2;
      header.set([0xff, 0xff, ...from.split('.').map(Number)], 18);
      return header;
    },
    wrong: (answer) =>
      answer.length >= 24 && answer[0] === 2 && answer[1] === 0x80 && answer[3] === 0
        ? undefined
        : `not answered with success: ${answer.toString('hex', 0, 4)}`,
  },
  // UPnP Device Architecture 1.1, section 1.3.2.
  upnp: {
    port: 1900,
    ask: () =>
      Buffer.from(
        [
          'M-SEARCH * HTTP/1.1',
          'HOST: 239.255.255.250:1900',
          'MAN: "ssdp:discover"',
          'MX: 1',
          'ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1',
          '',
          '',
        ].join('\r\n'),
      ),
    wrong: (answer) =>
      answer.toString('latin1').startsWith('HTTP/1.1 200 ') ? undefined : 'not answered with success',
  },
};

function checkOf(view: View, router: Machine, mapping: MasqueradeMapping): Check[] {
  const { portControl: protocols, inside, public: told, line } = mapping;
  const segment = inside.find(({ interface: on }) => on !== undefined)?.segment ?? '';
  const host = speakerOf(view, segment);
  const [own, from] = [addressOn(router, segment), host && addressOn(host, segment)];
  if (protocols === undefined || !host || from === undefined || own === undefined) return [];
  return [
    {
      id: `port-control/${router.name}`,
      kind: 'port-control',
      expectation: `${router.name} opens ports of ${told} for ${segment}, asked by ${protocols.join(', ')}`,
      line,
      probes: [],
      listeners: [],
      captures: [],
      commands: protocols.map((protocol) => {
        const { port, ask } = QUESTIONS[protocol];
        const words = [own, `${port}`, ask(from).toString('hex')];
        return { machine: host.name, argv: ['perl', '-MSocket', '-e', ASK, ...words], timeout: TIMEOUT };
      }),
      judge: (evidence) => judge(protocols, told, evidence),
    },
  ];
}

const addressOn = ({ interfaces }: Machine, segment: string): string | undefined => {
  const one = interfaces.find((it) => it.segment === segment);
  return one && ownAddress(one, 4);
};

function judge(protocols: readonly PortControl[], told: string, { output }: Evidence): Judgement {
  const found = protocols.map((protocol, index) => {
    const wrong = wrongWith(output(index), (answer) => QUESTIONS[protocol].wrong(answer, told));
    const right = protocol === 'nat-pmp' ? `told ${told}` : 'answered';
    return { wrong: wrong !== undefined, text: `${protocol}: ${wrong ?? right}` };
  });
  const evidence = found.map(({ text }) => text);
  const bad = found.filter(({ wrong }) => wrong);
  if (bad.length === 0) return { status: 'pass', observed: evidence.join(', '), evidence };
  return { status: 'fail', observed: bad.map(({ text }) => text).join('; '), evidence };
}

function wrongWith(
  { exitCode, stdout, stderr, error }: Output,
  wrong: (answer: Buffer) => string | undefined,
): string | undefined {
  if (exitCode === 0) return wrong(Buffer.from(stdout, 'hex'));
  return error ?? stderr.trim().split('\n')[0] ?? 'no answer';
}
