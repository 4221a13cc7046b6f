"""Clients that do more than ask and be answered: publishing and subscribing, queues whose consumers
wait, client-side caches; by what arrives at real servers and what the result says."""

import os
import re
import tempfile
import time

import cluster
import harness

SERVERS = ["redis-7.0.15", "redis-8.0.2", "valkey-8.0.1", "valkey-9.1.2"]
BUILT_IN = ["pubsub", "sharded-pubsub", "work-queue", "stream-queue", "client-cache"]
ALL = ["--warmup", "0s", "--requests", "2000", "--clients", "8"]
FANOUT = """
name: own
data: {keys: 1}
channels: {count: 10}
subscribers: {connections: 20, channels: 2%s}
operations:
  - %s {channel} "{stamp}{value}"
"""
QUEUE = """
name: own
data: {type: list, keys: 1, elements: 1}
groups: {makers: 20%, takers: {}}
operations:
  - {group: makers, command: 'LPUSH {key} "{stamp}{value}"'}
  - {group: takers, delivers: true, command: 'BRPOP {key} 0.3'}
"""
CACHE = """
name: own
data: {keys: 1}
tracking: %s
operations:
  - GET {key}
"""


class Roles(harness.Case):
    def file(self, text):
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "own.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def cluster(self, replicas=0):
        nodes = cluster.Cluster(replicas=replicas)
        self.attached.append(nodes)
        return nodes

    def assert_all_delivered(self, run):
        delivery = run["delivery_latency"]
        self.assertEqual((delivery["lost"], delivery["expected"]), (0, delivery["delivered"]))
        self.assertEqual(delivery["count"], delivery["delivered"])
        self.assertEqual(delivery["kind"], "delivery")
        self.assertGreater(delivery["min"], 0)

    def test_built_in_ones(self):
        for server in map(self.serve, SERVERS):
            for name in BUILT_IN:
                with self.subTest(workload=name, server=server.version):
                    run = self.run_of(server.url, "--workload", name, *ALL)
                    self.assertEqual(run["errors"], {})
                    self.assertGreaterEqual(run["operations"] + run["empty"] +
                                            run["client_cache"]["local_hits"], 2000)
                    if name == "client-cache":
                        self.assertGreater(run["client_cache"]["local_hits"], 0)
                    else:
                        self.assert_all_delivered(run)
            with server.connect() as client:
                self.assertEqual(client("DBSIZE"), 0)

    def test_a_cluster(self):
        nodes = self.cluster()
        for name in BUILT_IN:
            with self.subTest(workload=name):
                run = self.run_of(nodes.url, "--workload", name, *ALL)
                self.assertEqual(run["errors"], {})
                if name != "client-cache":
                    self.assert_all_delivered(run)
        self.assertEqual(nodes.keys(), 0)

    # ---- publishing and subscribing ----

    def test_every_message_reaches_every_subscriber(self):
        for name in (harness.REDIS, harness.VALKEY):
            server = self.serve(name)
            for extra, verb, options in (("", "PUBLISH", []), (", patterns: true", "PUBLISH", []),
                                         (", sharded: true", "SPUBLISH", []),
                                         ("", "PUBLISH", ["--resp", "2"]),
                                         ("", "PUBLISH", ["--threads", "2"])):
                with self.subTest(server=name, extra=extra, options=options):
                    path = self.file(FANOUT % (extra, verb))
                    run = self.run_of(server.url, "--workload", path, *ALL, *options)
                    self.assert_all_delivered(run)
                    # 20 subscribers of 2 channels each, 10 channels: 4 each.
                    self.assertEqual(run["operations"], 2000)
                    self.assertEqual(run["delivery_latency"]["delivered"], 4 * 2000)
                    self.assertEqual([c["name"] for c in run["commands"]], [verb])

    def test_who_subscribes_to_what(self):
        server = self.serve()
        program = self.begin("run", server.url, "--workload", self.file(FANOUT % ("", "PUBLISH")),
                             "--duration", "20s", "--rate", "100")
        with server.connect() as client:
            harness.wait_until(lambda: len(client("PUBSUB", "CHANNELS", "*")) == 10, "ten channels")
            channels = client("PUBSUB", "CHANNELS", "*")
            self.assertTrue(all(re.fullmatch(r"tenbin:[0-9a-f]{6}:ch:\d", c) for c in channels))
            subscribers = client("PUBSUB", "NUMSUB", *channels)[1::2]
            self.assertEqual(subscribers, [4] * 10)
        program.interrupt()
        self.finish(program)
        with server.connect() as client:
            self.assertEqual(client("PUBSUB", "CHANNELS", "*"), [])

    def test_delivery_takes_as_long_as_the_way(self):
        server = self.serve()
        way = self.slow_way(server, 0.02)
        text = (FANOUT % ("", "PUBLISH")).replace("count: 10", "count: 2").replace(
            "connections: 20", "connections: 2")
        run = self.run_of(way.url, "--workload", self.file(text), "--duration", "1s", "--warmup",
                          "0s", "--clients", "2", "--rate", "30")
        self.assert_all_delivered(run)
        self.assertGreaterEqual(run["delivery_latency"]["min"], 20e6)

    def test_lost_subscribers_come_back(self):
        server = self.serve()
        path = os.path.join(self.folder, "result.json")
        program = self.begin("run", server.url, "--workload", self.file(FANOUT % ("", "PUBLISH")),
                             "--duration", "3s", "--warmup", "0s", "--rate", "500", "--json", path)
        with server.connect() as client:
            harness.wait_until(lambda: client.calls("publish") > 1300, "messages flow")
            killed = client("CLIENT", "KILL", "TYPE", "pubsub")
            harness.wait_until(lambda: sum(client("PUBSUB", "NUMSUB", *client(
                "PUBSUB", "CHANNELS", "*"))[1::2]) == 40, "all are there again")
        self.finish(program)
        run = self.read_result(path)["cells"][0]["runs"][0]
        self.assertEqual((killed, run["lost_connections"]), (20, 20))
        self.assertGreaterEqual(run["gap_seconds"], 20 * 0.01)
        self.assertGreater(run["delivery_latency"]["delivered"], 500 * 4 * 2)

    def begin_sharded(self, nodes, path):
        """A run with sharded channels; the primary with most subscribers, once messages flow."""
        program = self.begin("run", nodes.url, "--workload",
                             self.file(FANOUT % (", sharded: true", "SPUBLISH")), "--duration",
                             "8s", "--warmup", "0s", "--rate", "300", "--json", path)

        def messages():
            total = 0
            for node in nodes.primaries():
                with node.connect() as client:
                    total += client.calls("spublish")
            return total

        harness.wait_until(lambda: messages() > 1300, "messages flow")
        return program, max(nodes.primaries(), key=self.listeners)

    @staticmethod
    def listeners(node):
        with node.connect() as client:
            channels = client("PUBSUB", "SHARDCHANNELS", "*")
            return sum(client("PUBSUB", "SHARDNUMSUB", *channels)[1::2]) if channels else 0

    def test_sharded_channels_follow_a_failover(self):
        nodes = self.cluster(replicas=1)
        path = os.path.join(self.folder, "result.json")
        program, old = self.begin_sharded(nodes, path)
        nodes.failover(old)
        # A replica serves sharded channels, too: some may stay where they are.
        time.sleep(1)
        harness.wait_until(lambda: sum(map(self.listeners, nodes.nodes)) == 40, "all listen again")
        self.finish(program)
        delivery = self.read_result(path)["cells"][0]["runs"][0]["delivery_latency"]
        self.assertGreater(delivery["delivered"], 0.9 * 4 * 300 * 8)
        self.assertLess(delivery["lost"], 0.05 * delivery["expected"])

    def test_sharded_channels_survive_a_crash(self):
        nodes = self.cluster(replicas=1)
        path = os.path.join(self.folder, "result.json")
        program, old = self.begin_sharded(nodes, path)
        before = self.listeners(old)
        new = nodes.replica_of(old)
        old.process.kill()
        old.process.wait()
        harness.wait_until(lambda: self.listeners(new) == before, "they listen to the new primary")
        self.finish(program)
        run = self.read_result(path)["cells"][0]["runs"][0]
        self.assertGreater(run["delivery_latency"]["delivered"], 0.5 * 4 * 300 * 8)
        # Until the others agree that it is gone, its subscribers are without a connection.
        self.assertGreater(run["gap_seconds"], 5)
        self.assertGreater(run["longest_gap_seconds"], 0.9)

    def test_both_engines_compared(self):
        result = self.measure("compare", harness.LOCAL_REDIS, harness.LOCAL_VALKEY, "--workload",
                              "pubsub", "--pairs", "1", "--duration", "500ms", "--warmup", "0s")
        runs = result["cells"][0]["runs"]
        self.assertEqual({run["arm"] for run in runs}, {"redis", "valkey"})
        for run in runs:
            self.assert_all_delivered(run)
        metrics = {c["metric"] for c in result["cells"][0]["comparisons"]}
        self.assertLessEqual({"ops", "p99", "delivery-p50", "delivery-p99"}, metrics)
        self.assert_schema(result)

    # ---- queues ----

    def test_makers_and_takers(self):
        server = self.serve()
        with harness.Monitor(server) as monitor:
            run = self.run_of(server.url, "--workload", self.file(QUEUE), "--clients", "10",
                              "--warmup", "0s", "--duration", "1s", "--rate", "300", "--arrival",
                              "constant")
        self.assert_all_delivered(run)
        self.assertEqual((run["errors"], run["misses"], run["lost_connections"]), ({}, 0, 0))
        makers = {seen.client for seen in monitor.of("LPUSH")}
        takers = {seen.client for seen in monitor.of("BRPOP")}
        self.assertEqual((len(makers), len(takers), makers & takers), (2, 8, set()))
        schedule = run["schedule"]
        self.assertEqual(schedule["intended"], 300)
        self.assertEqual(schedule["completed"], 300)
        self.assertEqual(run["operations"], 300 + schedule["beside"])
        counts = {c["name"]: c["operations"] for c in run["commands"]}
        self.assertEqual(counts, {"LPUSH": 300, "BRPOP": schedule["beside"]})
        # Waiting is no latency of the load.
        self.assertEqual(run["latency"]["count"], 300)

    def test_waiting_longer_than_an_operation_may_take(self):
        server = self.serve()
        run = self.run_of(server.url, "--workload", self.file(QUEUE), "--timeout", "50ms",
                          "--warmup", "0s", "--duration", "1500ms", "--rate", "2", "--clients", "5",
                          "--arrival", "constant")
        self.assertEqual((run["errors"], run["lost_connections"]), ({}, 0))
        self.assertGreaterEqual(run["empty"], 4)
        self.assertEqual(run["misses"], 0)

    def test_interrupted_while_consumers_wait(self):
        server = self.serve()
        program = self.begin("run", server.url, "--workload", self.file(QUEUE), "--duration", "60s",
                             "--rate", "1", "--warmup", "0s")
        with server.connect() as client:
            harness.wait_until(lambda: client.info("clients")["blocked_clients"] == "40",
                               "all takers wait")
        began = time.monotonic()
        program.interrupt()
        self.finish(program)
        self.assertEqual(program.code, 130, program.err)
        self.assertLess(time.monotonic() - began, 2)
        with server.connect() as client:
            self.assertEqual(client("DBSIZE"), 0)

    # ---- client-side caches ----

    def test_a_key_that_changes_is_asked_for_again(self):
        """Between two writes of somebody else every client asks exactly once."""
        for kind in ("true", "{bcast: true}", "{noloop: true}"):
            for name in (harness.REDIS, harness.VALKEY):
                with self.subTest(server=name, tracking=kind):
                    self.check_asked_again(self.serve(name), kind)

    def check_asked_again(self, server, kind):
        path = os.path.join(self.folder, "result.json")
        with harness.Monitor(server) as monitor:
            program = self.begin("run", server.url, "--workload", self.file(CACHE % kind),
                                 "--clients", "4", "--warmup", "0s", "--duration", "60s", "--json",
                                 path)
            with server.connect() as writer:
                harness.wait_until(lambda: writer("DBSIZE") == 1, "the key is there")
                key = writer("KEYS", "*")[0]
                time.sleep(0.5)
                for version in range(10):
                    asked = writer.calls("get")
                    writer("SET", key, f"version{version}")
                    harness.wait_until(lambda: writer.calls("get") >= asked + 4,
                                       "all clients ask again")
                    time.sleep(0.05)
            program.interrupt()
            self.finish(program)
        run = self.read_result(path)["cells"][0]["runs"][0]
        self.assertEqual(run["errors"], {})
        asked_for = {seen.words[2:] for seen in monitor.of("CLIENT") if seen.words[1] == "TRACKING"}
        self.assertEqual(asked_for, {("ON", "BCAST", "PREFIX", key[:-1]) if "bcast" in kind else
                                     ("ON", "NOLOOP") if "noloop" in kind else ("ON",)})
        rounds = []
        for seen in monitor.of("GET", "SET"):
            if seen.words[0] == "SET" and seen.words[2].startswith("version"):
                rounds.append([])
            elif rounds and seen.words[0] == "GET":
                rounds[-1].append(seen.client)
        self.assertEqual(len(rounds), 10)
        for asked in rounds:
            self.assertEqual((len(asked), len(set(asked))), (4, 4), rounds)
        cache = run["client_cache"]
        self.assertGreaterEqual(cache["invalidations"], 4 * 9)
        self.assertGreater(cache["local_hits"], 1000 * run["operations"])

    def test_all_keys_are_forgotten_together(self):
        server = self.serve()
        path = os.path.join(self.folder, "result.json")
        program = self.begin("run", server.url, "--workload", self.file(CACHE % "true"),
                             "--clients", "2", "--warmup", "0s", "--duration", "60s", "--json", path)
        with server.connect() as other:
            harness.wait_until(lambda: other("DBSIZE") == 1, "the key is there")
            time.sleep(0.5)
            key = other("KEYS", "*")[0]
            asked = other.calls("get")
            other("FLUSHALL")
            harness.wait_until(lambda: other.calls("get") >= asked + 2, "both clients ask again")
            other("SET", key, "x")
        program.interrupt()
        self.finish(program)
        run = self.read_result(path)["cells"][0]["runs"][0]
        self.assertGreaterEqual(run["client_cache"]["flushes"], 2)

    def test_reads_that_are_saved(self):
        server = self.serve()
        before = server.connect()
        asked = before.calls("get")
        run = self.run_of(server.url, "--workload", "client-cache", "--clients", "4", "--warmup",
                          "0s", "--requests", "20000")
        counts = {c["name"]: c["operations"] for c in run["commands"]}
        self.assertEqual(counts["GET"] + counts["SET"] + run["client_cache"]["local_hits"], 20000)
        # With those of the sample that is read after loading.
        self.assertLessEqual(before.calls("get") - asked, counts["GET"] + 1000)
        self.assertGreater(run["client_cache"]["local_hits"], 2000)
        before.close()

    # ---- what is refused ----

    def test_what_is_refused(self):
        target = self.serve().url
        cache = self.file(CACHE % "true")
        exact = self.file(QUEUE.replace("20%", "3").replace("{}", "4"))
        for options, code, sentence in (
                (["--workload", cache, "--resp", "2"], 2, "needs RESP3"),
                (["--workload", cache, "--rate", "10"], 2, "needs a closed loop"),
                (["--workload", exact], 2, "write --clients 7"),
                (["--workload", "work-queue", "--clients", "1"], 2, "too few for group"),
                (["--workload", "work-queue", "--rate", "9", "--clients", "2", "--threads", "2"], 2,
                 "too many for group"),
                (["--command", "BRPOP {key} 0"], 2, "write how long it may wait"),
                (["--command", "PUBLISH {channel} x"], 2, 'says nothing of "channels"'),
                (["--command", "PUBLISH news x"], 2, "write PUBLISH {channel}")):
            with self.subTest(options=options):
                done = self.tenbin("run", target, "--duration", "100ms", *options)
                self.assertEqual(done.code, code, done.err)
                self.assertIn(sentence, done.err)
        done = self.tenbin("compare", target, "--aa", "--workload", "pubsub", "--pairs", "1")
        self.assertEqual(done.code, 2, done.err)
        self.assertIn("publish and subscribe needs two servers", done.err)


if __name__ == "__main__":
    harness.main()
