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
# It says "ready" once clients are answered, and ends with miniupnpd. miniupnpd takes no address that is reserved (RFC
# 5735) for a public one, as those of labs are, unless STUN shows it: it asks this program, by the loopback.
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

sub fail { print "$_[0]\n"; exit 1 }

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

sub start {
    my ($stun_port) = @_;
    my $pid = open(my $said, '-|') // fail("fork: $!");
    return $said if $pid;
    open STDERR, '>&', \*STDOUT;
    my @argv = qw(setpriv --pdeathsig KILL -- miniupnpd -d -4 -f miniupnpd.conf -P pid -o);
    { exec @argv, "STUN:127.0.0.1:$stun_port" }
    print "setpriv: $!\n";
    POSIX::_exit(127);
}

sub lines_of {
    open my $nft, '-|', "nft -nn $_[0] 2>/dev/null" or return ();
    return <$nft>;
}

# Port and protocol to the inside endpoint, as miniupnpd has them in its rules.
sub wanted {
    my %wanted;
    for (lines_of('list chain inet labnet_ports ports')) {
        my ($proto) = /(?:\@nh,72,8 0x|protocol |l4proto )(\w+)/ or next;
        $proto = $PROTOCOLS{$proto} // next;
        $wanted{"$proto $1"} = "$2 $3" if /dport (\d+) .*dnat (?:ip )?to ([\d.]+):(\d+)/;
    }
    return \%wanted;
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

my %known;

sub carry_out_where {
    my ($commands, $ports, $others) = @_;
    for (keys %$ports) { carry_out($commands, $_, $ports->{$_}) if ($others->{$_} // '') ne $ports->{$_} }
}

sub follow {
    my $wanted = wanted();
    # What is new comes first: its client has its answer already. Then what is so in fact, as a NAT may have been flushed.
    carry_out_where($say{open}, $wanted, \%known);
    my $opened = opened();
    carry_out_where($say{close}, $opened, $wanted);
    carry_out_where($say{open}, $wanted, $opened);
    %known = %$wanted;
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
my $refused = `nft -f chains.nft 2>&1`;
fail("nft: $refused") if $?;
my $said = start((unpack_sockaddr_in(getsockname $stun))[0]);
my $last = '';
while (1) {
    my $read = '';
    vec($read, fileno $_, 1) = 1 for $events, $stun, $said;
    next if select($read, undef, undef, undef) < 0;
    answer_stun($stun) if vec($read, fileno $stun, 1);
    if (vec $read, fileno $said, 1) {
        sysread($said, my $text, 65536) or last;
        note($text);
        $last = substr("$last$text", -4000);
        if (defined $say{ready} and index($last, $say{ready}) >= 0) {
            delete $say{ready};
            syswrite STDOUT, "ready\n";
            open STDOUT, '>', '/dev/null';
        }
    }
    if (vec $read, fileno $events, 1) {
        # More come than there is room for: what is the case counts, and not what happened.
        1 while defined recv $events, my $event, 65536, Socket::MSG_DONTWAIT();
        # Before it answers there are only those of its questions to us.
        follow() unless defined $say{ready};
    }
}
fail((split /\n/, $last)[-1] // 'miniupnpd ended');
