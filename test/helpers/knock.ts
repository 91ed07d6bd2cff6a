/** Who gets in by a port, and as whom: a server in a lab that says where it was asked from, and one who asks. */

/** A lab, or whatever else runs programs in its machines. */
export type Machines = {
  readonly exec: (
    machine: string,
    argv: readonly [string, ...string[]],
    options?: { readonly timeout?: number },
  ) => Promise<{ readonly stdout: string }>;
};

const TIMEOUT = { timeout: 60_000 };

/** Answers each TCP connection and each datagram with where it comes from. */
const SERVER = `use IO::Socket::INET; use IO::Select;
my @at = (LocalPort => $ARGV[0], ReuseAddr => 1, ReusePort => 1);
my $tcp = IO::Socket::INET->new(@at, Listen => 9) or die $@;
my $udp = IO::Socket::INET->new(@at, Proto => "udp") or die $@;
my $both = IO::Select->new($tcp, $udp);
while (1) {
  for my $s ($both->can_read) {
    if ($s == $tcp) { my $c = $tcp->accept or next; print $c "seen ", $c->peerhost, " ", $c->peerport, "\\n"; close $c }
    elsif (defined $udp->recv(my $x, 99)) { $udp->send("seen " . $udp->peerhost . " " . $udp->peerport . "\\n") }
  }
}`;

/** PROTO ADDRESS PORT [LOCAL PORT]: prints what SERVER says, or "closed". */
const KNOCK = `use IO::Socket::INET;
my ($proto, $to, $port, $own) = @ARGV;
my $c = IO::Socket::INET->new(PeerAddr => $to, PeerPort => $port, Proto => $proto, Timeout => 2, $own ? (LocalPort => $own, ReusePort => 1) : ());
print "closed" and exit unless $c;
if ($proto eq "tcp") { print scalar(<$c>) // "closed"; exit }
for (1 .. 3) {
  $c->send("hello");
  vec(my $read = "", fileno $c, 1) = 1;
  next unless select($read, undef, undef, 0.5);
  print defined $c->recv($answer, 99) ? $answer : "closed";
  exit;
}
print "closed";`;

/** @returns its number, for one whose machine does not end with the lab */
export async function serve(lab: Machines, machine: string, port: number): Promise<number> {
  const script = `perl -e '${SERVER}' ${port} >/dev/null 2>&1 </dev/null & echo $!; sleep 0.5`;
  return Number((await lab.exec(machine, ['sh', '-c', script], TIMEOUT)).stdout);
}

export async function knock(
  lab: Machines,
  from: string,
  ...args: readonly (string | number)[]
): Promise<string> {
  const { stdout } = await lab.exec(from, ['perl', '-e', KNOCK, ...args.map(String)], TIMEOUT);
  return stdout.trim();
}
