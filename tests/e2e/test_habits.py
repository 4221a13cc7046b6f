"""Command lines of other tools: what of them arrives at a server."""

import collections
import os
import subprocess

import harness

QUIET = ["--warmup", "0s"]


class Habits(harness.Case):
    def watch(self, *options):
        with harness.Monitor(self.serve()) as monitor:
            run = self.run_of(self.attached[-1].url, *options, *QUIET)
        self.assertEqual(run["errors"], {})
        return run, monitor

    def refused(self, *options):
        done = subprocess.run([os.environ["TENBIN"], "run", "redis://127.0.0.1:1", *options],
                              capture_output=True, text=True, check=False,
                              timeout=harness.PATIENCE)
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr

    def test_memtier(self):
        run, monitor = self.watch(
            "--memtier", "memtier_benchmark -c 2 -t 2 -n 500 --key-maximum=49 --ratio=1:3 "
            "--key-prefix m: --data-size-list=20:1,40:1 --expiry-range=100-200")
        self.assertEqual(run["operations"], 2000)
        counts = {c["name"]: c["operations"] for c in run["commands"]}
        self.assertAlmostEqual(counts["SET"] / 2000, 0.25, delta=0.05)
        writes = monitor.of("SET")
        self.assertEqual({len(s.words[2]) for s in writes}, {20, 40})
        self.assertEqual(len({s.words[1] for s in monitor.of("GET")}), 50)
        self.assertTrue(all(s.words[1].startswith("m:") and s.words[3] == "PX" and
                            100000 <= int(s.words[4]) <= 200000 for s in writes))
        self.assertEqual(len({s.client for s in monitor.of("GET")}), 4)

    def test_a_rate_of_each_connection(self):
        run, _ = self.watch("--memtier", "-c 2 -t 2 --rate-limiting=50 --test-time 1 "
                            "--key-maximum=49 -R --pipeline=2")
        self.assertEqual(run["load"], "open")
        self.assertEqual(run["schedule"]["intended"], 200)

    def test_commands_of_memtier(self):
        _, monitor = self.watch(
            "--memtier", "-c 1 -t 1 -n 1000 --key-maximum=9 --command 'HSET __key__ name __data__' "
            "--command-ratio 3 --command 'HGET __key__ name'")
        self.assertEqual({s.words[2] for s in monitor.of("HGET")}, {"name"})
        share = len(monitor.of("HGET")) / (len(monitor.of("HGET")) + len(monitor.of("HSET")))
        self.assertAlmostEqual(share, 0.25, delta=0.06)

    def test_redis_benchmark(self):
        run, monitor = self.watch("--redis-benchmark",
                                  "redis-benchmark -t set,get,mset -r 30 -n 900 -c 3 -d 7 -q -k 1")
        self.assertEqual(run["operations"], 900)
        self.assertEqual([c["name"] for c in run["commands"]], ["set", "get", "mset"])
        self.assertEqual(len({s.words[1] for s in monitor.of("GET")}), 30)
        self.assertEqual({len(s.words) for s in monitor.of("MSET")}, {21})
        run, _ = self.watch("--redis-benchmark", "-r 100 -n 2000")
        self.assertEqual(len(run["commands"]), 19)
        self.assertEqual(run["misses"], 0)
        self.assertEqual({len(s.words[2]) for s in monitor.of("SET") if "string" in s.words[1]},
                         {7})

    def test_a_command_of_redis_benchmark(self):
        _, monitor = self.watch("--redis-benchmark",
                                "valkey-benchmark -r 20 -n 500 --threads 2 -c 4 "
                                "ZADD zset __rand_int__ 'member __rand_int__'")
        seen = monitor.of("ZADD")[1:]
        members = collections.Counter(s.words[3] for s in seen if s.words[3].startswith("member "))
        self.assertEqual(set(members), {f"member {i}" for i in range(20)})
        self.assertEqual(len({s.words[1] for s in seen}), 1)

    def test_what_is_said(self):
        result = self.measure("run", self.serve().url, "--memtier",
                              "--hide-histogram -x 3 -n 10 --key-maximum 9", *QUIET)
        texts = " ".join(f["text"] for f in result["contract"]["findings"]
                         if f["code"] == "taken-over")
        for part in ("--hide-histogram is ignored", "-x is ignored", "10 keys are loaded"):
            self.assertIn(part, texts)

    def test_what_is_refused(self):
        for options, sentence in (
                (["--memtier", "--wait-ratio 1:2 --frob"],
                 "--wait-ratio is refused: WAIT is a command, write it as one; --frob is not known"),
                (["--memtier", "-c 5", "--clients", "7"], "-c in it and option '--clients'"),
                (["--memtier", "--test-time 5", "--requests", "7"],
                 "--test-time in it and option '--requests'"),
                (["--redis-benchmark", "-t get", "--command", "GET {key}"],
                 "excludes option '--command'"),
                (["--redis-benchmark", "-t get", "--memtier", "-c 5"], "excludes option"),
                (["--redis-benchmark", "-t ping_inline"], "speaks RESP only")):
            with self.subTest(options=options):
                self.assertIn(sentence, self.refused(*options))


if __name__ == "__main__":
    harness.main()
