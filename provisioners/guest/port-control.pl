#!/usr/bin/perl
# Port control of a router: runs miniupnpd, and has labnet's NAT forward the ports that it opens.
#
#   perl port-control.pl FOLDER
#
# The folder has miniupnpd.conf; chains.nft, with the chains that miniupnpd keeps its rules in, which no packet goes
# through; and nat.conf, which says what to do for each of those rules, in lines of a word and what belongs to it:
#
#   public ADDRESS     what clients are told
#   opened COMMAND     of nft: lists the ports that labnet's NAT forwards for miniupnpd
#   open COMMAND       of nft: what makes it forward one more; @proto@ @port@ @address@ @inner@
#   close COMMAND      of nft: what ends that
#   ready TEXT         miniupnpd says so when it answers
#
# It says "ready" once clients are answered. What others may do with its table: delete it, which is a reboot (miniupnpd
# starts anew, and what was open is forgotten); or delete its chain 'ready', which comes back when labnet's NAT has all
# that is open. Where miniupnpd ends by itself it is started again, and knows from its file of leases what was open.
#
# miniupnpd takes no address that is reserved (RFC 5735) for a public one, as those of labs are, unless STUN shows it: it
# asks this program, by the loopback.
use strict;
use warnings;
use POSIX ();
use Socket;

use constant {
    AF_NETLINK => 16, NETLINK_NETFILTER => 12, NFNLGRP_NFTABLES => 7,
    LONGEST_LOG => 1 << 20,
};
# As nft(8) may print them; the number of a raw byte is hexadecimal.
my %PROTOCOLS = (6 => 'tcp', '06' => 'tcp', tcp => 'tcp', 17 => 'udp', 11 => 'udp', udp => 'udp');

my %say = (open => [], close => []);
my $log;
# miniupnpd: its process, what it says, and whether it answers.
my ($pid, $said, $is_ready);
my $last = '';

sub fail {
    note("$_[0]\n") if $log;
    print "$_[0]\n";
    exit 1;
}

sub read_conf {
    open my $file, '<', 'nat.conf' or fail("nat.conf: $!");
    while (<$file>) {
        my ($word, $rest) = /^(\w+) (.*)$/ or next;
        if (ref $say{$word}) { push @{ $say{$word} }, $rest } else { $say{$word} = $rest }
    }
}

# Tells of every change of rules.
sub watch {
    socket(my $events, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER) or fail("netlink: $!");
    bind($events, pack('SSLL', AF_NETLINK, 0, 0, 1 << (NFNLGRP_NFTABLES - 1))) or fail("netlink: $!");
    return $events;
}

# Binding requests of RFC 5389 are answered with the public address, and the port that they come from.
sub stun_server {
    socket(my $stun, PF_INET, SOCK_DGRAM, 0) or fail("stun: $!");
    bind($stun, pack_sockaddr_in(0, INADDR_LOOPBACK)) or fail("stun: $!");
    return $stun;
}

sub answer_stun {
    my ($stun) = @_;
    my $from = recv($stun, my $request, 1500, 0) or return;
    return if length $request < 20 or unpack('n', $request) != 1;
    my ($port) = unpack_sockaddr_in($from);
    my $mapped = pack('nnCCna4', 1, 8, 0, 1, $port, inet_aton($say{public}));
    send $stun, pack('nna16', 0x0101, length $mapped, substr($request, 4, 16)) . $mapped, 0, $from;
}

my %known;

# chains.nft puts its table in place of the last.
sub start {
    my ($stun_port) = @_;
    my $refused = `nft -f chains.nft 2>&1`;
    fail("nft: $refused") if $?;
    ($is_ready, $last, %known) = (0, '');
    $pid = open($said, '-|') // fail("fork: $!");
    return if $pid;
    open STDERR, '>&', \*STDOUT;
    my @argv = qw(setpriv --pdeathsig KILL -- miniupnpd -d -4 -f miniupnpd.conf -P pid -o);
    { exec @argv, "STUN:127.0.0.1:$stun_port" }
    print "setpriv: $!\n";
    POSIX::_exit(127);
}

sub end {
    kill KILL => $pid;
    close $said;
}

sub lines_of {
    my @lines = `nft -nn $_[0] 2>/dev/null`;
    return @lines;
}

