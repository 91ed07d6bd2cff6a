# Sockets of one machine in the hands of a test: commands on standard input, what arrives on standard output.
#
#   udp NAME ADDRESS PORT             a socket; errors that ICMP brings are told too
#   send NAME ADDRESS PORT TEXT       a datagram from it
#   listen NAME ADDRESS PORT          accepts connections, and says back what comes over them
#   call NAME ADDRESS PORT ADDRESS PORT TEXT   connects from the first to the second, and says TEXT
#   close NAME                        with all that it accepted
#
# Answers: `done`, one a command. Events: `got NAME ADDRESS PORT TEXT`, `fail NAME ERROR`.
use strict;
use warnings;
use Errno qw(EINPROGRESS);
use Fcntl qw(F_SETFL O_NONBLOCK);
use Socket qw(:DEFAULT :crlf IPPROTO_IP IPPROTO_IPV6 inet_ntop inet_pton SO_REUSEPORT SO_LINGER);

use constant { IP_RECVERR => 11, IPV6_RECVERR => 25 };    # linux/in.h, linux/in6.h

$| = 1;
my (%udp, %listening, %calling, %talking);    # by name; what was accepted by number

my %command = (
  udp => sub {
    my ($name, $address, $port) = @_;
    my $socket = bound(SOCK_DGRAM, $address, $port);
    my @errors = is6($address) ? (IPPROTO_IPV6, IPV6_RECVERR) : (IPPROTO_IP, IP_RECVERR);
    setsockopt($socket, $errors[0], $errors[1], 1) or die "RECVERR: $!\n";
    $udp{$name} = $socket;
  },
  send => sub {
    my ($name, $address, $port, $text) = @_;
    # An error that is waiting is told once, by whatever is done next.
    for (1 .. 3) { return if defined send($udp{$name}, $text, 0, place($address, $port)); failed($name) }
  },
  listen => sub {
    my ($name, $address, $port) = @_;
    my $socket = bound(SOCK_STREAM, $address, $port);
    listen($socket, 16) or die "listen: $!\n";
    $listening{$name} = $socket;
  },
  call => sub {
    my ($name, $address, $port, $to, $toPort, $text) = @_;
    my $socket = bound(SOCK_STREAM, $address, $port);
    return failed($name) unless connect($socket, place($to, $toPort)) || $! == EINPROGRESS;
    $calling{$name} = [$socket, $text];
  },
  close => sub {
    my ($name) = @_;
    for my $key (grep { $_ eq $name || /^\Q$name\E#/ } keys %talking) { reset_($talking{$key}[0]); delete $talking{$key} }
    reset_($calling{$name}[0]) if $calling{$name};
    delete $_->{$name} for \%udp, \%listening, \%calling;
  },
);

sub is6 { return $_[0] =~ /:/ }

sub place {
  my ($address, $port) = @_;
  return is6($address) ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $address)) : pack_sockaddr_in($port, inet_pton(AF_INET, $address));
}

sub bound {
  my ($type, $address, $port) = @_;
  socket(my $socket, is6($address) ? PF_INET6 : PF_INET, $type, 0) or die "socket: $!\n";
  setsockopt($socket, SOL_SOCKET, $_, 1) or die "setsockopt: $!\n" for SO_REUSEADDR, ($type == SOCK_STREAM ? SO_REUSEPORT : ());
  bind($socket, place($address, $port)) or die "bind $address:$port: $!\n";
  fcntl($socket, F_SETFL, O_NONBLOCK);
  return $socket;
}

# With a reset instead of the minute of TIME_WAIT, in which nobody could call from that port to that place again.
sub reset_ { setsockopt($_[0], SOL_SOCKET, SO_LINGER, pack('ii', 1, 0)); close $_[0] }

sub failed { my ($name) = @_; my ($error) = grep { $!{$_} } keys %!; print "fail $name $error\n" }

sub got {
  my ($name, $from, $text) = @_;
  my $family = sockaddr_family($from);
  my ($port, $address) = $family == AF_INET6 ? unpack_sockaddr_in6($from) : unpack_sockaddr_in($from);
  print "got $name ", inet_ntop($family, $address), " $port $text\n";
}

sub heard {
  my ($name) = @_;
  while (defined(my $from = recv($udp{$name}, my $text, 2048, 0))) { got($name, $from, $text) }
  failed($name) unless $!{EAGAIN};
}

my $accepted = 0;
sub taken {
  my ($name) = @_;
  accept(my $socket, $listening{$name}) or return;
  fcntl($socket, F_SETFL, O_NONBLOCK);
  $talking{"$name#" . ++$accepted} = [$socket, 1];
}

sub connected {
  my ($name) = @_;
  my ($socket, $text) = @{ delete $calling{$name} };
  $! = unpack 'i', getsockopt($socket, SOL_SOCKET, SO_ERROR);
  return failed($name) if $!;
  syswrite $socket, $text;
  $talking{$name} = [$socket, 0];
}

sub said {
  my ($key) = @_;
  my ($socket, $echoes) = @{ $talking{$key} };
  my $from = getpeername $socket;
  my $read = sysread $socket, my $text, 2048;
  return delete $talking{$key} unless $read && $from;
  got($key =~ s/#.*//r, $from, $text);
  syswrite $socket, $text if $echoes;
}

my $typed = '';
sub typed {
  sysread(STDIN, $typed, 65536, length $typed) or exit;
  while ($typed =~ s/^(.*)\n//) {
    my ($what, @rest) = split / /, $1;
    $command{$what}->(@rest);
    print "done\n";
  }
}

while (1) {
  my ($read, $write) = ('', '');
  vec($read, 0, 1) = 1;
  vec($read, fileno $_, 1) = 1 for values %udp, values %listening, map { $_->[0] } values %talking;
  vec($write, fileno $_->[0], 1) = 1 for values %calling;
  select $read, $write, undef, undef;
  my $is = sub { my ($set, $socket) = @_; return $socket && vec $set, fileno $socket, 1 };
  $is->($read, $udp{$_}) && heard($_) for keys %udp;
  $is->($read, $listening{$_}) && taken($_) for keys %listening;
  $is->($read, $talking{$_} && $talking{$_}[0]) && said($_) for keys %talking;
  $is->($write, $calling{$_} && $calling{$_}[0]) && connected($_) for keys %calling;
  typed() if vec $read, 0, 1;
}
