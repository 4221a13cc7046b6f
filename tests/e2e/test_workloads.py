"""Workloads by what arrives at real servers: mixes, data of every type, built-in and own files."""

import collections
import os
import re
import subprocess
import tempfile

import cluster
import harness

TINY = ["--warmup", "0s", "--clients", "1", "--requests", "1000", "--keys", "50"]
SIZES = {"list": "LLEN", "hash": "HLEN", "set": "SCARD", "zset": "ZCARD", "stream": "XLEN"}
SERVERS = ["redis-7.0", "redis-8.0", "valkey-8.0", "valkey-9.1"]  # the newer ones where they are
MIX = """
name: own
data:
  type: hash
  keys: 50
  elements: 10
  value-size: 20:1,40:3
operations:
  - command: HGET {key} {field}
    weight: 6
  - command: HSET {key} {field} {value}
    weight: 3
  - name: both
    steps:
      - MULTI
      - HSET {key} {field} {value}
      - HGET {key} {field}
      - EXEC
"""


def chi_squared(counts, shares):
    total = sum(counts)
    expected = [share * total / sum(shares) for share in shares]
    return sum((c - e) ** 2 / e for c, e in zip(counts, expected))


class Workloads(harness.Case):
    def program(self, *words):
        return subprocess.run([os.environ["TENBIN"], *words], capture_output=True, text=True, check=False,
                              timeout=harness.PATIENCE * 4)

    def built_in(self):
        """Those whose clients simply ask; test_roles.py has the others."""
        listed = self.program("workload", "list").stdout.splitlines()
        names = [line.split()[0] for line in listed]
        shown = {name: self.program("workload", "show", name).stdout for name in names}
        return [name for name in names
                if not re.search("^(groups|subscribers|tracking):", shown[name], re.MULTILINE)]

    def watch(self, server, *options):
        with harness.Monitor(server) as monitor:
            run = self.run_of(server.url, *options, *TINY)
        return run, monitor

    def file(self, text):
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "own.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_built_in_ones_run_without_an_error(self):
        names = self.built_in()
        self.assertGreater(len(names), 10)
        for server in map(self.serve, filter(harness.find_installed, SERVERS)):
            for name in names:
                with self.subTest(workload=name, server=server.version):
                    run = self.run_of(server.url, "--workload", name, *TINY, "--elements", "20")
                    self.assertEqual((run["errors"], run["operations"]), ({}, 1000))
            with server.connect() as client:
                self.assertEqual(client("DBSIZE"), 0)

    def test_a_cluster_and_hash_tags(self):
        nodes = cluster.Cluster(replicas=0)
        self.attached.append(nodes)
        for name in self.built_in():
            with self.subTest(workload=name):
                run = self.run_of(nodes.url, "--workload", name, *TINY, "--elements", "10")
                self.assertEqual((run["errors"], run["operations"]), ({}, 1000))
        run = self.run_of(nodes.url, "--command", "MGET [{key}]*3", "--command", "MSET [{key} x]*2",
                          "--hash-tags", "16", *TINY)
        self.assertEqual((run["errors"], run["misses"]), ({}, 0))
        self.assertEqual(len([n for n in run["nodes"] if n["operations"] > 0]), 3)
        run = self.run_of(nodes.url, "--command", "MGET {hashtag}{key} {key}{hashtag}", *TINY)
        self.assertEqual((run["errors"], run["misses"]), ({}, 0))
        self.assertEqual(nodes.keys(), 0)

    def test_data_has_the_asked_size(self):
        server = self.serve()
        for kind, command in SIZES.items():
            with self.subTest(data=kind):
                _, monitor = self.watch(server, "--data", kind, "--elements", "70", "--command",
                                        f"{command} {{key}}", "--keep-data")
                with server.connect() as client:
                    keys = client("KEYS", "*")
                    self.assertEqual(len(keys), 50)
                    self.assertEqual({client(command, key) for key in keys}, {70})
                    client("FLUSHALL")
                self.assertEqual(len(monitor.of(command)), 2000)

    def test_structures_keep_their_size(self):
        server = self.serve()
        for kind in ("list", "hash", "set", "zset"):
            with self.subTest(workload=kind):
                self.run_of(server.url, "--workload", kind, "--keys", "20", "--elements", "100",
                            "--warmup", "0s", "--requests", "20000", "--keep-data")
                with server.connect() as client:
                    sizes = [client(SIZES[kind], key) for key in client("KEYS", "*")]
                    client("FLUSHALL")
                # A walk of about 4,000 steps over 20 keys: five standard deviations.
                self.assertAlmostEqual(sum(sizes) / len(sizes), 100, delta=16)

    def test_the_mix_and_sizes_of_a_file(self):
        run, monitor = self.watch(self.serve(), "--workload", self.file(MIX))
        self.assertEqual(run["errors"], {})
        counts = {c["name"]: c["operations"] for c in run["commands"]}
        self.assertEqual(set(counts), {"HGET", "HSET", "both"})
        # 99.9 % of such tables with two degrees of freedom lie below.
        self.assertLess(chi_squared([counts["HGET"], counts["HSET"], counts["both"]], [6, 3, 1]),
                        13.8)
        self.assertEqual(run["steps"], counts["HGET"] + counts["HSET"] + 4 * counts["both"])
        transactions = len(monitor.of("MULTI"))
        self.assertEqual(transactions, len(monitor.of("EXEC")))
        self.assertGreaterEqual(transactions, counts["both"])
        sizes = collections.Counter(len(v) for s in monitor.of("HSET") for v in s.words[3::2])
        self.assertEqual(set(sizes), {20, 40})
        self.assertAlmostEqual(sizes[40] / sum(sizes.values()), 0.75, delta=0.1)

    def test_errors_inside_of_a_transaction_count(self):
        path = self.file("data: {type: hash}\noperations:\n  - name: wrong\n    steps: [MULTI, "
                         "'HSET {key} {field} {value}', 'LPUSH {key} x', EXEC]\n")
        done = self.program("run", self.serve().url, *TINY, "--workload", path)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("sampled operations failed (WRONGTYPE", done.stderr)

    def test_hot_keys(self):
        _, monitor = self.watch(self.serve(), "--key-dist", "hotspot:0.2:0.8", "--ratio", "0:1")
        reads = collections.Counter(s.words[1] for s in monitor.of("GET"))
        hot = sum(count for _, count in reads.most_common(10))
        self.assertAlmostEqual(hot / sum(reads.values()), 0.8, delta=0.05)

    def test_time_to_live(self):
        server = self.serve()
        for kind in ("string", "hash"):
            command = "TTL {key}"
            self.watch(server, "--ttl", "100s-200s", "--data", kind, "--command", command,
                       "--keep-data")
            with server.connect() as client:
                left = [client("PTTL", key) for key in client("KEYS", "*")]
                client("FLUSHALL")
            self.assertEqual(len(left), 50)
            self.assertTrue(all(90000 < ttl <= 200000 for ttl in left), left)
            self.assertGreater(max(left) - min(left), 30000)

    def test_a_command_that_one_side_lacks(self):
        if harness.find_installed("redis-8.0") is None:
            self.skipTest("redis 8.0 is not here")
        result = self.measure("compare", "local:redis-server@8.0", "local:valkey-server@8.0",
                              "--data", "hash", "--command",
                                "HSETEX {key} EX 100 FIELDS 1 {field} {value}", "--command",
                                "HGET {key} {field}", "--pairs", "1", "--duration", "100ms",
                                "--slice", "50ms", "--warmup", "0s", "--keys", "50")
        cell = result["cells"][0]
        self.assertEqual(cell["skipped"], [{"operation": "HSETEX", "arm": "valkey"}])
        for run in cell["runs"]:
            self.assertEqual([c["name"] for c in run["commands"]], ["HGET"])

    def test_what_is_refused(self):
        target = self.serve().url
        wrong = self.file("operations:\n  - command: GET {key}\n    share: 3\n")
        for options, code, sentence in (
                (["--workload", "leaderbord"], 2, 'did you mean "leaderboard"'),
                (["--workload", wrong], 2, ':3: "share" is not known here'),
                (["--workload", "hash", "--command", "GET {key}"], 2, "exclude each other"),
                (["--command", "GET name"], 2, "names no {key}"),
                (["--command", "COPY {key} other"], 2, 'would touch the key "other"'),
                (["--command", "SET {key}:x {value}"], 2, "only keys of the dataset are touched"),
                (["--command", "GET {kye}"], 2, "{kye} is no placeholder"),
                (["--weight", "3"], 2, "belongs to the --command before it"),
                (["--command", "GET {key}", "--ratio", "1:1"], 2, "exclude each other"),
                (["--command", "GET {key} {key}"], 2, "has wrong arguments"),
                (["--command", "NOSUCH {key}"], 4, "knows no command"),
                (["--command", "LLEN {key}"], 4, "sampled operations failed")):
            with self.subTest(options=options):
                done = self.program("run", target, *TINY, *options)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(sentence, done.stderr)

    def test_looking_at_workloads(self):
        for name in self.built_in():
            with self.subTest(workload=name):
                shown = self.program("workload", "show", name).stdout
                self.assertIn("operations:", shown)
                checked = self.program("workload", "check", self.file(shown))
                self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        sample = self.program("workload", "sample", "string", "-n", "30", "--seed", "1").stdout
        self.assertEqual(len(sample.splitlines()), 30)
        again = self.program("workload", "sample", "string", "-n", "30", "--seed", "1").stdout
        self.assertEqual(sample, again)
        self.assertEqual(self.program("workload", "show", "nosuch").returncode, 2)


if __name__ == "__main__":
    harness.main()
