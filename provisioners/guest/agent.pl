#!/usr/bin/perl
# The part of `labnet verify` that runs in a machine reached over SSH: it captures, listens, probes and has sockets of
# dialogues there.
#
# It is started as root by `perl -`, read from standard input up to __END__; the requests follow on the same input, so
# nothing is written to the machine's disk. perl-base is enough, tcpdump is wanted for captures. What it does is what
# src/drivers/netns/engine/ does on namespaces, with the same bytes in its packets and the same words in its answers.
#
# Lines, of words with one space between them; `-` stands for what is absent, and texts are percent-encoded.
#
#   requests, up to `prepare` at once, each word behind it when its answer is there:
#     limit SECONDS                     ends itself after so long, whatever happens (default 300)
#     run N                             the mark of this run's packets
#     capture                           run tcpdump
#     listen tcp|udp PORT               open a port
#     probe ID icmp|tcp|udp TO PORT COUNT INTERVAL WAIT TTL TALK SIZE SEQUENCE
#                                       times in milliseconds; TALK is 1 where a listener of labnet answers; SIZE of
#                                       the whole packet, not to be fragmented; SEQUENCE is tcp's first number
#     prepare                           -> `listener` for each `listen`, `ready`
#     go                                -> `result` and `reply` for each probe, `done`
#     stop                              -> `captured` where there was `capture`, `bye`; then the agent ends
#   or, after `limit` and `run`, `converse` -> `ready`, and then orders, each answered by `did` in their order:
#     open ID DIALOGUE udp|tcp 4|6 ADDRESS PORT LISTEN
#                                       LISTEN is 1 where it accepts; later orders have the socket's ID alone
#     send ID TO PORT TAG               one datagram
#     connect ID TO PORT TAG            from the socket's port
#     cancel ID TAG                     calls off a connection that is not established
#     close ID                          with its connections; its next order opens it again
#     settle                            answered when all that has come in by now was told
#   answers:
#     listener I open|in-use|failed     I counts from 0
#     ready
#     result ID SENT
#     reply ID KIND FROM RTT DETAIL SEENAS
#                                       KIND answer|refused|unreachable|expired; FROM `self` is the machine itself
#     done
#     captured LENGTH COMPLETE ERROR    COMPLETE 1 or 0; followed by LENGTH bytes: what tcpdump printed
#     bye
#     did ERROR                         an errno's name
#     arrived ID FROM PORT OWN OTHER    the tags of this end's and the other end's move
#     failed ID OWN ERROR
#     error TEXT                        a request that could not be read; the agent ends
#
# At the end of its input, and on SIGHUP, SIGINT and SIGTERM, it ends and tcpdump with it.
use strict;
use warnings;
use Config;
use Errno qw(EADDRINUSE EAGAIN EINPROGRESS EINTR EMFILE);
use Fcntl qw(F_GETFL F_SETFL O_NONBLOCK);
use POSIX ();
use Socket qw(
    AF_INET AF_INET6 INADDR_ANY IN6ADDR_ANY IPPROTO_ICMP IPPROTO_ICMPV6 IPPROTO_IP IPPROTO_IPV6 IPPROTO_TCP IPV6_UNICAST_HOPS
    IPV6_V6ONLY IP_TTL MSG_NOSIGNAL SOCK_DGRAM SOCK_NONBLOCK SOCK_RAW SOCK_STREAM SOL_SOCKET SO_ERROR SO_RCVBUF
    SO_LINGER SO_REUSEADDR SO_REUSEPORT inet_ntop inet_pton pack_sockaddr_in pack_sockaddr_in6 sockaddr_family unpack_sockaddr_in
    unpack_sockaddr_in6
);

use constant {
    MARK           => 'lnet',
    MARK_LENGTH    => 16,
    LAST_PACKET    => 0xffffffff,
    ANSWER         => 0x80000000,
    DISCARD_PORT   => 9,
    ICMP_HEADER    => 8,
    DEFAULT_HOPS   => 64,
    RECEIVE_BUFFER => 1 << 20,
    BACKLOG        => 64,

    # Of linux/in.h, linux/in6.h and linux/tcp.h.
    IP_MTU_DISCOVER   => 10,
    IPV6_MTU_DISCOVER => 23,
    PMTUDISC_WANT     => 1,
    PMTUDISC_PROBE    => 3,
    TCP_REPAIR        => 19,
    TCP_REPAIR_QUEUE  => 20,
    TCP_QUEUE_SEQ     => 21,
    TCP_SEND_QUEUE    => 2,

    # Probes under way at once; of those with a socket of their own fewer, as select(2) ends at 1024 files.
    WINDOW      => 2048,
    SOCKETS     => 400,
    CONNECTIONS => 300,
    HIGHEST_FD  => 1000,

    # Started between two looks at the answers, so that none waits long to be seen.
    BATCH => 64,

    # Datagrams and connections taken from one socket before the next one's turn.
    READS        => 256,
    SETTLING     => 8,
    CHUNK        => 1 << 16,
    OUTPUT_LIMIT => 64 << 20,
    LONGEST_LINE => 200,

    DEFAULT_LIMIT => 300,
    START_TIMEOUT => 20_000,
    STOP_TIMEOUT  => 3_000,
    LONGEST_POLL  => 1_000,
};

# As in src/drivers/netns/engine/capture.ts.
my @TCPDUMP = (
    'tcpdump', '-i', 'any', '-n', '-l', '--immediate-mode', '-tt', '-x', '-s', '256', '-Z', 'root',
    'icmp or icmp6 or tcp or udp',
);

# The last packet goes over the loopback, which `-i any` sees too.
my $LAST_LINE = qr/127\.0\.0\.1\.\d+ > 127\.0\.0\.1\.9: UDP, length 16/;

my $run = 0;
my (@probes, @listens, $wants_capture);
my ($capture, %icmp, %asked);
my @active;
my ($sockets, $connections, @paused) = (0, 0);
my %actors;
my $pending = '';

