"""`tenbin run` against real clusters, and against a primary with a sentinel: nodes that change while
the load goes on."""

import time

import cluster
import harness
from cluster import harness_keys

FAST = cluster.Case.FAST


class Clusters(cluster.Case):
    def test_operations_by_node(self):
        nodes = self.start()
        run = self.run_of(nodes.url, *FAST, "--duration", "1s")
        self.assertEqual({n["node"] for n in run["nodes"]},
                         {f"127.0.0.1:{node.port}" for node in nodes.primaries()})
        self.assertEqual(sum(n["operations"] for n in run["nodes"]), run["operations"])
        for node in run["nodes"]:
            self.assertAlmostEqual(node["operations"] / run["operations"], 1 / 3, delta=0.1)
        self.assertEqual((run["errors"], run["moved"], run["misses"]), ({}, 0, 0))
        monitored = [m["node"] for m in run["monitor"] if m["source"] == "server"]
        self.assertEqual(len(monitored), len(set(monitored)), "one sample of each node")
        self.assertLessEqual({n["node"] for n in run["nodes"]}, set(monitored))
        self.assert_nothing_kept(nodes)
        # A hash tag: one shard has all the work, and it shows.
        run = self.run_of(nodes.url, *FAST, "--duration", "500ms", "--key-prefix", "{tag}:")
        shares = sorted(n["operations"] / run["operations"] for n in run["nodes"])
        self.assertEqual(shares, [0, 0, 1])
        self.assert_nothing_kept(nodes)

    def test_reads_from_replicas(self):
        nodes = self.start()
        run = self.run_of(nodes.url + "?read-from=replica", *FAST, "--duration", "1s")
        reads = sum(n["operations"] for n in run["nodes"] if n["role"] == "replica")
        self.assertAlmostEqual(reads / run["operations"], 0.8, delta=0.05)
        self.assertEqual(run["errors"], {})
        run = self.run_of(nodes.url + "?read-from=nearest", *FAST, "--duration", "500ms")
        self.assertEqual(run["errors"], {})
        self.assert_nothing_kept(nodes)

    def test_without_cluster_mode(self):
        """Asked to take it for a single server: what belongs elsewhere is an error by name."""
        nodes = self.start(replicas=0)
        done = self.tenbin("run", nodes.url + "?cluster=no", *FAST, "--duration", "1s")
        self.assertEqual(done.code, 4)
        self.assertIn("MOVED", done.err)
        self.assert_nothing_kept(nodes)

    def test_failover_and_migration(self):
        for name in (harness.VALKEY, harness.REDIS):
            with self.subTest(name=name):
                result = self.change_nodes(name, "--rate", "5000")
                self.assert_adds_up(result["cells"][0]["runs"][0])

    def test_ask(self):
        """While a slot moves, some of its keys are here and some there."""
        nodes = self.start(replicas=0)
        source, target = nodes.primaries()[:2]

        def is_loaded():  # measured, not only filled and sampled
            with source.connect() as client:
                return client.calls("get") > 3000

        def is_asked():  # a handful of keys among 60,000: a slow machine needs its time
            with source.connect() as client:
                return "errorstat_ASK" in client.info("errorstats")

        def act():
            harness.wait_until(is_loaded, "the load goes on", patience=60)
            slot = int(cluster.my_line(source).split()[8].split("-")[0])
            found = next(s for s in range(slot, slot + 5000)
                         if len(source.cluster("GETKEYSINSLOT", s, 10)) >= 4)
            nodes.move_slot(found, source, target, until=is_asked)

        # Few slots hold many keys: a tag would put all into one.
        with self.meanwhile(1, act):
            run = self.run_of(nodes.url, "--warmup", "0s", "--keys", "60000", "--clients", "10",
                              "--duration", "8s")
        self.assertGreater(run["asked"], 0)
        self.assertEqual((run["errors"], run["misses"]), ({}, 0))
        self.assert_nothing_kept(nodes)

    def test_a_primary_is_killed(self):
        nodes = self.start()
        with self.meanwhile(1, lambda: nodes.primaries()[0].process.kill()):
            run = self.run_of(nodes.url, *FAST, "--rate", "2000", "--duration", "7s",
                              "--timeout", "6s")
        self.assertLessEqual(set(run["errors"]), {"connection-lost"})
        self.assertLessEqual(sum(run["errors"].values()), 10, "only those in flight")
        self.assertGreater(run["longest_gap_seconds"], 0.5)
        self.assertGreaterEqual(run["latency"]["max"], 500_000_000)
        self.assertEqual(run["schedule"]["outstanding"], 0)
        self.assert_adds_up(run)
        last = run["windows"][-2]
        self.assertGreater(last["operations"], 1500, "it came back")
        self.assert_nothing_kept(nodes)

    def test_a_failover_is_no_reason_to_doubt_a_run(self):
        """Also not in a closed loop, where nothing is asked meanwhile: the gap is told."""
        for name, coverage in ((harness.VALKEY, "no"), (harness.REDIS, "yes")):
            with self.subTest(name=name, coverage=coverage):
                nodes = self.start(name, settings=("--cluster-require-full-coverage", coverage))
                with self.meanwhile(1, lambda: nodes.primaries()[0].process.kill()):
                    run = self.run_of(nodes.url, *FAST, "--duration", "6s")
                self.assertGreater(run["longest_gap_seconds"], 0.5)
                severities = {w["code"]: w["severity"] for w in run["warnings"]}
                self.assertEqual(severities["lost-connections"], "conditional")
                # There are some unless no operation was under way at that moment.
                self.assertEqual("error-replies" in severities, bool(run["errors"]))
                self.assertEqual(severities.get("error-replies", "conditional"), "conditional")
                self.assertEqual(severities["topology-changed"], "conditional")
                self.assertLessEqual(set(run["errors"]), {"connection-lost", "CLUSTERDOWN"})
                self.assertGreater(run["windows"][-1]["operations"], 1000, "it came back")
                self.assert_nothing_kept(nodes)

    def test_a_node_joins(self):
        nodes = self.start(replicas=0)

        def act():
            new = nodes.add_primary()
            source = nodes.primaries()[0]
            first = int(cluster.my_line(source).split()[8].split("-")[0])
            for slot in range(first, first + 30):
                nodes.move_slot(slot, source, new)

        with self.meanwhile(1, act):
            run = self.run_of(nodes.url, *FAST, "--rate", "5000", "--duration", "6s")
        self.assertEqual((run["errors"], run["misses"]), ({}, 0))
        self.assertEqual(len([n for n in run["nodes"] if n["operations"] > 0]), 4)
        self.assert_nothing_kept(nodes)

    def test_a_slot_moves_to_an_empty_node(self):
        """The node serves nothing yet, but is where ASK sends those whose key has gone ahead."""
        nodes = self.start(replicas=0)
        tagged = ["--key-prefix", "{tag}:", "--timeout", "1s"]

        def act():
            new = nodes.add_primary()
            source = next(node for node in nodes.primaries() if harness_keys(node) > 0)
            nodes.move_slot(source.cluster("KEYSLOT", "{tag}:"), source, new, pause=0.015)

        with self.meanwhile(1, act):
            run = self.run_of(nodes.url, *FAST, *tagged, "--rate", "2000", "--duration", "7s")
        self.assertEqual((run["errors"], run["misses"]), ({}, 0))
        self.assertGreater(run["asked"], 1000)
        self.assertEqual(len([n for n in run["nodes"] if n["operations"] > 100]), 2)
        self.assert_adds_up(run)
        self.assert_nothing_kept(nodes)

    def test_two_clusters_are_compared(self):
        first = self.start(harness.REDIS, replicas=0)
        second = self.start(harness.VALKEY, replicas=0)
        result = self.measure("compare", first.url, second.url, *FAST, "--pairs", "2",
                              "--duration", "1s")
        for run in result["cells"][0]["runs"]:
            self.assertEqual(len(run["nodes"]), 3)
            self.assertEqual(run["errors"], {})
            self.assertGreater(run["server_cpu_seconds"], 0)
        self.assert_nothing_kept(first)
        self.assert_nothing_kept(second)

    def test_sentinel(self):
        watched = cluster.Sentinels()
        self.attached.append(watched)
        with self.meanwhile(1.5, watched.failover):
            run = self.run_of(watched.url, *FAST, "--rate", "2000", "--duration", "6s")
        self.assertEqual(len([n for n in run["nodes"] if n["operations"] > 0]), 2)
        self.assertGreaterEqual(run["topology_changes"], 1)
        self.assert_adds_up(run)
        done = self.tenbin("run", watched.url.replace("mymaster", "other"), "--duration", "1s")
        self.assertEqual(done.code, 5)
        self.assertIn('knows no primary named "other"', done.err)
        done = self.tenbin("run", watched.url.split("?")[0], "--duration", "1s")
        self.assertEqual(done.code, 5)
        self.assertIn("is a sentinel", done.err)


if __name__ == "__main__":
    harness.main()
