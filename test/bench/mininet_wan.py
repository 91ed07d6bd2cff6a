"""The reference shape wan-N (wan.ts has it as a topology) by Mininet's own API, as its user would write it.

    python3 mininet_wan.py HOSTS [--ping] [--traffic SCRIPT FOLDER]        as root, in namespaces of its own

Prints seconds of start and stop, without those of the imports, as JSON. Routes and rules of a router come from a file
each, `ip -batch` and iptables-restore: a command a line would take Mininet several times as long.
"""

import json
import os
import resource
import subprocess
import sys
from tempfile import NamedTemporaryFile
from time import monotonic

started = monotonic()
import mininet.net  # noqa: E402
from mininet.log import setLogLevel  # noqa: E402
from mininet.net import Mininet  # noqa: E402
from mininet.nodelib import LinuxBridge  # noqa: E402

import_time = monotonic() - started

SITE = 10
PING_TIMEOUT = 3

# Mininet raises limits of the whole machine (fs.file-max, the neighbour table's): not for a benchmark.
mininet.net.fixLimits = lambda: None


def inside(site, number):
    return f"10.{site >> 8}.{site & 255}.{number}"


def core(site):
    return f"198.18.{(site + 1) >> 8}.{(site + 1) & 255}"


def public(site, number):
    """Of the block of 16 addresses that leads to a site, 0 is its first."""
    last = 16 * site + number
    return f"198.19.{last >> 8}.{last & 255}"


def host_address(host):
    return inside(host // SITE, host % SITE + 2)


def public_address(host):
    return public(host // SITE, host % SITE + 1)


def add_site(net, backbone, site):
    """A switch, a router on it and on the core, and ten hosts."""
    switch = net.addSwitch(f"s{site + 1}")
    router = net.addHost(f"r{site}", ip=f"{inside(site, 1)}/24")
    net.addLink(router, switch)
    net.addLink(router, backbone, params1={"ip": f"{core(site)}/16"})
    for host in range(site * SITE, site * SITE + SITE):
        route = f"via {inside(site, 1)}"
        node = net.addHost(f"h{host}", ip=f"{host_address(host)}/24", defaultRoute=route)
        net.addLink(node, switch)


def routes(site, sites):
    others = (other for other in range(sites) if other != site)
    return "".join(f"route add {public(other, 0)}/28 via {core(other)}\n" for other in others)


def rules(site):
    lines = ["*nat"]
    for host in range(site * SITE, site * SITE + SITE):
        lines += [
            f"-A PREROUTING -d {public_address(host)} -j DNAT --to-destination {host_address(host)}",
            f"-A POSTROUTING -s {host_address(host)} -j SNAT --to-source {public_address(host)}",
        ]
    return "\n".join([*lines, "COMMIT", ""])


def run_with(node, command, text):
    with NamedTemporaryFile("w") as file:
        file.write(text)
        file.flush()
        said = node.cmd(f"{command} {file.name}")
    if said.strip():
        sys.exit(f"{node.name}: {command}: {said}")


def configure(router, site, sites):
    router.cmd("sysctl -qw net.ipv4.ip_forward=1")
    if sites > 1:
        run_with(router, "ip -batch", routes(site, sites))
    run_with(router, "iptables-restore", rules(site))


def start(hosts):
    net = Mininet(switch=LinuxBridge, controller=None, build=False)
    backbone = net.addSwitch("s0")
    sites = hosts // SITE
    for site in range(sites):
        add_site(net, backbone, site)
    net.build()
    net.start()
    for site in range(sites):
        configure(net[f"r{site}"], site, sites)
    return net


def ping(net, hosts):
    """Every host at once asks the host half of all further on, by its public address; how many got an answer."""
    for host in range(hosts):
        net[f"h{host}"].sendCmd(f"ping -c1 -W{PING_TIMEOUT} {public_address((host + hosts // 2) % hosts)}")
    return sum(", 1 received" in net[f"h{host}"].waitOutput() for host in range(hosts))


def traffic(net, script, folder):
    """From a host of the first site to one of the second, by traffic.sh."""
    client, server = (f"mnexec -a {net[name].pid}" for name in ("h0", f"h{SITE}"))
    way = {"CLIENT": client, "SERVER": server, "TARGET": public_address(SITE)}
    subprocess.run(["sh", script, folder], env={**os.environ, **way}, check=True)


def main():
    hosts = int(sys.argv[1])
    setLogLevel("error")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    result = {"imports": import_time}
    begun = monotonic()
    net = start(hosts)
    result["start"] = monotonic() - begun
    if "--ping" in sys.argv:
        begun = monotonic()
        result["answered"] = ping(net, hosts)
        result["ping"] = monotonic() - begun
    if "--traffic" in sys.argv:
        at = sys.argv.index("--traffic")
        traffic(net, sys.argv[at + 1], sys.argv[at + 2])
    begun = monotonic()
    net.stop()
    result["stop"] = monotonic() - begun
    print(json.dumps(result))


main()
