# Datagrams over a link, for 'labnet verify' and 'labnet link': as many as fit, and how many arrive.
#
#   perl link-probe.pl receive OWN OTHER PORT IDLE TIME                 milliseconds: without anything, and of sending
#   perl link-probe.pl send OWN OTHER PORT RATE TIME PAYLOAD FRAME      bytes a second, milliseconds, bytes
#
# Each says DATAGRAMS SECONDS; the receiver of what came after the first fifth of the time, when the burst is over. Both have
# the same port, and the receiver says that it is there, which opens it where a router lets nobody in who was not asked.
use strict;
use warnings;
use Socket qw(:all);
use Time::HiRes qw(time sleep);

my ($do, $own, $other, $port, @more) = @ARGV;
my $family = $own =~ /:/ ? AF_INET6 : AF_INET;
my ($here, $there) = map {
  my $packed = inet_pton($family, $_) // die "no address\n";
  $family == AF_INET6 ? pack_sockaddr_in6($port, $packed) : pack_sockaddr_in($port, $packed);
} $own, $other;
socket my $socket, $family, SOCK_DGRAM, 0 or die "socket: $!\n";
bind $socket, $here or die "bind: $!\n";
connect $socket, $there or die "connect: $!\n";
my $readable = '';
vec($readable, fileno $socket, 1) = 1;
my $DONTWAIT = 0x40;

sub wait_for {
  my ($seconds) = @_;
  return 0 < select(my $ready = $readable, undef, undef, $seconds);
}

if ($do eq 'receive') {
  my ($idle, $time) = map { $_ / 1000 } @more;
  setsockopt $socket, SOL_SOCKET, SO_RCVBUF, pack 'i', 8 << 20;
  setsockopt $socket, SOL_SOCKET, 33, pack 'i', 8 << 20;    # SO_RCVBUFFORCE, of who may
  my ($start, $from, $last, $count) = (undef, undef, 0, 0);
  my @windows = (0) x 5;
  for (my $tries = 0; $tries < 80 && !defined $start; $tries++) {
    send $socket, 'here', 0;
    $start = time if wait_for(0.1) && defined recv $socket, my $got, 1, $DONTWAIT;
  }
  while (defined $start && wait_for($idle)) {
    next unless defined recv $socket, my $got, 1, $DONTWAIT;
    my $now = time;
    last if $now - $start > $time * 4 + $idle;
    next if $now - $start < $time / 5;
    if (defined $from) { $count++; $last = $now } else { $from = $now }
    my $window = int(($now - $start) / $time * 6.25 - 1.25);
    $windows[$window]++ if $window >= 0 && $window < 5;
  }
  printf "%d %.6f\n", $count, $count ? $last - $from : 0;
  # Of five parts of the time the middle one: who sends may have had to wait for its turn.
  printf "middle %.3f\n", (sort { $a <=> $b } @windows)[2] / ($time * 0.16);
}
else {
  my ($rate, $time, $payload, $frame) = @more;
  $time /= 1000;
  # Several to a call where the kernel cuts them (UDP_SEGMENT, Linux 4.18), for no longer than two milliseconds.
  my $many = int(60_000 / $payload);
  my $fit = int($rate * 0.002 / $frame);
  $many = $fit if $many > $fit;
  $many = 1 if $many < 1;
  $many = 1 if $many > 1 && !setsockopt $socket, 17, 103, pack 'i', $payload;
  my $data = 'l' x ($payload * $many);
  # Its word may be lost, or not be let in here.
  for (my $tries = 0; $tries < 20; $tries++) { last if wait_for(0.1) && defined recv $socket, my $got, 4, $DONTWAIT }
  my ($start, $sent) = (time, 0);
  while (time - $start < $time) {
    my $due = (time - $start) * $rate / $frame;
    while ($sent <= $due) {
      # What is refused has no room here, or nobody there yet.
      send $socket, $data, 0;
      $sent += $many;
      last if time - $start >= $time;
    }
    sleep 0.0005;
  }
  printf "%d %.6f\n", $sent, time - $start;
}
