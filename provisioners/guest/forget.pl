# Forgets all connections that the kernel tracks here, as a router does that is switched off and on: what `conntrack -F`
# of a package does that few machines have. IPCTNL_MSG_CT_DELETE without a tuple, by netlink (linux/netfilter/nfnetlink_conntrack.h).
# Run as root: perl -e "$(cat forget.pl)". Core Perl alone.
use strict;
use warnings;

my ($NETLINK, $RAW, $NETFILTER) = (16, 3, 12);
my ($REQUEST_ACK, $DELETE) = (0x1 | 0x4, (1 << 8) | 2);
socket(my $kernel, $NETLINK, $RAW, $NETFILTER) or die "netlink: $!\n";
# struct nlmsghdr: length, type, flags, sequence, port; struct nfgenmsg: family (any), version, resource.
send($kernel, pack('L S S L L C C n', 20, $DELETE, $REQUEST_ACK, 1, 0, 0, 0, 0), 0, pack('S S L L', $NETLINK, 0, 0, 0))
  or die "netlink: $!\n";
alarm 5;
recv($kernel, my $answer, 8192, 0);
# struct nlmsgerr: the header, then the error as a negative errno.
my $error = -unpack('x16 l', $answer);
if ($error) { $! = $error; die "conntrack: $!\n" }
