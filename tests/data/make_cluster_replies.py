"""Writes cluster_<server>.resp: what nodes of real clusters answer to CLUSTER SHARDS and SLOTS.

    python3 tests/data/make_cluster_replies.py redis-7.0 redis-8.0 valkey-8.0 valkey-9.1

Three primaries with a replica each; slot 5 is served by nobody, and the last replica has been
killed. All replies are those of the first node, SHARDS before SLOTS, each with a line feed after
it: in RESP2; in RESP3; with host names preferred, which all but the second node announce, in RESP2;
with unknown endpoints in RESP3; with ::1 as the first node's address in RESP2. Ports are made the
same for each server: 17001 for the first node and so on; 27001 on the bus.
"""

import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

# pylint: disable=wrong-import-position
import cluster
import harness


def raw_reply(client):
    """The bytes of the next reply."""
    line = client.file.readline()
    kind, rest = line[:1], line[1:-2]
    if kind in b"$=" and rest != b"-1":
        return line + client.file.read(int(rest) + 2)
    if kind in b"*%~" and rest != b"-1":
        count = int(rest) * (2 if kind == b"%" else 1)
        return line + b"".join(raw_reply(client) for _ in range(count))
    return line


def capture(node, protocol):
    with node.connect() as client:
        client.socket.sendall(harness.encode(["HELLO", protocol]))
        raw_reply(client)
        for question in ("SHARDS", "SLOTS"):
            client.socket.sendall(harness.encode(["CLUSTER", question]))
            yield raw_reply(client) + b"\n"


def set_all(nodes, name, value):
    for node in nodes:
        with node.connect() as client:
            client("CONFIG", "SET", name, value)


def capture_all(nodes):
    first = nodes[0]
    yield from capture(first, 2)
    yield from capture(first, 3)
    for i, node in enumerate(nodes[:5]):
        if i != 1:
            set_all([node], "cluster-announce-hostname", f"node-{i + 1}.example")
    set_all(nodes[:5], "cluster-preferred-endpoint-type", "hostname")
    harness.wait_until(lambda: all(b"node-%d.example" % n in b"".join(capture(first, 2))
                                   for n in (1, 3, 4, 5)), "the names are known", patience=30)
    yield from capture(first, 2)
    set_all(nodes[:5], "cluster-preferred-endpoint-type", "unknown-endpoint")
    yield from capture(first, 3)
    set_all(nodes[:5], "cluster-preferred-endpoint-type", "ip")
    set_all([first], "cluster-announce-ip", "::1")
    harness.wait_until(lambda: b"::1" in b"".join(capture(first, 2)), "the address is known")
    yield from capture(first, 2)


def write(name):
    started = cluster.Cluster(name)
    try:
        nodes = started.nodes
        for node in nodes:
            node.cluster("DELSLOTS" if node is nodes[0] else "INFO",
                         *([5] if node is nodes[0] else []))
        nodes[5].process.kill()
        harness.wait_until(lambda: b"fail" in b"".join(capture(nodes[0], 2)),
                           "the replica is missed", patience=30)
        replies = b"".join(capture_all(nodes))
        for i, node in enumerate(nodes):
            for offset in (0, 10000):
                replies = replies.replace(b":%d\r" % (node.port + offset),
                                          b":%d\r" % (17001 + i + offset))
        path = HERE / f"cluster_{name}.resp"
        path.write_bytes(replies)
        print(path, os.path.getsize(path))
    finally:
        started.end()


for argument in sys.argv[1:]:
    write(argument)
