"""Real clusters, primaries with sentinels, and a case for tests with them."""

import contextlib
import os
import subprocess
import tempfile
import threading
import time

import harness
from harness import Client, ReplyError, Server, wait_until

SLOTS = 16384


class Node(Server):
    """A server of a cluster, with a port of its own."""

    used = set()

    @classmethod
    def some_ports(cls):
        """More than one server needs, and none that another node of ours has."""
        first = 11000 + os.getpid() * 37 % 5000
        for port in range(first, harness.LAST_PORT, 3):
            if port not in cls.used:
                cls.used.add(port)
                yield port

    def end(self):
        super().end()
        self.used.discard(self.port)

    def cluster(self, *words):
        with self.connect() as client:
            return client("CLUSTER", *words)

    @property
    def id(self):
        return self.cluster("MYID")

    def resume(self):
        """The same process again, after a kill: with what its folder holds."""
        return self.launch()


class Cluster:
    """`primaries` nodes that share the slots, and a replica for each unless asked otherwise."""

    SETTINGS = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000",
                "--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0",
                "--cluster-replica-validity-factor", "0", "--appendonly", "no")

    def __init__(self, name=harness.VALKEY, primaries=3, replicas=1, settings=(), tls=False):
        self.tls = tls
        self.name = name
        self.settings = (*self.SETTINGS, *settings)
        self.nodes = []
        try:
            self.start(primaries, replicas)
        except BaseException:
            self.end()
            raise

    def start(self, primaries, replicas):
        for _ in range(primaries * (1 + replicas)):
            self.nodes.append(self.new_node())
        first = self.nodes[0]
        for node in self.nodes[1:]:
            node.cluster("MEET", "127.0.0.1", self.bus_port(first))
        for i in range(primaries):
            self.nodes[i].cluster("ADDSLOTSRANGE", SLOTS * i // primaries,
                                  SLOTS * (i + 1) // primaries - 1)
        wait_until(self.all_know_all, "every node knows every other")
        for i, node in enumerate(self.nodes[primaries:]):
            node.cluster("REPLICATE", self.nodes[i % primaries].id)
        wait_until(self.is_ready, "the cluster is ready", patience=30)
        # A replica that has never received anything is told as loading.
        for node in self.primaries() if replicas > 0 else []:
            with node.connect() as client:
                slot = int(my_line(node).split()[8].split("-")[0])
                key = next(k for k in map(str, range(10 ** 6))
                           if client("CLUSTER", "KEYSLOT", k) >= slot
                           and client("CLUSTER", "KEYSLOT", k) < slot + SLOTS // primaries - 1)
                client("SET", key, "x")
                client("DEL", key)
        wait_until(self.all_online, "the replicas are online", patience=30)

    def all_online(self):
        def healths(reply):
            if isinstance(reply, list):
                for i, part in enumerate(reply):
                    if part == "health":
                        yield reply[i + 1]
                    yield from healths(part)

        return all(set(healths(node.cluster("SHARDS"))) == {"online"} for node in self.nodes)

    def new_node(self):
        if not self.tls:
            return Node(self.name, self.settings)
        port = next(Node.some_ports())
        node = Node(self.name, (*self.settings, "--tls-port", str(port), "--tls-cluster", "yes",
                                "--tls-replication", "yes"))
        node.tls_port = port
        return node

    def bus_port(self, node):
        """Where the other nodes reach it."""
        return node.tls_port if self.tls else node.port

    def all_know_all(self):
        return all(len(node.cluster("NODES").splitlines()) >= len(self.nodes)
                   for node in self.nodes)

    def is_ready(self):
        for node in self.nodes:
            with node.connect() as client:
                info = client.info("replication")
                if "cluster_state:ok" not in client("CLUSTER", "INFO"):
                    return False
                if info["role"] == "slave" and info["master_link_status"] != "up":
                    return False
        replicas = sum(node_is_replica(node) for node in self.nodes)
        listed = self.nodes[0].cluster("NODES").count("slave")
        return listed == replicas

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.nodes[0].port}"

    @property
    def pids(self):
        return {node.process.pid for node in self.nodes}

    def primaries(self):
        return [node for node in self.nodes
                if node.process.poll() is None and not node_is_replica(node)]

    def replica_of(self, primary):
        wanted = primary.id
        for node in self.nodes:
            if node.process.poll() is None and wanted in my_line(node) and node_is_replica(node):
                return node
        raise AssertionError("the primary has no replica")

    def failover(self, primary):
        """The primary's replica takes over, in agreement."""
        replica = self.replica_of(primary)
        replica.cluster("FAILOVER")
        wait_until(lambda: not node_is_replica(replica), "the replica takes over")
        wait_until(lambda: node_is_replica(primary) and self.all_follow(replica),
                   "every node has heard of it")
        return replica

    def all_follow(self, primary):
        """Do all nodes that are there take it for a primary?"""
        for node in self.nodes:
            if node.process.poll() is None:
                lines = node.cluster("NODES").splitlines()
                roles = next(line for line in lines if line.startswith(primary.id)).split()[2]
                if "master" not in roles.split(","):
                    return False
        return True

    def move_slot(self, slot, source, target, pause=0.0, until=lambda: True):
        """A slot with its keys, as an administrator moves it: the load meets ASK and MOVED.

        The new owner is named no sooner than `until` gives something true."""
        target.cluster("SETSLOT", slot, "IMPORTING", source.id)
        source.cluster("SETSLOT", slot, "MIGRATING", target.id)
        with source.connect() as client:
            while keys := client("CLUSTER", "GETKEYSINSLOT", slot, 10):
                client("MIGRATE", "127.0.0.1", self.bus_port(target), "", 0, 5000, "KEYS",
                       *keys)
                time.sleep(pause)
        wait_until(until, "the load meets a slot on its way")
        for node in (target, source, *self.primaries()):
            with contextlib.suppress(ReplyError):
                node.cluster("SETSLOT", slot, "NODE", target.id)

    def add_primary(self):
        node = self.new_node()
        self.nodes.append(node)
        node.cluster("MEET", "127.0.0.1", self.bus_port(self.nodes[0]))
        wait_until(self.all_know_all, "every node knows the new one")
        wait_until(lambda: "cluster_state:ok" in node.cluster("INFO"), "the new node is ready")
        return node

    def keys(self):
        return sum(harness_keys(node) for node in self.primaries())

    def end(self):
        for node in self.nodes:
            node.end()


def harness_keys(node):
    with node.connect() as client:
        return client.keys()


def my_line(node):
    return next(line for line in node.cluster("NODES").splitlines() if "myself" in line)


def node_is_replica(node):
    with node.connect() as client:
        return client.info("replication")["role"] == "slave"


class Sentinels:
    """A primary, a replica, and one sentinel that alone decides."""

    def __init__(self, name=harness.VALKEY, master="mymaster"):
        self.servers = [Node(name), Node(name)]
        primary, replica = self.servers
        self.replicate(replica, primary)
        program = list(primary.command[:4])
        self.sentinel = None
        for port in Node.some_ports():
            self.sentinel = SentinelProcess(program, port, primary.port, master)
            if self.sentinel.process.poll() is None:
                break
        self.url = f"redis://127.0.0.1:{self.sentinel.port}?sentinel={master}"
        self.master = master
        wait_until(lambda: self.sentinel.knows_replica(master), "the sentinel knows the replica")

    @property
    def pids(self):
        return {self.sentinel.process.pid, *(server.process.pid for server in self.servers)}

    @staticmethod
    def replicate(replica, primary):
        with replica.connect() as client:
            client("REPLICAOF", "127.0.0.1", primary.port)
            wait_until(lambda: client.info("replication")["master_link_status"] == "up",
                       "the replica follows")

    def failover(self):
        with Client(("127.0.0.1", self.sentinel.port)) as client:
            client("SENTINEL", "FAILOVER", self.master)

    def end(self):
        self.sentinel.end()
        for server in self.servers:
            server.end()


class SentinelProcess(Server):
    """A sentinel; it rewrites its configuration file."""

    def __init__(self, program, port, primary_port, master):
        self.folder = tempfile.mkdtemp(prefix="e2e-sentinel-")
        self.port = port
        path = os.path.join(self.folder, "sentinel.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"port {port}\ndir {self.folder}\n"
                       f"sentinel monitor {master} 127.0.0.1 {primary_port} 1\n"
                       f"sentinel down-after-milliseconds {master} 1000\n"
                       f"sentinel failover-timeout {master} 3000\n")
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen([*program, path, "--sentinel"], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, start_new_session=True)
        wait_until(lambda: self.process.poll() is not None or self.answers(), "the sentinel")

    def answers(self):
        with contextlib.suppress(OSError, ReplyError), Client(("127.0.0.1", self.port)) as client:
            return client("PING") == "PONG"
        return False

    def knows_replica(self, master):
        with Client(("127.0.0.1", self.port)) as client:
            return len(client("SENTINEL", "REPLICAS", master)) > 0


class Case(harness.Case):
    """Tests with nodes that change while the load goes on."""

    FAST = ("--warmup", "0s", "--keys", "2000", "--clients", "10")

    def start(self, name=harness.VALKEY, **options):
        started = Cluster(name, **options)
        self.attached.append(started)
        return started

    @contextlib.contextmanager
    def meanwhile(self, delay, act, *arguments):
        """Does something to the nodes while the block runs; a failure there fails the test."""
        problems = []

        def later():
            time.sleep(delay)
            try:
                act(*arguments)
            except Exception as problem:  # pylint: disable=broad-except
                problems.append(problem)

        thread = threading.Thread(target=later)
        thread.start()
        try:
            yield
        finally:
            thread.join()
        self.assertEqual(problems, [])

    def assert_nothing_kept(self, nodes):
        self.assertEqual(nodes.keys(), 0, "keys of ours remain")

    def assert_adds_up(self, run):
        schedule = run["schedule"]
        self.assertEqual(schedule["intended"], run["operations"] + sum(run["errors"].values())
                         + schedule["outstanding"])

    def change_nodes(self, name, *options, url=None, **how):
        """A failover and a migration in the middle; the result."""
        nodes = self.start(name, **how)

        def act():
            nodes.failover(nodes.primaries()[0])
            source, target = nodes.primaries()[1:3]
            first = int(my_line(source).split()[8].split("-")[0])
            for slot in range(first, first + 20):
                nodes.move_slot(slot, source, target, pause=0.01)

        with self.meanwhile(1, act):
            result = self.measure("run", url(nodes) if url else nodes.url, *self.FAST, *options,
                                  "--duration", "5s")
        run, = result["cells"][0]["runs"]
        self.assertEqual(run["errors"], {})
        self.assertEqual(run["misses"], 0)
        self.assertGreater(run["moved"], 0)
        self.assertGreater(run["topology_changes"], 0)
        self.assertEqual(len([n for n in run["nodes"] if n["operations"] > 0]), 4)
        self.assert_nothing_kept(nodes)
        return result
