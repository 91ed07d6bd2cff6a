# Datagrams over a link, for 'labnet verify' and 'labnet link': as many as fit, and how many arrive.
#
#   perl link-probe.pl receive ADDRESS PORT IDLE TIME        milliseconds: without anything, and of sending
#   perl link-probe.pl send ADDRESS PORT RATE TIME PAYLOAD FRAME    bytes a second, milliseconds, bytes
#
# Each says DATAGRAMS SECONDS; the receiver of what came after the first fifth of the time, when the burst is over.
use strict;
use warnings;
use Socket qw(:all);
use Time::HiRes qw(time sleep);

my ($do, $address, $port, @more) = @ARGV;
my $family = $address =~ /:/ ? AF_INET6 : AF_INET;
my $packed = inet_pton($family, $address) // die "no address\n";
my $place = $family == AF_INET6 ? pack_sockaddr_in6($port, $packed) : pack_sockaddr_in($port, $packed);
socket my $socket, $family, SOCK_DGRAM, 0 or die "socket: $!\n";

if ($do eq 'receive') {
  my ($idle, $time) = map { $_ / 1000 } @more;
  setsockopt $socket, SOL_SOCKET, SO_RCVBUF, pack 'i', 8 << 20;
  setsockopt $socket, SOL_SOCKET, 33, pack 'i', 8 << 20;    # SO_RCVBUFFORCE, of who may
  bind $socket, $place or die "bind: $!\n";
  my ($start, $from, $last, $count) = (undef, undef, 0, 0);
  my $wait = '';
  vec($wait, fileno $socket, 1) = 1;
  my $patience = 10;
  while (select(my $ready = $wait, undef, undef, $patience)) {
    recv $socket, my $got, 1, 0x40;                         # MSG_DONTWAIT
    my $now = time;
    $start //= $now;
    $patience = $idle;
    last if $now - $start > $time * 4 + $idle;
    next if $now - $start < $time / 5;
    if (defined $from) { $count++; $last = $now } else { $from = $now }
  }
  printf "%d %.6f\n", $count, $count ? $last - $from : 0;
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
  connect $socket, $place or die "connect: $!\n";
  # The receiver is being started.
  sleep 0.4;
  my ($start, $sent, $done) = (time, 0, 0);
  until ($done) {
    my $now = time - $start;
    last if $now >= $time;
    my $due = $now * $rate / $frame;
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
