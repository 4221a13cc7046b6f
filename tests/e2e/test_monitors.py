"""What servers, machine and load generator did meanwhile: the samples of a run, and what they cost
the server."""

import os
import sqlite3
import threading
import time

import harness
from harness import LOCAL_REDIS, LOCAL_VALKEY, REDIS, VALKEY

FAST = ["--warmup", "0s", "--keys", "1000"]
STALL = 0.4  # a busy machine may be late by so much

SERVER = {"cpu", "cpu_main", "used_memory", "connected_clients", "blocked_clients",
          "commands_per_second", "evicted_keys", "expired_keys", "forks", "saving", "rewriting",
          "replicas"}
HOST = {"busy", "steal", "memory_available", "context_switches_per_second", "runnable"}
CLIENT = {"busy", "loop_stalls", "longest_loop_stall_seconds"}


def of(run, source):
    return [m for m in run["monitor"] if m["source"] == source]


def questions(server, action):
    """How often the server was asked with INFO while `action` went on."""
    with server.connect() as client:
        before = client.calls("info")
        action()
        return client.calls("info") - before - 1  # the first one of ours


class Samples(harness.Case):
    def check_members(self, run, client=CLIENT):
        # Not every machine has control groups that tell.
        host = HOST if run["throttled"] is None else HOST | {"throttled"}
        for source, names in (("server", SERVER), ("host", host), ("client", client)):
            for sample in of(run, source):
                told = set(sample) - {"t", "seconds", "source", "node"}
                self.assertEqual(told, names, source)

    def test_one_of_each_source_a_second(self):
        for target in (LOCAL_VALKEY, LOCAL_REDIS):
            with self.subTest(target=target):
                run = self.run_of(target, *FAST, "--duration", "3s")
                self.check_members(run)
                for source in ("server", "host", "client"):
                    times = [m["t"] for m in of(run, source)]
                    self.assertEqual(len(times), 3, source)
                    for seen, end in zip(times, (1, 2, 3)):
                        self.assertAlmostEqual(seen, end, delta=STALL)
                self.assertEqual([m["t"] for m in of(run, "client")],
                                 [w["t"] for w in run["windows"]])
                self.assertEqual({m["node"] for m in of(run, "server")},
                                 {n["node"] for n in run["nodes"]})
                for sample in of(run, "server"):
                    self.assertEqual(sample["connected_clients"], 51)
                    self.assertGreater(sample["commands_per_second"], 0)
                used = sum(m["cpu"] * m["seconds"] for m in of(run, "server"))
                self.assertAlmostEqual(used, run["server_cpu_seconds"], delta=0.1 * used)
                commands = sum(m["commands_per_second"] * m["seconds"] for m in of(run, "server"))
                self.assertAlmostEqual(commands, run["steps"], delta=0.05 * commands)

    def test_open_loop(self):
        run = self.run_of(LOCAL_VALKEY, *FAST, "--duration", "2s", "--rate", "500")
        self.check_members(run, CLIENT | {"send_lag_p99"})
        self.assertEqual([m["t"] for m in of(run, "client")], [w["t"] for w in run["windows"]])

    def test_a_comparison_has_one_per_slice(self):
        cells = self.measure("compare", LOCAL_VALKEY, LOCAL_REDIS, *FAST, "--pairs", "2",
                             "--duration", "1s")["cells"]
        self.assertEqual({run["load"] for run in cells[0]["runs"]}, {"closed", "open"})
        for run in cells[0]["runs"]:
            self.check_members(run, CLIENT | ({"send_lag_p99"} if run["load"] == "open" else set()))
            ends = [w["t"] for w in run["windows"]]
            for source in ("server", "host", "client"):
                self.assertEqual([m["t"] for m in of(run, source)], ends, source)

    def test_what_the_server_is_asked(self):
        """A comparison asks before and after each slice; a run before, each second and after."""
        server = self.serve()
        asked = [questions(server, lambda: self.run_of(server.url, *FAST, "--duration", length))
                 for length in ("1s", "3s", "2300ms")]
        self.assertEqual([n - asked[0] for n in asked], [0, 2, 1])

        other = self.serve(REDIS)
        asked = [questions(server, lambda: self.measure(
            "compare", server.url, other.url, *FAST, "--pairs", "1", "--load", "closed",
            "--duration", length))
                 for length in ("250ms", "1s")]
        self.assertEqual(asked[1] - asked[0], 2 * 3, "three slices more")