# ---- time, and system calls that perl-base has no name for ----

# clock_gettime and prctl by perl's architecture: Time::HiRes is not in perl-base.
my %CALLS = (
    x86_64      => [228, 157],
    aarch64     => [113, 167],
    riscv64     => [113, 167],
    i386        => [265, 172],
    i586        => [265, 172],
    i686        => [265, 172],
    arm         => [263, 172],
    powerpc64le => [246, 171],
    s390x       => [260, 172],
);
my ($architecture) = $Config{archname} =~ /^(\w+)/;
my ($CLOCK_GETTIME, $PRCTL) = @{ $CALLS{ $architecture // '' } // [] };
my $TICK = 1000 / (POSIX::sysconf(&POSIX::_SC_CLK_TCK) || 100);

# Milliseconds of a clock that nobody sets: fine ones, or where the system call is not known those of times(2).
sub now {
    my ($clock_monotonic, $time) = (1, pack('l! l!', 0, 0));
    if (defined $CLOCK_GETTIME && syscall($CLOCK_GETTIME, $clock_monotonic, $time) == 0) {
        my ($seconds, $nanoseconds) = unpack('l! l!', $time);
        return $seconds * 1000 + $nanoseconds / 1e6;
    }
    return (POSIX::times())[0] * $TICK;
}

# Lets the kernel end this process with the one that started it (prctl(2)).
sub die_with_parent {
    my ($parent) = @_;
    my ($pr_set_pdeathsig, $sigkill, $none) = (1, 9, 0);
    syscall($PRCTL, $pr_set_pdeathsig, $sigkill, $none, $none, $none) if defined $PRCTL;
    POSIX::_exit(1) if getppid() != $parent;
    return;
}

# Of two names for one number the first in the alphabet: EAGAIN, ENOTSUP, as node has them.
my %ERRNO_NAMES;
for my $name (sort keys %!) {
    my $number = Errno->can($name)->();
    $ERRNO_NAMES{$number} //= $name;
}

sub errno_name {
    my ($number) = @_;
    return $ERRNO_NAMES{$number} // "errno $number";
}

# ---- what goes to the driver ----

sub say_line {
    my (@words) = @_;
    print join(' ', @words), "\n" or finish(1);
    return;
}

sub encode {
    my ($text) = @_;
    return '-' if !defined $text || $text eq '';
    $text =~ s/([^A-Za-z0-9.:_,()\/+])/sprintf '%%%02x', ord $1/ge;
    return $text;
}

# Ends at once, and leaves nothing behind.
sub finish {
    my ($code) = @_;
    kill 'KILL', $capture->{pid} if $capture && defined $capture->{pid};
    POSIX::_exit($code);
}

sub refuse {
    my ($text) = @_;
    say_line('error', encode($text));
    finish(1);
}

# ---- what is waited for: by file number {handle, ready}, and the bits that select(2) wants ----

my %ports;
my ($reading, $writing) = ('', '');

sub watch {
    my ($handle, $wants_write, $ready) = @_;
    my $fd = fileno $handle;
    $ports{$fd} = { handle => $handle, ready => $ready };
    vec($reading, $fd, 1) = $wants_write ? 0 : 1;
    vec($writing, $fd, 1) = $wants_write ? 1 : 0;
    return;
}

sub unwatch {
    my ($handle) = @_;
    my $fd = fileno $handle;
    return if !defined $fd;
    delete $ports{$fd};
    vec($reading, $fd, 1) = 0;
    vec($writing, $fd, 1) = 0;
    return;
}

sub drop {
    my ($handle) = @_;
    unwatch($handle);
    close $handle;
    return;
}

# Waits at most so many milliseconds, and lets each port that is ready do its work.
sub poll {
    my ($longest) = @_;
    my ($readable, $writable) = ($reading, $writing);
    my $count = select($readable, $writable, undef, ($longest > 0 ? $longest : 0) / 1000);
    return 0 if $count <= 0;
    my $now = now();
    for my $fd (grep { vec($readable, $_, 1) || vec($writable, $_, 1) } keys %ports) {
        my $port = $ports{$fd} or next;
        $port->{ready}->($now);
    }
    return $count;
}

# Serves all ports until something is so; false where that took too long.
sub serve_until {
    my ($is_so, $limit) = @_;
    my $until = defined $limit ? now() + $limit : undef;
    until ($is_so->()) {
        my $left = defined $until ? $until - now() : LONGEST_POLL;
        return 0 if $left <= 0;
        poll($left < LONGEST_POLL ? $left : LONGEST_POLL);
    }
    return 1;
}

# ---- sockets ----

my %TYPES = (icmp => SOCK_RAW, tcp => SOCK_STREAM, udp => SOCK_DGRAM);

sub family_of { return $_[0] =~ /:/ ? 6 : 4 }

# A non-blocking socket, or the errno of why there is none.
sub open_socket {
    my ($kind, $family) = @_;
    my $protocol = $kind ne 'icmp' ? 0 : $family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    my $socket;
    socket($socket, $family == 4 ? AF_INET : AF_INET6, $TYPES{$kind} | SOCK_NONBLOCK, $protocol)
        or return (undef, $! + 0);
    return fileno $socket < HIGHEST_FD ? ($socket) : (undef, EMFILE);
}

sub pack_address {
    my ($address, $port) = @_;
    return family_of($address) == 4
        ? pack_sockaddr_in($port, inet_pton(AF_INET, $address))
        : pack_sockaddr_in6($port, inet_pton(AF_INET6, $address));
}

sub unpack_address {
    my ($packed) = @_;
    my $is_ipv6 = sockaddr_family($packed) == AF_INET6;
    my ($port, $address) = $is_ipv6 ? unpack_sockaddr_in6($packed) : unpack_sockaddr_in($packed);
    return (inet_ntop($is_ipv6 ? AF_INET6 : AF_INET, $address), $port);
}

sub set_hop_limit {
    my ($socket, $family, $hops) = @_;
    my ($level, $option) = $family == 4 ? (IPPROTO_IP, IP_TTL) : (IPPROTO_IPV6, IPV6_UNICAST_HOPS);
    setsockopt($socket, $level, $option, pack('i', $hops));
    return;
}

# Lets no router fragment what is sent, and sends it whatever the kernel believes of the path (ip(7)).
sub forbid_fragments {
    my ($socket, $family, $is_forbidden) = @_;
    my ($level, $option) = $family == 4 ? (IPPROTO_IP, IP_MTU_DISCOVER) : (IPPROTO_IPV6, IPV6_MTU_DISCOVER);
    setsockopt($socket, $level, $option, pack('i', $is_forbidden ? PMTUDISC_PROBE : PMTUDISC_WANT));
    return;
}

# Of a connection that is yet to be opened (linux/tcp.h, TCP_REPAIR): NAT leaves it as it is.
sub set_initial_sequence {
    my ($socket, $sequence) = @_;
    my @steps = ([TCP_REPAIR, 1], [TCP_REPAIR_QUEUE, TCP_SEND_QUEUE], [TCP_QUEUE_SEQ, $sequence], [TCP_REPAIR, -1]);
    setsockopt($socket, IPPROTO_TCP, $_->[0], pack('l', $_->[1])) for @steps;
    return;
}

# The errno's name where it could not be sent.
sub send_bytes {
    my ($socket, $bytes, $to) = @_;
    my $sent = defined $to ? send($socket, $bytes, MSG_NOSIGNAL, $to) : send($socket, $bytes, MSG_NOSIGNAL);
    return defined $sent ? undef : errno_name($! + 0);
}

# The next waiting datagram or bytes as {bytes, from} or {error}; nothing where nothing waits.
sub receive {
    my ($socket) = @_;
    my $bytes;
    my $from = recv($socket, $bytes, CHUNK, 0);
    return { bytes => $bytes, from => $from } if defined $from;
    return $! == EAGAIN || $! == EINTR ? undef : { error => errno_name($! + 0) };
}

# ---- the bytes of test packets: src/drivers/netns/engine/probe/packets.ts ----

my %IP_HEADER = (4 => 20, 6 => 40);

sub mark_bytes {
    my ($id, $sequence) = @_;
    return pack('a4 N N N', MARK, $run, $id, $sequence);
}

sub read_mark {
    my ($bytes) = @_;
    return if length $bytes < MARK_LENGTH || substr($bytes, 0, length MARK) ne MARK;
    my (undef, $of_run, $id, $sequence) = unpack('a4 N N N', $bytes);
    return { run => $of_run, id => $id, sequence => $sequence };
}

# Filled up so that the IP packet has so many bytes, behind a header of ICMP or UDP.
sub padded {
    my ($bytes, $family, $size) = @_;
    my $missing = ($size // 0) - $IP_HEADER{$family} - ICMP_HEADER - length $bytes;
    return $missing > 0 ? $bytes . "\0" x $missing : $bytes;
}

my %ECHO             = (4 => { request => 8, reply => 0 }, 6 => { request => 128, reply => 129 });
my %ERRORS           = (4 => { 3 => 'unreachable', 11 => 'expired' }, 6 => { 1 => 'unreachable', 3 => 'expired' });
my %PORT_UNREACHABLE = (4 => 3, 6 => 4);
my %PROHIBITED       = map { $_ => 1 } 9, 10, 13;
my %CODES            = (
    4 => ['net unreachable', 'host unreachable', 'protocol unreachable', 'port unreachable', 'fragmentation needed'],
    6 => ['no route', 'administratively prohibited', 'beyond scope', 'address unreachable', 'port unreachable'],
);

# The identifier is another one in every run, so that no NAT takes the probes for those of an earlier one.
# The kernel fills in the checksum of ICMPv6 itself (RFC 3542 section 3.1).
sub echo_request {
    my ($family, $id, $sequence, $size) = @_;
    my $data   = padded(mark_bytes($id, $sequence), $family, $size);
    my @rest   = (($run + $id) & 0xffff, $sequence & 0xffff, $data);
    my $type   = $ECHO{$family}{request};
    my $packet = pack('C C n n n a*', $type, 0, 0, @rest);
    return $family == 6 ? $packet : pack('C C n n n a*', $type, 0, checksum($packet), @rest);
}

# RFC 1071
sub checksum {
    my ($bytes) = @_;
    my $sum = 0;
    $sum += $_ for unpack('n*', length($bytes) % 2 ? "$bytes\0" : $bytes);
    $sum = ($sum & 0xffff) + ($sum >> 16) while $sum > 0xffff;
    return ~$sum & 0xffff;
}

sub code_text {
    my ($family, $code) = @_;
    return 'administratively prohibited' if $family == 4 && $PROHIBITED{$code};
    return $CODES{$family}[$code] // "code $code";
}

# What a raw ICMP socket received: the mark and the reply, if it answers an echo request or is an error about one.
sub read_icmp {
    my ($family, $bytes, $from) = @_;

    # The kernel hands IPv4 over with its header, IPv6 without (raw(7), RFC 3542).
    my $at = $family == 4 ? (ord($bytes) & 15) * 4 : 0;
    return if length $bytes < $at + ICMP_HEADER;
    my $sender = $family == 4 ? inet_ntop(AF_INET, substr $bytes, 12, 4) : (unpack_address($from))[0];
    my ($type, $code) = unpack('C C', substr $bytes, $at, 2);
    my $body = substr $bytes, $at + ICMP_HEADER;
    return (read_mark($body), { kind => 'answer', from => $sender }) if $type == $ECHO{$family}{reply};
    my $error = $ERRORS{$family}{$type} or return;
    my $kind = $error eq 'unreachable' && $code == $PORT_UNREACHABLE{$family} ? 'refused' : $error;
    my $detail = $error eq 'unreachable' ? code_text($family, $code) : undef;
    return (quoted_mark($family, $body), { kind => $kind, from => $sender, detail => $detail });
}

# Errors quote the packet they are about: its IP header, its ICMP header and what fits of its data.
sub quoted_mark {
    my ($family, $quoted) = @_;
    return undef if $quoted eq '';
    my $header = $family == 4 ? (ord($quoted) & 15) * 4 : 40;
    return undef if length $quoted < $header + ICMP_HEADER;
    return undef if ord(substr $quoted, $header, 1) != $ECHO{$family}{request};
    return scalar read_mark(substr $quoted, $header + ICMP_HEADER);
}

# ---- listeners: they answer with the address they see the sender under ----

sub answer_to {
    my ($peer) = @_;
    my ($address, $port) = unpack_address($peer);
    return MARK . " $address $port\n";
}

# What a listener of labnet said; nothing where somebody else answered.
sub seen_from {
    my ($bytes) = @_;
    my ($mark, $address) = split /[ \n]/, $bytes, -1;
    return defined $address && $mark eq MARK ? (seen_as => $address) : ();
}

# A socket of one family on a port; IPv6 does not take IPv4 along, which has one of its own.
sub open_at {
    my ($kind, $family, $address, @options) = @_;
    my ($socket, $error) = open_socket($kind, $family);
    return (undef, $error) if !$socket;
    setsockopt($socket, IPPROTO_IPV6, IPV6_V6ONLY, pack('i', 1)) if $family == 6;
    setsockopt($socket, SOL_SOCKET, $_, pack('i', 1)) for @options;
    bind($socket, $address) or return (undef, $! + 0);
    return ($socket);
}

sub any_address {
    my ($family, $port) = @_;
    return $family == 4 ? pack_sockaddr_in($port, INADDR_ANY) : pack_sockaddr_in6($port, IN6ADDR_ANY);
}

sub listen_on {
    my ($kind, $family, $port) = @_;
    my ($socket, $error) = open_at($kind, $family, any_address($family, $port), $kind eq 'tcp' ? SO_REUSEADDR : ());
    return (undef, $error) if !$socket;
    $kind eq 'udp' or listen($socket, BACKLOG) or return (undef, $! + 0);
    return ($socket);
}

sub open_listener {
    my ($kind, $port) = @_;
    my @opened;
    for my $family (4, 6) {
        my ($socket, $error) = listen_on($kind, $family, $port);
        if ($socket) {
            push @opened, $socket;
            next;
        }

        # A machine without IPv6 is no failure.
        next if $family == 6 && $error != EADDRINUSE;
        return $error == EADDRINUSE ? 'in-use' : 'failed';
    }
    for my $socket (@opened) {
        if   ($kind eq 'tcp') { watch_listener($socket) }
        else                  { watch($socket, 0, sub { answer_datagrams($socket) }) }
    }
    return 'open';
}

sub answer_datagrams {
    my ($socket) = @_;
    for (1 .. READS) {
        my $got = receive($socket) or last;
        next if defined $got->{error} || !read_mark($got->{bytes});
        send_bytes($socket, answer_to($got->{from}), $got->{from});
    }
    return;
}

sub watch_listener {
    my ($listener) = @_;
    return watch($listener, 0, sub { accept_from($listener) });
}

# Where there are too many connections, the next wait in the kernel's queue until one has ended.
sub accept_from {
    my ($listener) = @_;
    for (1 .. READS) {
        if ($connections >= CONNECTIONS) {
            push @paused, $listener;
            return unwatch($listener);
        }
        my $socket;
        my $peer = accept($socket, $listener) or last;
        make_nonblocking($socket);
        $connections++;
        watch($socket, 0, sub { answer_connection($socket, $peer) });
    }
    return;
}

sub answer_connection {
    my ($socket, $peer) = @_;
    my $got = receive($socket) or return;
    if (defined $got->{error} || $got->{bytes} eq '') {
        drop($socket);
        $connections--;
        watch_listener($_) for splice @paused;
    }
    elsif (read_mark($got->{bytes})) {
        send_bytes($socket, answer_to($peer));
    }
    return;
}

sub make_nonblocking {
    my ($handle) = @_;
    fcntl($handle, F_SETFL, fcntl($handle, F_GETFL, 0) | O_NONBLOCK);
    return;
}

# ---- probes under way (flights): what each waits for, and what came back ----

sub is_answered {
    my ($flight) = @_;
    return 1 if $flight->{is_final};
    return $flight->{sent} >= $flight->{count} && @{ $flight->{replies} } >= $flight->{sent};
}

sub sent_one {
    my ($flight, $now) = @_;
    $flight->{sent_at}[ $flight->{sent} ] = $now;
    $flight->{sent}++;
    $flight->{due} = $now + ($flight->{sent} < $flight->{count} ? $flight->{interval} : $flight->{wait});
    return;
}

sub add_reply {
    my ($flight, $sequence, $now, %reply) = @_;
    my $rtt = $now - ($flight->{sent_at}[$sequence] // $now);
    push @{ $flight->{replies} }, { %reply, rtt => $rtt > 0 ? $rtt : 0 };
    $flight->{is_final} = 1 if $reply{kind} ne 'unreachable';
    return;
}

# An error that a socket reported, as the kernel learned it.
sub add_error {
    my ($flight, $sequence, $now, $error) = @_;
    my %reply =
        $error eq 'ECONNREFUSED'
        ? (kind => 'refused', from => $flight->{to})
        : (kind => 'unreachable', from => '', detail => $error);
    return add_reply($flight, $sequence, $now, %reply);
}

# Pings: one raw socket a family, shared by all of them.
sub icmp_port {
    my ($family) = @_;
    return $icmp{$family} if $icmp{$family};
    my ($socket, $error) = open_socket('icmp', $family);
    my $port = $icmp{$family} = { socket => $socket, error => $error, flights => {} };
    if ($socket) {
        setsockopt($socket, SOL_SOCKET, SO_RCVBUF, pack('i', RECEIVE_BUFFER));
        watch($socket, 0, sub { read_echoes($family, $port, $_[0]) });
    }
    return $port;
}

sub read_echoes {
    my ($family, $port, $now) = @_;
    for (1 .. READS) {
        my $got = receive($port->{socket}) or last;
        next if defined $got->{error};
        my ($mark, $reply) = read_icmp($family, $got->{bytes}, $got->{from});
        next if !$mark || !$reply || $mark->{run} != $run;
        my $flight = $port->{flights}{ $mark->{id} } or next;
        add_reply($flight, $mark->{sequence}, $now, %$reply);
    }
    return;
}

sub open_icmp {
    my ($flight) = @_;
    my $port = icmp_port($flight->{family});
    $port->{flights}{ $flight->{id} } = $flight;
    $flight->{shared} = $port->{socket};
    $flight->{failed} = errno_name($port->{error}) if !$port->{socket};
    return;
}

sub send_icmp {
    my ($flight, $sequence) = @_;
    my ($socket, $family, $ttl, $size) = @{$flight}{qw(shared family ttl size)};
    set_hop_limit($socket, $family, $ttl) if defined $ttl;
    forbid_fragments($socket, $family, 1) if defined $size;
    my $request = echo_request($family, $flight->{id}, $sequence, $size);
    my $error   = send_bytes($socket, $request, $flight->{address});
    forbid_fragments($socket, $family, 0) if defined $size;
    set_hop_limit($socket, $family, DEFAULT_HOPS) if defined $ttl;
    return $error;
}

# UDP: a connected socket each, so that ICMP errors come back as its errors (udp(7)).
sub open_udp {
    my ($flight) = @_;
    my ($socket, $error) = open_socket('udp', $flight->{family});
    return $flight->{failed} = errno_name($error) if !$socket;
    own_socket($flight, $socket);
    set_hop_limit($socket, $flight->{family}, $flight->{ttl}) if defined $flight->{ttl};
    forbid_fragments($socket, $flight->{family}, 1) if defined $flight->{size};
    connect($socket, $flight->{address}) or $flight->{failed} = errno_name($! + 0);
    watch($socket, 0, sub { read_datagrams($flight, $_[0]) });
    return;
}

sub read_datagrams {
    my ($flight, $now) = @_;
    for (1 .. READS) {
        my $got = receive($flight->{socket}) or last;
        my $sequence = $flight->{sent} - 1;
        if (defined $got->{error}) { add_error($flight, $sequence, $now, $got->{error}) }
        else {
            add_reply($flight, $sequence, $now, kind => 'answer', from => $flight->{to}, seen_from($got->{bytes}));
        }
    }
    return;
}

sub send_udp {
    my ($flight, $sequence) = @_;
    return send_bytes($flight->{socket}, padded(mark_bytes($flight->{id}, $sequence), @{$flight}{qw(family size)}));
}

# TCP: one connection; the kernel repeats its SYN, so a probe of several packets is no more than that.
sub open_tcp {
    my ($flight) = @_;
    my ($socket, $error) = open_socket('tcp', $flight->{family});
    return $flight->{failed} = errno_name($error) if !$socket;
    own_socket($flight, $socket);
    $flight->{state} = 'new';
    return;
}

sub send_tcp {
    my ($flight) = @_;
    return undef if $flight->{state} ne 'new';
    my $socket = $flight->{socket};
    set_initial_sequence($socket, $flight->{sequence}) if defined $flight->{sequence};
    if (!connect($socket, $flight->{address}) && $! != EINPROGRESS) {
        $flight->{state} = 'done';
        return errno_name($! + 0);
    }
    $flight->{state} = 'connecting';
    watch($socket, 1, sub { tcp_ready($flight, $_[0]) });
    return undef;
}

sub tcp_ready {
    my ($flight, $now) = @_;
    tcp_connected($flight, $now) if $flight->{state} eq 'connecting';
    return if $flight->{state} ne 'talking';
    my $got = receive($flight->{socket}) or return;
    tcp_done($flight);
    return add_error($flight, 0, $now, $got->{error}) if defined $got->{error};
    return add_reply($flight, 0, $now, kind => 'answer', from => $flight->{to}, seen_from($got->{bytes}));
}

sub tcp_connected {
    my ($flight, $now) = @_;
    my $socket = $flight->{socket};
    my $error = unpack('i', getsockopt($socket, SOL_SOCKET, SO_ERROR));
    if ($error == 0 && $flight->{talk}) {
        $flight->{state} = 'talking';
        $flight->{connected_at} = $now;
        watch($socket, 0, sub { tcp_ready($flight, $_[0]) });
        send_bytes($socket, mark_bytes($flight->{id}, 0));
        return;
    }
    tcp_done($flight);
    return add_error($flight, 0, $now, errno_name($error)) if $error != 0;
    return add_reply($flight, 0, $now, kind => 'answer', from => $flight->{to});
}

sub tcp_done {
    my ($flight) = @_;
    $flight->{state} = 'done';
    unwatch($flight->{socket});
    return;
}

sub own_socket {
    my ($flight, $socket) = @_;
    $flight->{socket} = $socket;
    $sockets++;
    return;
}

my %OPEN = (icmp => \&open_icmp, tcp => \&open_tcp, udp => \&open_udp);
my %SEND = (icmp => \&send_icmp, tcp => \&send_tcp, udp => \&send_udp);

sub start_flight {
    my ($flight) = @_;
    push @active, $flight;
    $OPEN{ $flight->{protocol} }->($flight);
    return;
}

# Sends what is due, ends what is over; milliseconds until the next is due.
sub advance {
    my ($now) = @_;
    my $next = $now + LONGEST_POLL;
    my @still;
    for my $flight (@active) {
        my $is_due = $now >= $flight->{due};
        if (is_answered($flight) || ($is_due && $flight->{sent} >= $flight->{count})) {
            conclude($flight);
            end_flight($flight);
            next;
        }
        send_next($flight, $now) if $is_due;
        push @still, $flight;
        my $due = is_answered($flight) ? $now : $flight->{due};
        $next = $due if $due < $next;
    }
    @active = @still;
    return $next - $now;
}

# A server of somebody's own that has the port may wait for more than a mark: it has been reached all the same.
sub conclude {
    my ($flight) = @_;
    return if ($flight->{state} // '') ne 'talking' || is_answered($flight);
    tcp_done($flight);
    add_reply($flight, 0, $flight->{connected_at}, kind => 'answer', from => $flight->{to});
    return;
}

sub send_next {
    my ($flight, $now) = @_;
    my $sequence = $flight->{sent};
    sent_one($flight, $now);
    my $error = $flight->{failed} // $SEND{ $flight->{protocol} }->($flight, $sequence);
    add_reply($flight, $sequence, $now, kind => 'unreachable', from => 'self', detail => $error) if defined $error;
    return;
}

sub end_flight {
    my ($flight) = @_;
    my $socket = delete $flight->{socket} or return;
    $sockets--;
    drop($socket);
    return;
}

sub has_room {
    my ($probe) = @_;
    return $probe && @active < WINDOW && ($probe->{protocol} eq 'icmp' || $sockets < SOCKETS);
}

sub run_probes {
    my @waiting = @probes;
    while (1) {
        for (1 .. BATCH) {
            last if !has_room($waiting[0]);
            start_flight(shift @waiting);
        }
        my $idle = advance(now());
        return if !@waiting && !@active;
        poll(has_room($waiting[0]) ? 0 : $idle);
    }
    return;
}

# What came in after a probe was over counts too; all of it is written at once.
sub tell_results {
    my @lines;
    for my $probe (@probes) {
        push @lines, "result $probe->{id} $probe->{sent}";
        push @lines, map { reply_line($probe->{id}, $_) } @{ $probe->{replies} };
    }
    return say_line(join "\n", @lines, 'done');
}

sub reply_line {
    my ($id, $reply) = @_;
    my ($from, $detail, $seen_as) = map { encode($_) } @{$reply}{qw(from detail seen_as)};
    return join ' ', 'reply', $id, $reply->{kind}, $from, sprintf('%.3f', $reply->{rtt}), $detail, $seen_as;
}

# ---- tcpdump ----

sub find_tool {
    my ($name) = @_;
    my @folders = (split(/:/, $ENV{PATH} // ''), qw(/usr/local/sbin /usr/sbin /sbin /usr/bin /bin));
    my ($found) = grep { -f $_ && -x _ } map { "$_/$name" } @folders;
    return $found;
}

sub start_capture {
    my $program = find_tool($TCPDUMP[0]);
    $capture = { text => '', tail => '', said => '', length => 0 };
    return $capture->{error} = 'tcpdump is not installed' if !defined $program;
    pipe(my $out, my $out_end) && pipe(my $err, my $err_end) or return $capture->{error} = "no pipe: $!";
    my $parent = $$;
    my $pid = fork;
    return $capture->{error} = "no process: $!" if !defined $pid;
    exec_tcpdump($program, $parent, fileno $out_end, fileno $err_end) if $pid == 0;
    close $_ for $out_end, $err_end;
    @{$capture}{qw(pid out err)} = ($pid, $out, $err);
    make_nonblocking($_) for $out, $err;
    watch($out, 0, sub { read_capture('out', \&keep_text) });
    watch($err, 0, sub { read_capture('err', sub { $capture->{said} .= $_[0] }) });
    return;
}

# In the child: nothing but the program is left of it.
sub exec_tcpdump {
    my ($program, $parent, $out, $err) = @_;
    die_with_parent($parent);
    $SIG{$_} = 'DEFAULT' for qw(PIPE HUP INT TERM ALRM);
    alarm 0;
    my $null = POSIX::open('/dev/null', &POSIX::O_RDONLY) // 0;
    POSIX::dup2($null, 0);
    POSIX::dup2($out, 1);
    POSIX::dup2($err, 2);
    @ENV{qw(LC_ALL LANG)} = ('C', 'C');
    no warnings 'exec';
    exec {$program} @TCPDUMP;
    POSIX::_exit(127);
}

sub read_capture {
    my ($which, $keep) = @_;
    my $handle = $capture->{$which};
    for (1 .. READS) {
        my $size = sysread($handle, my $chunk, CHUNK);
        return if !defined $size && ($! == EAGAIN || $! == EINTR);
        if (!$size) {
            delete $capture->{$which};
            return drop($handle);
        }
        $keep->($chunk);
    }
    return;
}

# The line of the last packet may come in two chunks.
sub keep_text {
    my ($chunk) = @_;
    $capture->{saw_last} ||= ($capture->{tail} . $chunk) =~ $LAST_LINE;
    $capture->{tail} = substr $chunk, length $chunk > LONGEST_LINE ? -LONGEST_LINE : 0;
    $capture->{text} .= $chunk if $capture->{length} < OUTPUT_LIMIT;
    $capture->{length} += length $chunk;
    return;
}

# It is at work, or has said why it cannot be.
sub is_capturing { return !$capture->{err} || $capture->{said} =~ /listening on/ }

# A packet of the machine to itself, behind all others: who has seen it has seen them.
sub send_last {
    my ($socket) = open_socket('udp', 4);
    return if !$socket;
    send_bytes($socket, mark_bytes(LAST_PACKET, 0), pack_address('127.0.0.1', DISCARD_PORT));
    close $socket;
    return;
}

# On an interrupt tcpdump says how much it saw, and how much it missed.
sub stop_capture {
    my $pid = $capture->{pid};
    return if !defined $pid;
    send_last();
    serve_until(sub { $capture->{saw_last} || !$capture->{out} }, STOP_TIMEOUT);
    kill 'INT', $pid;
    my $is_closed = sub { !$capture->{out} && !$capture->{err} };
    if (!serve_until($is_closed, STOP_TIMEOUT)) {
        kill 'KILL', $pid;
        serve_until($is_closed, STOP_TIMEOUT);
    }
    waitpid $pid, POSIX::WNOHANG();
    delete $capture->{pid};
    return;
}

sub capture_error {
    my ($said, $length) = @{$capture}{qw(said length)};
    return $capture->{error} if defined $capture->{error};
    return 'it saw more than fits in memory' if $length >= OUTPUT_LIMIT;
    my ($dropped) = $said =~ /(\d+) packets dropped by kernel/;
    return "the kernel dropped $dropped packets before tcpdump saw them" if $dropped;
    return undef if $capture->{saw_last};
    my $last = (grep { /\S/ } split /\n/, $said)[-1];
    return defined $last ? $last : 'tcpdump said nothing';
}

sub tell_capture {
    my $error = capture_error();
    my $text = $capture->{text};
    say_line('captured', length $text, defined $error ? 0 : 1, encode($error));
    print $text or finish(1);
    return;
}

# ---- sockets of dialogues (actors): src/drivers/netns/engine/dialogue/ ----

sub said_in {
    my ($actor, $tag) = @_;
    return mark_bytes($actor->{dialogue}, $tag);
}

# The tag, and whether it is an answer; nothing where it is of another dialogue.
sub heard_in {
    my ($actor, $bytes) = @_;
    my $mark = read_mark($bytes);
    return if !$mark || $mark->{run} != $run || $mark->{id} != $actor->{dialogue};
    return ($mark->{sequence} & ~ANSWER, ($mark->{sequence} & ANSWER) != 0);
}

sub tell_arrival {
    my ($actor, $from, $own, $other) = @_;
    return say_line('arrived', $actor->{id}, unpack_address($from), $own // '-', $other // '-');
}

# All of these return the errno's name of what went wrong at once.
sub add_actor {
    my ($id, $dialogue, $protocol, $family, $address, $port, $listen) = @_;
    my $local = eval { defined absent($address) ? pack_address($address, $port) : any_address($family, $port) };
    refuse("not a socket: @_") if !defined $listen || !defined $local;
    $actors{$id} //= {
        id          => $id,
        dialogue    => $dialogue,
        protocol    => $protocol,
        family      => $family,
        local       => $local,
        listen      => defined absent($listen),
        connections => {},
    };
    return open_actor($actors{$id});
}

sub open_actor {
    my ($actor) = @_;
    return undef if $actor->{socket} || (!$actor->{listen} && %{ $actor->{connections} });
    my ($socket, $error) = actor_socket($actor);
    return errno_name($error) if !$socket;
    if ($actor->{listen}) {
        listen($socket, BACKLOG) or return errno_name($! + 0);
        watch($socket, 0, sub { accept_for($actor) });
    }
    elsif ($actor->{protocol} eq 'udp') {
        watch($socket, 0, sub { hear_datagrams($actor) });
    }
    $actor->{socket} = $socket;
    return undef;
}

# Those of TCP share their port with others of labnet, and are closed with a reset.
sub actor_socket {
    my ($actor) = @_;
    my @kind = @{$actor}{qw(protocol family local)};
    return open_at(@kind) if $actor->{protocol} eq 'udp';
    my ($socket, $error) = open_at(@kind, SO_REUSEADDR, SO_REUSEPORT);
    setsockopt($socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0)) if $socket;
    return ($socket, $error);
}

sub hear_datagrams {
    my ($actor) = @_;
    for (1 .. READS) {
        my $got = receive($actor->{socket}) or last;
        next if defined $got->{error};
        my ($tag) = heard_in($actor, $got->{bytes});
        tell_arrival($actor, $got->{from}, undef, $tag) if defined $tag;
    }
    return;
}

sub send_datagram {
    my ($actor, $to, $port, $tag) = @_;
    return open_actor($actor) // send_bytes($actor->{socket}, said_in($actor, $tag), pack_address($to, $port));
}

# The first connection is made of the socket that had the port from the beginning on.
sub connect_actor {
    my ($actor, $to, $port, $tag) = @_;
    my $failed = open_actor($actor);
    return $failed if defined $failed;
    my ($socket, $error) = $actor->{listen} ? () : delete $actor->{socket};
    ($socket, $error) = actor_socket($actor) if !$socket;
    return errno_name($error) if !$socket;
    my $peer = pack_address($to, $port);
    return errno_name($! + 0) if !connect($socket, $peer) && $! != EINPROGRESS;
    add_connection($actor, $socket, $peer, $tag);
    return undef;
}

sub accept_for {
    my ($actor) = @_;
    for (1 .. READS) {
        my $peer = accept(my $socket, $actor->{socket}) or last;
        make_nonblocking($socket);
        add_connection($actor, $socket, $peer, undef);
    }
    return;
}

# Whoever connects says its mark; whoever accepts answers it. Where both connect each hears the other's mark.
sub add_connection {
    my ($actor, $socket, $peer, $own) = @_;
    my $connection = { actor => $actor, socket => $socket, peer => $peer, own => $own, heard => '' };
    $actor->{connections}{ fileno $socket } = $connection;
    return hear_connection($connection) if !defined $own;
    return watch($socket, 1, sub { establish($connection) });
}

sub hear_connection {
    my ($connection) = @_;
    $connection->{is_established} = 1;
    return watch($connection->{socket}, 0, sub { read_connection($connection) });
}

sub establish {
    my ($connection) = @_;
    my ($actor, $socket, $own) = @{$connection}{qw(actor socket own)};
    my $error = unpack('i', getsockopt($socket, SOL_SOCKET, SO_ERROR));
    my $failed = $error != 0 ? errno_name($error) : send_bytes($socket, said_in($actor, $own));

    # A file number used again may be woken for what it was before.
    return undef if defined $failed && $failed eq 'EAGAIN';
    return fail_connection($connection, $failed) if defined $failed;
    return hear_connection($connection);
}

sub read_connection {
    my ($connection) = @_;
    my $got = receive($connection->{socket}) or return;
    return fail_connection($connection, $got->{error}) if defined $got->{error};
    return fail_connection($connection, 'EOF') if $got->{bytes} eq '';
    $connection->{heard} .= $got->{bytes};
    return length $connection->{heard} < MARK_LENGTH ? undef : meet($connection);
}

# It is open until the actor is closed; there is nothing more to be said.
sub meet {
    my ($connection) = @_;
    my ($actor, $socket, $peer, $own) = @{$connection}{qw(actor socket peer own)};
    my ($tag, $is_answer) = heard_in($actor, $connection->{heard});
    return fail_connection($connection, 'EPROTO') if !defined $tag || ($is_answer && $tag != ($own // -1));
    my $failed = defined $own ? undef : send_bytes($socket, said_in($actor, $tag | ANSWER));
    return fail_connection($connection, $failed) if defined $failed;
    unwatch($socket);
    return tell_arrival($actor, $peer, $own, $is_answer ? undef : $tag);
}

sub fail_connection {
    my ($connection, $error) = @_;
    end_connection($connection);
    say_line('failed', $connection->{actor}{id}, $connection->{own}, $error) if defined $connection->{own};
    return;
}

sub end_connection {
    my ($connection) = @_;
    delete $connection->{actor}{connections}{ fileno $connection->{socket} };
    return drop($connection->{socket});
}

sub cancel_connection {
    my ($actor, $tag) = @_;
    for my $connection (values %{ $actor->{connections} }) {
        my $is_meant = defined $connection->{own} && $connection->{own} == $tag;
        end_connection($connection) if $is_meant && !$connection->{is_established};
    }
    return undef;
}

sub close_actor {
    my ($actor) = @_;
    drop(delete $actor->{socket}) if $actor->{socket};
    end_connection($_) for values %{ $actor->{connections} };
    return undef;
}

# All that has come in is told, and what comes of it at once; the next orders wait.
sub settle {
    unwatch(\*STDIN);
    for (1 .. SETTLING) { last if !poll(0) }
    watch_orders();
    return undef;
}

my %ORDERS = (
    send    => \&send_datagram,
    connect => \&connect_actor,
    cancel  => \&cancel_connection,
    close   => \&close_actor,
);

sub carry_out {
    my ($line) = @_;
    my ($word, @rest) = split / /, $line;
    return say_line('did', encode(add_actor(@rest))) if $word eq 'open';
    return say_line('did', encode(settle()))         if $word eq 'settle';
    my $actor = $actors{ shift(@rest) // '' };
    my $order = $ORDERS{$word};
    refuse("not an order: $line") if !$order || !$actor;
    my @outcome = eval { $order->($actor, @rest) };
    refuse("not an order: $line") if $@;
    return say_line('did', encode($outcome[0]));
}

sub watch_orders { return watch(\*STDIN, 0, sub { read_words(\&carry_out) }) }

# ---- requests ----

sub absent { return $_[0] eq '-' ? undef : $_[0] }

sub add_probe {
    my ($id, $protocol, $to, $port, $count, $interval, $wait, $ttl, $talk, $size, $sequence) = @_;
    my $address = eval { pack_address($to, absent($port) // 0) };
    refuse("not a probe: @_") if !defined $sequence || !$OPEN{$protocol} || !defined $address;
    push @probes, {
        id       => $id,
        protocol => $protocol,
        to       => $to,
        address  => $address,
        family   => family_of($to),
        count    => $count,
        interval => $interval,
        wait     => $wait,
        ttl      => absent($ttl),
        talk     => defined absent($talk),
        size     => absent($size),
        sequence => absent($sequence),
        sent     => 0,
        due      => 0,
        sent_at  => [],
        replies  => [],
    };
    return;
}

my %REQUESTS = (
    limit   => sub { alarm $_[0] },
    run     => sub { $run = $_[0] },
    capture => sub { $wants_capture = 1 },
    listen  => sub { push @listens, [@_] },
    probe   => \&add_probe,
);

# Up to `prepare` by perl's own buffer, in which the lines behind __END__ already are.
sub read_task {
    while (defined(my $line = <STDIN>)) {
        chomp $line;
        my ($word, @rest) = split / /, $line;
        return $word if $word eq 'prepare' || $word eq 'converse';
        my $request = $REQUESTS{$word} or refuse("not a request: $line");
        $request->(@rest);
    }
    return finish(1);
}

# From then on past that buffer, which is empty: the driver says nothing between the last of these and `ready`.
sub read_words {
    my ($take) = @_;
    my $size = sysread(STDIN, my $chunk, CHUNK);
    return if !defined $size && ($! == EAGAIN || $! == EINTR);
    finish(1) if !$size;
    my @lines = split /\n/, $pending . $chunk, -1;
    $pending = pop @lines;
    $take->($_) for @lines;
    return;
}

sub take_word {
    my ($word) = @_;
    refuse("not a request: $word") if $word ne 'go' && $word ne 'stop';
    $asked{$word} = 1;
    return;
}

sub prepare {
    watch(\*STDIN, 0, sub { read_words(\&take_word) });
    start_capture() if $wants_capture;
    my @states = map { open_listener(@$_) } @listens;
    if ($wants_capture && !serve_until(\&is_capturing, START_TIMEOUT)) {
        $capture->{error} = 'tcpdump does not start';
    }
    say_line('listener', $_, $states[$_]) for 0 .. $#states;
    return;
}

# Until the end of its input.
sub converse {
    watch_orders();
    say_line('ready');
    return serve_until(sub { 0 });
}

sub main {
    $0 = 'labnet-agent';
    $| = 1;
    binmode STDOUT;
    $SIG{$_} = sub { finish(1) } for qw(ALRM HUP INT PIPE TERM);
    alarm DEFAULT_LIMIT;
    converse() if read_task() eq 'converse';
    prepare();
    say_line('ready');
    serve_until(sub { $asked{go} || $asked{stop} });
    run_probes() if $asked{go};
    tell_results();
    serve_until(sub { $asked{stop} });
    stop_capture() if $capture;
    tell_capture() if $capture;
    say_line('bye');
    return finish(0);
}

main();
__END__
