"""tenbin replay: what arrives of a capture, and what remains."""

import collections
import os
import subprocess

import cluster
import harness

LINES = [
    '0.00 [0 1.1.1.1:1000] "SET" "a" "one"',
    '0.10 [0 1.1.1.1:1001] "SET" "b" "two \\x00\\n\\"" "EX" "100"',
    '0.20 [0 1.1.1.1:1000] "GET" "a"',
    '0.21 [0 1.1.1.1:1001] "CONFIG" "GET" "port"',
    '0.22 [0 1.1.1.1:1001] "FLUSHALL"',
    '0.23 [0 1.1.1.1:1001] "SUBSCRIBE" "c"',
    '0.24 [0 1.1.1.1:1001] "BLPOP" "l" "0"',
    '0.25 [0 1.1.1.1:1001] "MULTI"',
    '0.26 [0 1.1.1.1:1001] "EVAL" "return redis.call(\'SET\',\'x\',1)" "0"',
    '0.27 [0 1.1.1.1:1001] "SCAN" "0"',
    '0.28 [0 1.1.1.1:1001] "NOSUCH" "a"',
    '0.30 [0 1.1.1.1:1002] "ZADD" "{t}z" "1" "m"',
    '0.40 [0 1.1.1.1:1002] "ZUNIONSTORE" "{t}d" "1" "{t}z"',
    '0.50 [3 1.1.1.1:1002] "SET" "a" "other"',
    '0.60 [0 lua] "INCR" "n"',
    '0.70 [0 1.1.1.1:1000] "APPEND" "a" "!"',
]
SENT = ["SET", "SET", "GET", "ZADD", "ZUNIONSTORE", "SET", "INCR", "APPEND"]


