# Ten connections that go on while their link changes: numbered records, said back by the other end.
#
#   perl flows.pl serve ADDRESS PORT COUNT         says how many connections came, and ends with them
#   perl flows.pl call ADDRESS PORT COUNT STOP     sends until there is a file STOP, then reads the rest
#
# The caller says `started` and, when all is over, one line a flow: NUMBER SENT RECEIVED STATE, in bytes; `whole` where each byte came back, in its place.
use strict;
use warnings;
use Errno qw(EAGAIN EINTR);
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(sleep time);

use constant { RECORD => 1_000, EVERY => 0.05, PATIENCE => 120, LONGEST => 1_200 };

my ($role, $address, $port, $count, $stop) = @ARGV;
$role eq 'serve' ? serve() : call();

sub serve {
  my $listener = IO::Socket::INET->new(LocalAddr => $address, LocalPort => $port, Listen => $count, ReuseAddr => 1)
    or die "listen: $!\n";
  my $readable = IO::Select->new($listener);
  my ($accepted, $ended, %back) = (0, 0);    # what is to be said back, by connection
  my $until = time + LONGEST;
  while ($ended < $count && time < $until) {
    my $writable = IO::Select->new(grep { length $back{$_}{text} } map { $_->{socket} } values %back);
    for my $socket (IO::Select->select($readable, $writable, undef, 1)) {
      for my $one (@$socket) {
        if ($one == $listener) {
          my $new = $listener->accept or next;
          $new->blocking(0);
          $accepted++;
          $back{$new} = { socket => $new, text => '' };
          $readable->add($new);
          next;
        }
        my $way = $back{$one} or next;
        my $got = sysread $one, my $text, 65_536;
        if ($got) { $way->{text} .= $text }
        elsif (defined $got || !passing()) { $way->{done} = 1; $readable->remove($one) }
        pour($one, \$way->{text}) or $way->{text} = '';
        next if !$way->{done} || length $way->{text};
        close $one;
        delete $back{$one};
        $ended++;
      }
    }
  }
  print "accepted $accepted\n";
}

sub call {
  my @flows = map { { number => $_, next => 0, sent => 0, received => 0, expected => '', wait => '', state => 'open' } } 1 .. $count;
  for my $flow (@flows) {
    for (my $tries = 0; !$flow->{socket} && $tries < 600; $tries++) {    # until the other end is there
      $flow->{socket} = IO::Socket::INET->new(PeerAddr => $address, PeerPort => $port) or sleep 0.1;
    }
    die "connect: $!\n" unless $flow->{socket};
    $flow->{socket}->blocking(0);
  }
  $| = 1;
  print "started\n";
  my ($until, $stopping) = (time + LONGEST, 0);
  # One after the other, as a row of them would fill the queue.
  $_->{due} = time + $_->{number} * EVERY / $count for @flows;
  while (time < $until && grep { $_->{state} eq 'open' } @flows) {
    my $select = IO::Select->new(map { $_->{socket} } grep { $_->{state} eq 'open' } @flows);
    my %ready = map { $_ => 1 } $select->can_read(EVERY / $count);
    ($stopping, $until) = (1, time + PATIENCE) if !$stopping && -e $stop;
    my $now = time;
    for my $flow (grep { $_->{state} eq 'open' } @flows) {
      listen_to($flow) if $ready{ $flow->{socket} };
      if (!$stopping && $now >= $flow->{due}) {
        $flow->{due} += EVERY while $flow->{due} <= $now;
        record_of($flow) if length $flow->{wait} < 100 * RECORD;
      }
      my $before = length $flow->{wait};
      $flow->{state} = "cannot send: $!" unless pour($flow->{socket}, \$flow->{wait});
      $flow->{sent} += $before - length $flow->{wait};
      next unless $stopping && !length $flow->{wait} && !$flow->{closed}++;
      shutdown $flow->{socket}, 1;
    }
  }
  printf "%d %d %d %s\n", @{$_}{qw(number sent received state)} for @flows;
}

# The next record, which no other of any flow is like.
sub record_of {
  my ($flow) = @_;
  my $head = sprintf '%03d:%010d:', $flow->{number}, $flow->{next}++;
  my $record = $head . chr(97 + $flow->{next} % 26) x (RECORD - length($head) - 1) . "\n";
  $flow->{wait} .= $record;
  $flow->{expected} .= $record;
}

sub listen_to {
  my ($flow) = @_;
  my $got = sysread $flow->{socket}, my $text, 65_536;
  return if !defined $got && passing();
  if (!$got) {
    my $is_whole = defined $got && $flow->{closed} && !length $flow->{expected};
    $flow->{state} = $is_whole ? 'whole' : defined $got ? 'ended early' : "cut: $!";
    return;
  }
  $flow->{received} += $got;
  $flow->{state} = "wrong after $flow->{received} bytes" if $text ne substr $flow->{expected}, 0, $got, '';
}

# Writes as much as goes; false where the connection is gone.
sub pour {
  my ($socket, $text) = @_;
  while (length $$text) {
    my $went = syswrite $socket, $$text;
    return passing() unless defined $went;
    substr $$text, 0, $went, '';
  }
  return 1;
}

sub passing { return $! == EAGAIN || $! == EINTR }