class Events(harness.Case):
    def meanwhile(self, server, action):
        """Does that when the load has been there for a while."""
        def act():
            with server.connect() as client:
                harness.wait_until(lambda: client.calls("get") > 1000, "the load")
                time.sleep(2.2)
                action(client)

        thread = threading.Thread(target=act)
        thread.start()
        self.addCleanup(thread.join)

    def test_a_background_save(self):
        server = self.serve(VALKEY, "--rdb-key-save-delay", "300")  # us: it takes a while
        self.meanwhile(server, lambda client: client("BGSAVE"))
        run = self.run_of(server.url, "--warmup", "0s", "--keys", "5000", "--duration", "6s")
        samples = of(run, "server")
        self.assertEqual(sum(m["forks"] for m in samples), 1)
        self.assertEqual(run["server_events"]["forks"], 1)
        saving = [m["t"] for m in samples if m["saving"]]
        self.assertTrue(1 <= len(saving) <= 3, saving)
        self.assertGreater(saving[0], 2)
        self.assertEqual([m for m in samples if m["rewriting"]], [])

    def test_an_anomaly_names_the_save(self):
        """A server that saves and stands still in the same second."""
        server = self.serve(VALKEY, "--rdb-key-save-delay", "300")

        def save(client):
            client("BGSAVE")
            client("DEBUG", "SLEEP", "0.6")

        self.meanwhile(server, save)
        path = os.path.join(self.folder, "r.json")
        done = self.tenbin("run", server.url, "--warmup", "0s", "--keys", "5000", "--duration",
                           "12s", "--rate", "2000", "--json", path, "--seed", "1")
        result = self.read_result(path)
        spikes = [a for a in result["cells"][0]["anomalies"]
                  if a["metric"] == "p99" and a["kind"] == "spike"]
        self.assertGreater(len(spikes), 0, result["cells"][0]["anomalies"])
        highest = max(spikes, key=lambda spike: spike["size"])  # a busy machine may have smaller ones
        self.assertRegex(highest["cause"], "the server (saved in the background|forked)")
        self.assertIn(highest["cause"][:20], " ".join(done.out.split()))

    def test_evictions(self):
        server = self.serve(VALKEY, "--maxmemory", "8mb", "--maxmemory-policy", "allkeys-random")
        run = self.run_of(server.url, "--warmup", "0s", "--keys", "20000", "--data", "none",
                          "--value-size", "1k", "--ratio", "1:0", "--duration", "2s")
        samples = of(run, "server")
        self.assertGreater(sum(m["evicted_keys"] for m in samples), 100)
        self.assertEqual(sum(m["evicted_keys"] for m in samples),
                         run["server_events"]["evicted_keys"])

    def test_a_server_that_stands_still_is_not_waited_for(self):
        server = self.serve()
        options = [*FAST, "--rate", "2000", "--clients", "20"]
        usual = questions(server, lambda: self.run_of(server.url, *options, "--duration", "1s"))
        stopped = []
        polls = []
        runs = []

        def is_loaded(client):
            polls.append(1)
            return client.calls("get") > 5000

        def stop():
            with server.connect() as client:
                harness.wait_until(lambda: is_loaded(client), "the load")
            began = time.monotonic()
            with server.stopped(1.5):
                stopped.append(time.monotonic() - began)

        def measure():
            thread = threading.Thread(target=stop)
            thread.start()
            runs.append(self.run_of(server.url, *options, "--duration", "6s"))
            thread.join()

        asked = questions(server, measure) - len(polls)
        run = runs[0]
        self.assertAlmostEqual(stopped[0], 1.5, delta=STALL)
        self.assertEqual((run["errors"], run["lost_connections"]), ({}, 0))
        self.assertAlmostEqual(run["measured_seconds"], 6, delta=STALL)
        self.assertEqual(len(of(run, "client")), 6, "the load goes on")
        self.assertEqual(len(of(run, "host")), 6, "and so do the seconds of the monitor")
        silent = 6 - len(of(run, "server"))
        self.assertIn(silent, (1, 2))
        longest = max(m["seconds"] for m in of(run, "server"))
        self.assertAlmostEqual(longest, 1 + silent, delta=STALL)
        # A question that is not answered is not followed by another one.
        self.assertEqual(asked, usual + 5 - (silent - 1))
        self.assertFalse([w for w in run["warnings"] if w["code"] == "server-changed"])

    def test_samples_are_kept_while_it_measures(self):
        store = os.path.join(self.folder, "s.db")
        program = self.begin("run", LOCAL_VALKEY, *FAST, "--duration", "30s", "--store", store)

        def count():
            if not os.path.exists(store):
                return 0
            with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as db:
                try:
                    return len(db.execute("SELECT DISTINCT source FROM samples "
                                          "WHERE t > 1.5").fetchall())
                except sqlite3.OperationalError:
                    return 0

        harness.wait_until(lambda: count() == 3, "samples of all sources in the store")
        program.interrupt()
        self.finish(program, 30)


if __name__ == "__main__":
    harness.main()