class Replay(harness.Case):
    def capture(self, lines):
        path = os.path.join(self.folder, "capture")
        with open(path, "w", encoding="utf-8") as file:
            file.write("OK\n" + "".join(f"{line}\n" for line in lines))
        return path

    def replay(self, *options, lines=None, server=None):
        """The result, and what arrived but for the questions of the control connections."""
        server = server or self.serve()
        path = self.capture(["17000000" + line if line[0].isdigit() else line
                             for line in lines or LINES])
        with harness.Monitor(server) as monitor:
            result = self.measure("replay", path, server.url, *options)
        names = set(SENT) | {"HSET", "HGET"}
        return result, [s for s in monitor.seen if s.words[0] in names]

    def run_in(self, result):
        return result["cells"][0]["runs"][0]

    def test_commands_arrive_as_they_were(self):
        result, seen = self.replay()
        run = self.run_in(result)
        self.assertEqual((run["errors"], run["operations"]), ({}, len(SENT)))
        self.assertEqual([s.words[0] for s in seen], SENT)
        a, b, n = (seen[i].words[1] for i in (0, 1, 6))
        self.assertEqual(len({a, b, n}), 3)
        self.assertTrue(all(key.startswith("tenbin:") for key in (a, b, n)))
        self.assertEqual(seen[1].words[2:], ('two \x00\n"', "EX", "100"))
        self.assertEqual((seen[2].words[1], seen[7].words[1:]), (a, (a, "!")))
        self.assertNotEqual(seen[5].words[1], a)  # of another database
        self.assertEqual(seen[4].words[2:], ("1", seen[3].words[1]))
        self.assertEqual(seen[3].words[1].split("}")[0], seen[4].words[1].split("}")[0])
        self.assertNotIn("{t}", seen[3].words[1])
        self.assertEqual(len({s.client for s in seen}), 4)
        self.assertEqual(seen[0].client, seen[7].client)
        with self.attached[-1].connect() as client:
            self.assertEqual(client.keys(), 0)

    def test_what_is_left_out_is_told(self):
        result, _ = self.replay(lines=LINES + ["nonsense"])
        notes = " ".join(f["text"] for f in result["contract"]["findings"])
        for name in ("config", "flushall", "subscribe", "blpop", "multi", "eval", "scan", "nosuch"):
            self.assertIn(f"{name} 1", notes)
        self.assertIn("8 of 16 commands of 4 clients are sent", notes)
        self.assertIn(f":{len(LINES) + 2}: it does not begin with a time", notes)

    def test_foreign_keys_stay(self):
        server = self.serve()
        with server.connect() as client:
            client("SET", "a", "mine")
            client("ZADD", "{t}z", 5, "mine")
            self.replay("--key-prefix", "p:", "--keep-keys", server=server)
            self.assertEqual((client("GET", "a"), client.keys()), ("mine", 2))

    def test_names_can_be_kept(self):
        _, seen = self.replay("--key-prefix", "p:", "--keep-keys")
        self.assertRegex(seen[0].words[1], "^p:[0-9a-f]+:a$")
        self.assertRegex(seen[5].words[1], "^p:[0-9a-f]+:db3:a$")

    def test_moments(self):
        run = self.run_in(self.replay()[0])
        self.assertEqual(run["load"], "open")
        self.assertEqual(run["schedule"]["intended"], len(SENT))
        self.assertAlmostEqual(run["measured_seconds"], 0.7, delta=0.1)
        run = self.run_in(self.replay("--speed", "2")[0])
        self.assertAlmostEqual(run["measured_seconds"], 0.35, delta=0.1)
        run = self.run_in(self.replay("--speed", "max")[0])
        self.assertEqual((run["load"], run["operations"]), ("closed", len(SENT)))
        self.assertLess(run["measured_seconds"], 0.2)

    def test_order_of_a_client_at_full_speed(self):
        lines = [f'0.{i:04} [0 1.1.1.1:{i % 7}] "HSET" "h{i % 7}" "f" "{i}"' for i in range(3000)]
        result, seen = self.replay("--speed", "max", lines=lines)
        self.assertEqual(self.run_in(result)["operations"], 3000)
        of_key = collections.defaultdict(list)
        for s in seen:
            of_key[s.words[1], s.client].append(int(s.words[3]))
        self.assertEqual(len(of_key), 7)
        for values in of_key.values():
            self.assertEqual(values, sorted(values))

    def test_what_a_monitor_of_ours_has_seen(self):
        """A load of our own, captured and sent again: the same words at the same keys."""
        server = self.serve()
        with harness.Monitor(server) as monitor:
            self.run_of(server.url, "--workload", "hash", "--keys", "20", "--requests", "2000",
                        "--clients", "3", "--warmup", "0s")
        again = self.serve()
        path = self.capture(monitor.lines)
        with harness.Monitor(again) as second:
            result = self.measure("replay", path, again.url, "--speed", "max")
        self.assertEqual(self.run_in(result)["errors"], {})
        names = ("HSET", "HGET", "HDEL", "HGETALL", "HMGET", "HLEN")

        def shapes(seen):
            return collections.Counter(s.words[:1] + s.words[2:] for s in seen)

        self.assertEqual(shapes(second.of(*names)), shapes(monitor.of(*names)))
        self.assertEqual(len({s.words[1] for s in second.of(*names)}), 20)

    def test_a_cluster(self):
        nodes = cluster.Cluster(replicas=0)
        self.attached.append(nodes)
        path = self.capture(["17000000" + line for line in LINES])
        result = self.measure("replay", path, nodes.url)
        run = self.run_in(result)
        self.assertEqual((run["errors"], run["operations"]), ({}, len(SENT)))
        self.assertEqual(nodes.keys(), 0)

    def test_two_targets(self):
        path = self.capture(["17000000" + line for line in LINES])
        result = self.measure("replay", path, harness.LOCAL_REDIS, harness.LOCAL_VALKEY, "--pairs",
                              "2", "--speed", "10")
        self.assertEqual(result["kind"], "compare")
        runs = result["cells"][0]["runs"]
        self.assertEqual([run["operations"] for run in runs], [len(SENT)] * 4)

    def test_each_run_begins_anew(self):
        one, two = self.serve(), self.serve(harness.REDIS)
        path = self.capture(['1.0 [0 x] "RPUSH" "list" "a"', '1.1 [0 x] "LLEN" "list"'] +
                            ['1.2 [0 x] "RPUSHX" "list" "b"'] * 3)
        with harness.Monitor(one) as monitor:
            self.measure("replay", path, f"A={one.url}", f"B={two.url}", "--pairs", "2", "--speed",
                         "max")
        names = [s.words[0] for s in monitor.of("RPUSH", "UNLINK")]
        self.assertEqual(names, ["UNLINK", "RPUSH", "UNLINK", "RPUSH", "UNLINK"])

    def test_what_is_refused(self):
        empty = self.capture(["nothing"])
        only = os.path.join(self.folder, "only")
        with open(only, "w", encoding="utf-8") as file:
            file.write('1.0 [0 x] "FLUSHALL"\n')
        url = self.serve().url
        for words, sentence in (([], "write a file"), ([empty], "write a file"),
                                (["/nonexistent", url], "/nonexistent"),
                                ([empty, url], "no command in it that can be sent again"),
                                ([only, url], "no command in it that can be sent again"),
                                ([empty, url, "--speed", "0"], "or max")):
            with self.subTest(words=words):
                done = subprocess.run([os.environ["TENBIN"], "replay", *words], capture_output=True,
                                      text=True, check=False, timeout=harness.PATIENCE)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(sentence, done.stderr)
        with self.attached[-1].connect() as client:
            self.assertEqual(client.calls("flushall"), 0)


if __name__ == "__main__":
    harness.main()