# Port and protocol to the inside endpoint, as miniupnpd has them in its rules; and whether the chain 'ready' is there.
# Nothing where the table is gone.
sub wanted {
    my @lines = lines_of('list table inet labnet_ports');
    if ($?) {
        my $tables = join '', lines_of('list tables');
        return $? || $tables =~ /inet labnet_ports/ ? (\%known, 1) : ();
    }
    my %wanted;
    for (@lines) {
        my ($proto) = /(?:\@nh,72,8 0x|protocol |l4proto )(\w+)/ or next;
        $proto = $PROTOCOLS{$proto} // next;
        $wanted{"$proto $1"} = "$2 $3" if /dport (\d+) .*dnat (?:ip )?to ([\d.]+):(\d+)/;
    }
    return \%wanted, scalar grep { /chain ready/ } @lines;
}

# The same, as labnet's NAT has them.
sub opened {
    my %opened;
    for (lines_of($say{opened})) {
        $opened{"$PROTOCOLS{$1} $2"} = "$3 $4" while /\b(6|17|tcp|udp) \. (\d+) : ([\d.]+) \. (\d+)/g;
    }
    return \%opened;
}

sub nft {
    my $answer = `nft '$_[0]' 2>&1`;
    return $? == 0 || (note("nft $_[0]: $answer"), 0)[1];
}

sub carry_out {
    my ($commands, $port, $inside) = @_;
    my %value;
    @value{qw(proto port address inner)} = (split(/ /, $port), split(/ /, $inside));
    for my $command (@$commands) {
        my $text = $command =~ s/\@(\w+)\@/$value{$1}/gr;
        next if nft($text);
        # What a host has got by sending gives way.
        nft("delete $1}") while $text =~ /add (element [^{]*\{[^:}]*)/g;
        nft($text);
    }
}

sub carry_out_where {
    my ($commands, $ports, $others) = @_;
    for (keys %$ports) { carry_out($commands, $_, $ports->{$_}) if ($others->{$_} // '') ne $ports->{$_} }
}

# Whether the table is there.
sub follow {
    my ($wanted, $is_marked) = wanted() or return 0;
    # What is new comes first: its client has its answer already. Then what is so in fact, as a NAT may have been flushed.
    carry_out_where($say{open}, $wanted, \%known);
    my $opened = opened();
    carry_out_where($say{close}, $opened, $wanted);
    carry_out_where($say{open}, $wanted, $opened);
    %known = %$wanted;
    nft('add chain inet labnet_ports ready') unless $is_marked;
    return 1;
}

sub note {
    truncate($log, 0) if -s $log > LONGEST_LOG;
    syswrite $log, $_[0];
}

chdir($ARGV[0] // "") or fail("$ARGV[0]: $!");
open $log, '>>', 'log' or fail("log: $!");
open STDERR, '>&', $log;
read_conf();
my ($events, $stun) = (watch(), stun_server());
my $stun_port = (unpack_sockaddr_in(getsockname $stun))[0];

sub hear {
    my ($text) = @_;
    note($text);
    $last = substr("$last$text", -4000);
    return if $is_ready or index($last, $say{ready}) < 0;
    $is_ready = 1;
    syswrite STDOUT, "ready\n";
    open STDOUT, '>', '/dev/null';
}

start($stun_port);
while (1) {
    my $read = '';
    vec($read, fileno $_, 1) = 1 for $events, $stun, $said;
    next if select($read, undef, undef, undef) < 0;
    answer_stun($stun) if vec($read, fileno $stun, 1);
    my ($was_ready, $is_told) = ($is_ready, vec($read, fileno $events, 1));
    if (vec $read, fileno $said, 1) {
        if (sysread $said, my $text, 65536) { hear($text) }
        else {
            end();
            fail((split /\n/, $last)[-1] // 'miniupnpd ended') unless $is_ready;
            sleep 1;
            start($stun_port);
            next;
        }
    }
    # More come than there is room for: what is the case counts, and not what happened.
    if ($is_told) { 1 while defined recv $events, my $event, 65536, Socket::MSG_DONTWAIT() }
    # Before it answers there are only those of its questions to us.
    next unless $is_ready and ($is_told or !$was_ready) and !follow();
    end();
    unlink 'leases';
    start($stun_port);
}
