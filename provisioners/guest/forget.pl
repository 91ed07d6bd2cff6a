# Forgets connections that the kernel tracks here, as a router does that is switched off and on: what `conntrack -F` and -D
# of a package do that few machines have, by netlink (linux/netfilter/nfnetlink_conntrack.h). Core Perl alone, run as root:
#
#   perl forget.pl                      all of them
#   perl forget.pl ADDRESS …            those of or to these IPv4 addresses, before or after translation
#   perl forget.pl PROTO:ADDRESS:FIRST-LAST …   those to these ports, with the protocol's number
use strict;
use warnings;
use Socket qw(inet_aton);

my ($NETLINK, $RAW, $NETFILTER, $INET) = (16, 3, 12, 2);
my ($REQUEST, $ACK, $DUMP) = (0x1, 0x4, 0x300);
my ($GET, $DELETE) = ((1 << 8) | 1, (1 << 8) | 2);
my ($ERROR, $DONE) = (2, 3);
my ($ORIGINAL, $REPLY, $NESTED) = (1, 2, 0x8000);

socket(my $kernel, $NETLINK, $RAW, $NETFILTER) or die "netlink: $!\n";
alarm 20;

# struct nlmsghdr: length, type, flags, sequence, port; struct nfgenmsg: family, version, resource.
sub ask {
  my ($type, $flags, $family, $attributes) = @_;
  my $message = pack('L S S L L C C n', 20 + length $attributes, $type, $REQUEST | $flags, 1, 0, $family, 0, 0) . $attributes;
  send($kernel, $message, 0, pack('S S L L', $NETLINK, 0, 0, 0)) or die "netlink: $!\n";
}

# Calls back with each answer's type and body until there are no more; returns the errno, or 0.
sub answers {
  my ($each) = @_;
  while (defined recv($kernel, my $bytes, 1 << 18, 0)) {
    while (length $bytes >= 16) {
      my ($length, $type) = unpack 'L S', $bytes;
      my $body = substr $bytes, 16, $length - 16;
      return 0 if $type == $DONE;
      return -unpack 'l', $body if $type == $ERROR;
      $each->($body);
      $bytes = substr $bytes, ($length + 3) & ~3;
    }
  }
  die "netlink: $!\n";
}

sub attributes {
  my ($bytes) = @_;
  my %found;
  while (length $bytes >= 4) {
    my ($length, $type) = unpack 'S S', $bytes;
    last if $length < 4;
    $found{ $type & 0x3fff } = substr $bytes, 4, $length - 4;
    my $next = ($length + 3) & ~3;
    $bytes = length $bytes > $next ? substr $bytes, $next : '';
  }
  return \%found;
}

# Source, destination, protocol and destination port of a tuple: CTA_TUPLE_IP and CTA_TUPLE_PROTO.
sub tuple {
  my $parts = attributes($_[0]);
  my ($ip, $proto) = (attributes($parts->{1} // ''), attributes($parts->{2} // ''));
  return ($ip->{1} // '', $ip->{2} // '', unpack('C', $proto->{1} // "\0"), unpack('n', $proto->{3} // "\0\0"));
}

my (%addresses, @ports);
for (@ARGV) {
  if (/^(\d+):([\d.]+):(\d+)-(\d+)$/) { push @ports, [$1, inet_aton($2), $3, $4] }
  else { $addresses{ inet_aton($_) // die "no address: $_\n" } = 1 }
}

sub is_meant {
  my ($entry) = @_;
  my @original = tuple($entry->{$ORIGINAL});
  my @reply = tuple($entry->{$REPLY});
  return 1 if grep { $addresses{$_} } @original[ 0, 1 ], @reply[ 0, 1 ];
  my ($to, $protocol, $port) = @original[ 1, 2, 3 ];
  return grep { $_->[0] == $protocol && $_->[1] eq $to && $_->[2] <= $port && $port <= $_->[3] } @ports;
}

my @tuples;
if (@ARGV) {
  ask($GET, $DUMP, $INET, '');
  my $error = answers(sub {
    my $entry = attributes(substr $_[0], 4);
    push @tuples, $entry->{$ORIGINAL} if $entry->{$ORIGINAL} && $entry->{$REPLY} && is_meant($entry);
  });
  if ($error) { $! = $error; die "conntrack: $!\n" }
}
for my $tuple (@ARGV ? @tuples : '') {
  my $attribute = $tuple eq '' ? '' : pack('S S', 4 + length $tuple, $ORIGINAL | $NESTED) . $tuple;
  ask($DELETE, $ACK, $tuple eq '' ? 0 : $INET, $attribute);
  my $error = answers(sub { });
  # One that has ended meanwhile (ENOENT) is forgotten already.
  if ($error && $error != 2) { $! = $error; die "conntrack: $!\n" }
}
