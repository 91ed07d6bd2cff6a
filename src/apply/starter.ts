/** The small, commented topology that `labnet init` writes. */
export const starterTopology = (name: string): string => `# A home behind NAT, and a server on the internet.
#   labnet up FILE       brings it up          labnet verify    checks that it behaves as written
#   labnet exec pc -- ping -c1 server          labnet down      takes it down
# yaml-language-server: $schema=https://unpkg.com/labnet/topologies/topology.schema.json
name: ${name}

# Networks. Machines on one segment reach each other directly.
segments:
  home: 192.168.1.0/24
  internet: 203.0.113.0/24

# Hosts: the segment they are on and their address there; 'auto' takes the next free one.
hosts:
  pc: { home: 192.168.1.10 }
  laptop: { home: auto }
  server: { internet: 203.0.113.10 }
  # phone: { count: 3, home: auto }        # phone-1, phone-2, phone-3

# Routers forward between their segments; the only router on a segment is the gateway of its hosts.
routers:
  home-router:
    interfaces: { home: 192.168.1.1, internet: 203.0.113.1 }
    nat:
      # Hosts in home have the address 203.0.113.1 outside.
      - { masquerade: home, via: internet }
      # A port of 203.0.113.1 that leads to a host at home.
      - { forward: tcp/8080, via: internet, to: "pc:80" }
      # A host with a public address of its own:
      # - { static: laptop, public: 203.0.113.20, via: internet }

# labnet verify derives checks from all of this, and adds these.
checks:
  - { ping: pc -> server, seen-as: 203.0.113.1 }
  - { blocked: server -> 192.168.1.10 }
`;
