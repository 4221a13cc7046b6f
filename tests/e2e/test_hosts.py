"""Arms of several hosts, with real servers: what arrives on each, what the result says, and what is left."""

import itertools
import os
import re
import signal
import time

import harness
from harness import LOCAL_VALKEY, REDIS, VALKEY

SHORT = ["--warmup", "10ms", "--duration", "60ms", "--slice", "20ms", "--keys", "300", "--clients", "4"]
PLAN = """
workloads:
  - {workload: string, keys: 200}
  - {workload: hash, keys: 20, elements: 10}
"""


def arm(label, *servers):
    return f"{label}=" + ",".join(server.url for server in servers)


def data_keys(monitor):
    return {seen.words[1] for seen in monitor.of("SET") if seen.words[1].startswith("tenbin:")}


class Hosts(harness.Case):
    def four(self):
        return [self.serve(REDIS), self.serve(REDIS), self.serve(VALKEY), self.serve(VALKEY)]

    def runs(self, result):
        return result["cells"][0]["runs"]

    def test_each_host_is_loaded_in_its_turn(self):
        servers = self.four()
        old, new = servers[:2], servers[2:]
        monitors = [harness.Monitor(server) for server in servers]
        with monitors[0], monitors[1], monitors[2], monitors[3]:
            result = self.measure("compare", arm("old", *old), arm("new", *new), "--pairs", "8", "--seed",
                                  "5", *SHORT)
        self.check_arrivals(monitors, result)
        self.check_result(result, servers)
        for server in servers:
            with server.connect() as client:
                self.assertEqual(client.keys(), 0, "keys are removed from every host")

    def check_arrivals(self, monitors, result):
        prefix = result["cells"][0]["workload"]["key_prefix"]
        for monitor in monitors:
            keys = data_keys(monitor)
            self.assertEqual(len(keys), 300, "all data is on every host")
            self.assertEqual({key[:len(prefix)] for key in keys}, {prefix})
            loads = [seen.words[1] for seen in monitor.of("SET")][:300]
            self.assertEqual(len(set(loads)), 300, "loading comes before anything else is written")
            self.assertGreater(len(monitor.of("GET")), 4)
            removed = {key for seen in monitor.of("UNLINK") for key in seen.words[1:]}
            self.assertEqual(removed, keys)

    def check_result(self, result, servers):
        self.assertEqual(result["design"]["unit"], "host")
        self.assertEqual([a["target"] for a in result["arms"]],
                         [",".join(s.url for s in servers[:2]), ",".join(s.url for s in servers[2:])])
        self.assertEqual([[h["target"] for h in a["hosts"]] for a in result["arms"]],
                         [[s.url for s in servers[:2]], [s.url for s in servers[2:]]])
        self.assertEqual([h["engine"] for a in result["arms"] for h in a["hosts"]],
                         ["redis", "redis", "valkey", "valkey"])
        ids = [h["facts"]["run_id"] for a in result["arms"] for h in a["hosts"]]
        self.assertEqual(len(set(ids)), 4)
        met = []
        for pair in range(1, 9):
            old, new = (next(run for run in self.runs(result) if run["pair"] == pair and run["arm"] == label)
                        for label in ("old", "new"))
            for run, first in ((old, 0), (new, 2)):
                server = servers[first + run["host_number"] - 1]
                self.assertTrue(run["host"].endswith(f":{server.port}"), run["host"])
                self.assertEqual(run["launch"], ids[first + run["host_number"] - 1])
            for one in (old, new):  # both loops of a pair are on one host
                same = [run for run in self.runs(result) if (run["pair"], run["arm"]) == (pair, one["arm"])]
                self.assertEqual({run["load"] for run in same}, {"closed", "open"})
                self.assertEqual({run["host"] for run in same}, {one["host"]})
            met.append((old["host_number"], new["host_number"]))
        every = sorted(itertools.product((1, 2), (1, 2)))
        self.assertEqual(sorted(met[:4]), every, "in four pairs every host met every other")
        self.assertEqual(sorted(met[4:]), every)
        self.assertEqual({c["load"] for c in result["cells"][0]["comparisons"]}, {"closed", "open"})
        for c in result["cells"][0]["comparisons"]:
            self.assertEqual((c["unit"], c["n"], c["baseline_hosts"], c["arm_hosts"]), ("host", 2, 2, 2))
            self.assertIn(c["pairs"], range(5, 9))  # on a busy machine some are not valid
            self.assertIsNone(c["pairs_needed"])
            self.assertEqual(c["hosts_needed"] is None, c["verdict"] != "inconclusive")
            self.assertGreater(c["minimum_detectable"], c["ratio"] / c["low"] - 1, "more than half the interval")
        self.check_percentiles(result["cells"][0])

    def check_percentiles(self, cell):
        median = next(c for c in cell["comparisons"] if c["metric"] == "p50")
        [shift] = cell["shifts"]
        self.assertEqual(shift["n"], median["pairs"])
        [same] = [point for point in shift["points"] if point["percentile"] == 50]
        for figure in ("ratio", "low", "high"):
            self.assertAlmostEqual(same[figure], median[figure], places=9, msg="by hosts, as compared")
        for point in shift["points"]:
            self.assertLess(point["band_low"], point["low"])
            self.assertGreater(point["band_high"], point["high"])

    def test_turns_come_from_the_seed(self):
        servers = self.four()

        def order(seed):
            result = self.measure("compare", arm("old", *servers[:2]), arm("new", *servers[2:]), "--pairs",
                                  "2", "--seed", seed, *SHORT)
            return {(run["pair"], run["arm"]): run["host_number"] for run in self.runs(result)}
        first = order("1")
        self.assertEqual(order("1"), first)
        others = [order(str(seed)) for seed in range(2, 8)]
        self.assertTrue(any(other != first for other in others))

    def test_what_is_said(self):
        servers = self.four()
        store = os.path.join(self.folder, "store.db")
        done = self.tenbin("compare", arm("old", *servers[:2]), arm("new", *servers[2:]), "--pairs", "4",
                           "--seed", "1", "--store", store, *SHORT)
        self.assertEqual(done.code, 0, done.err)
        flat = " ".join(done.out.split())
        self.assertRegex(flat, "2 and 2 hosts in [34] pairs")  # on a busy machine one is not valid
        self.assertIn("Hosts, against the mean of their target's", flat)
        for server in servers:
            self.assertRegex(done.out, rf"(?m)^ +(old|new) +[12] .*{re.escape(server.url)}$")
        shown = self.tenbin("show", "last", "--store", store)
        self.assertEqual(shown.code, 0, shown.err)
        self.assertIn(done.out.strip(), shown.out, "what is stored says the same")

    def test_one_host_against_several(self):
        servers = self.four()
        result = self.measure("compare", arm("old", servers[0]), arm("new", *servers[2:]), "--pairs", "6",
                              "--max-pairs", "12", *SHORT)
        self.assertEqual((result["stopped"], max(run["pair"] for run in self.runs(result))),
                         ("planned", 6), "more pairs would give no interval")
        self.assertEqual({run["host_number"] for run in self.runs(result) if run["arm"] == "old"}, {1})
        self.assertIsNone(result["arms"][0]["hosts"])
        # On a busy machine a percentile may be the load generator's own delay, and says nothing then.
        known = [c for c in result["cells"][0]["comparisons"] if c["verdict"] != "invalid"]
        self.assertLessEqual({"ops", "cpu"}, {c["metric"] for c in known})
        self.assertEqual({c["verdict"] for c in known}, {"inconclusive"})
        self.assertEqual({c["hosts_needed"] for c in known}, {2})
        self.assertIn("few-hosts", [f["code"] for f in result["contract"]["findings"]])
        self.assertIn("at least 2 hosts of each target are needed", result["verdict"]["text"])

    def test_against_itself(self):
        servers = self.four()
        result = self.measure("compare", "--aa", arm("old", *servers[:2]), "--pairs", "4", *SHORT)
        self.assertEqual(result["design"]["unit"], "pair")
        for pair in range(1, 5):
            numbers = [run["host_number"] for run in self.runs(result) if run["pair"] == pair]
            self.assertEqual(len(set(numbers)), 1, "both runs of a pair are on one host")
        self.assertEqual({run["host_number"] for run in self.runs(result)}, {1, 2})

    def test_local_hosts(self):
        """Started for their turns, and all of them for the first look."""
        listed = f"{LOCAL_VALKEY},{LOCAL_VALKEY}?io-threads=2"
        result = self.measure("compare", f"two={listed}", f"one={LOCAL_VALKEY}", "--pairs", "2", *SHORT)
        two = [run for run in self.runs(result) if run["arm"] == "two"]
        self.assertEqual({run["host_number"] for run in two}, {1, 2})
        self.assertEqual([h["facts"]["io-threads"] for h in result["arms"][0]["hosts"]], ["1", "2"])
        self.assertEqual([h["settings"] for h in result["arms"][0]["hosts"]], [{}, {"io-threads": "2"}])
        found, = [f for f in result["contract"]["findings"] if f["code"] == "hosts-differ"]
        self.assertIn("as asked", found["text"])
        self.assertTrue(result["arms"][0]["environment"]["started_by_tenbin"])

    def test_a_suite(self):
        servers = self.four()
        path = os.path.join(self.folder, "plan.yaml")
        with open(path, "w", encoding="utf-8") as plan:
            plan.write(PLAN)
        result = self.measure("suite", path, arm("old", *servers[:2]), arm("new", *servers[2:]), "--pairs",
                              "4", "--warmup", "0s", "--duration", "80ms", "--slice", "20ms")
        for cell in result["cells"]:
            met = [tuple(run["host_number"] for run in cell["runs"]
                         if (run["pair"], run["attempt"]) == (pair, 1)) for pair in range(1, 5)]
            self.assertEqual(sorted(met), sorted(itertools.product((1, 2), (1, 2))), cell["name"])
        if all(run["valid"] for cell in result["cells"] for run in cell["runs"]):
            self.assertEqual({s["n"] for s in result["summary"] if s["metric"] == "ops"}, {2})
        for server in servers:
            with server.connect() as client:
                self.assertEqual(client.keys(), 0)

    def test_a_budget_pays_for_all_hosts(self):
        """More hosts than a suite has pairs without being asked."""
        path = os.path.join(self.folder, "plan.yaml")
        with open(path, "w", encoding="utf-8") as plan:
            plan.write(PLAN)
        listed = ",".join([LOCAL_VALKEY] * 8)
        result = self.measure("suite", path, f"old={LOCAL_VALKEY}", f"new={listed}", "--budget", "30s")
        self.assertGreaterEqual(result["design"]["pairs"], 8)
        new = {run["host_number"] for cell in result["cells"] for run in cell["runs"] if run["arm"] == "new"}
        self.assertEqual(new, set(range(1, 9)))

    def test_no_pairs_are_added_for_two_hosts(self):
        servers = self.four()
        result = self.measure("compare", arm("old", *servers[:2]), arm("new", *servers[2:]), "--pairs", "2",
                              "--max-pairs", "9", "--margin", "ops=0.01%", *SHORT)
        self.assertEqual({run["pair"] for run in self.runs(result)}, {1, 2})
        self.assertIn("No pairs were added: where hosts are compared that takes 3 of each target.",
                      result["verdict"]["text"])

    def test_pairs_are_added_for_three(self):
        path = os.path.join(self.folder, "result.json")
        three = ",".join([LOCAL_VALKEY] * 3)
        done = self.tenbin("compare", f"old={three}", f"new={three}", "--pairs", "3", "--max-pairs", "5",
                           "--margin", "ops=0.01%", "--load", "closed", "--seed", "1", "--json", path,
                           "--progress", *SHORT)
        self.assertIn("\npair 1/5  measuring", done.err, "no look before ten pairs, and so none before five")
        result = self.check_measured(done, path)
        self.assertEqual((result["stopped"], {run["pair"] for run in self.runs(result)}),
                         ("max-pairs", {1, 2, 3, 4, 5}))

    def slow_hosts(self):
        """(targets of which the second one is slow, what makes them comparable)"""
        ways = [self.slow_way(self.serve(VALKEY), 0.002) for _ in range(3)]
        return [f"fast={LOCAL_VALKEY},{LOCAL_VALKEY}", "slow=" + ",".join(way.url for way in ways)]

    def test_a_gate_is_confirmed_on_all_hosts(self):
        result = self.measure("compare", *self.slow_hosts(), "--gate", "ops", "--pairs", "4", "--seed", "1",
                              "--load", "closed", "--warmup", "20ms", "--duration", "200ms", "--slice",
                              "50ms", "--keys", "200", "--clients", "4", code=1)
        cell, = result["cells"]
        self.assertEqual(cell["confirmed_from"], 5)
        fresh = [run for run in cell["runs"] if run["pair"] >= 5]
        hosts = {label: [{run["pair"]: run["host_number"] for run in cell["runs"] if run["arm"] == label}[pair]
                         for pair in range(1, 9)] for label in ("fast", "slow")}
        for label, turns in hosts.items():
            self.assertEqual(turns[:4], turns[4:], f"{label}: turns begin again")
        self.assertEqual({run["host_number"] for run in fresh if run["arm"] == "slow"}, {1, 2, 3})
        ops = next(c for c in cell["comparisons"] if c["metric"] == "ops")
        told = ops["confirmation"]
        self.assertEqual((told["n"], told["baseline_hosts"], told["arm_hosts"], told["verdict"]),
                         (4, 2, 3, "worse"))


class Refused(harness.Case):
    def assert_untouched(self, *servers):
        for server in servers:
            with server.connect() as client:
                self.assertEqual(client.calls("set"), 0)

    def test_a_dead_host(self):
        alive = [self.serve(REDIS), self.serve(VALKEY)]
        dead = self.serve(VALKEY)
        address = f"127.0.0.1:{dead.port}"
        dead.end()
        done = self.tenbin("compare", arm("old", alive[0]), arm("new", alive[1], dead), *SHORT)
        self.assert_refused(done, 5, re.escape(address))
        self.assert_untouched(*alive)

    def test_a_host_that_wants_a_password(self):
        alive = [self.serve(REDIS), self.serve(VALKEY), self.serve(VALKEY, "--requirepass", "hidden-word")]
        done = self.tenbin("compare", arm("old", alive[0]),
                           f"new={alive[1].url},{alive[2].url_with(':wrong-word')}", *SHORT)
        self.assert_refused(done, 5, str(alive[2].port))
        self.assertNotIn("wrong-word", done.err)
        self.assert_untouched(alive[0], alive[1])

    def test_a_password_does_not_show(self):
        servers = [self.serve(REDIS)] + [self.serve(VALKEY, "--requirepass", "hidden-word") for _ in range(2)]
        listed = ",".join(server.url_with(":hidden-word") for server in servers[1:])
        result = self.measure("compare", arm("old", servers[0]), f"new={listed}", "--pairs", "2", *SHORT)
        self.assertEqual(result["arms"][1]["target"].count(":***@"), 2)
        self.assertNotIn("hidden-word", str(result))

    def test_hosts_that_are_not_alike(self):
        servers = [self.serve(REDIS), self.serve(VALKEY), self.serve(VALKEY, "--appendonly", "yes")]
        done = self.tenbin("compare", arm("old", servers[0]), arm("new", *servers[1:]), *SHORT)
        self.assert_refused(done, 4, "appendonly: new at redis://.* has \"no\", new at redis://.* has "
                                     "\"yes\"; give both the same appendonly setting")
        self.assert_untouched(*servers)

    def test_one_server_twice(self):
        servers = [self.serve(REDIS), self.serve(VALKEY)]
        done = self.tenbin("compare", arm("old", servers[0]), arm("new", servers[1], servers[1]), *SHORT)
        self.assert_refused(done, 4, "are the same server; list each server once")
        self.assert_untouched(*servers)

    def test_a_server_in_both_arms(self):
        servers = [self.serve(VALKEY), self.serve(VALKEY)]
        done = self.tenbin("compare", arm("old", servers[0]), arm("new", servers[1], servers[0]), *SHORT)
        self.assert_refused(done, 4, "old and new at redis://.* are the same server; use --aa")
        self.assert_untouched(*servers)

    def test_fewer_pairs_than_hosts(self):
        listed = ",".join(f"redis://127.0.0.1:{port}" for port in (1, 2, 3))
        done = self.tenbin("compare", f"a={listed}", "redis://127.0.0.1:4", "--pairs", "2")
        self.assert_refused(done, 2, "with 2 of them not all 3 hosts of target 1 have a turn; write at "
                                     "least 3")

    def test_commands_for_one_server(self):
        capture = os.path.join(self.folder, "capture")
        with open(capture, "w", encoding="utf-8") as file:
            file.write("OK\n")
        for words in (["run"], ["profile"], ["replay", capture]):
            done = self.tenbin(*words, "redis://127.0.0.1:1,redis://127.0.0.1:2")
            self.assert_refused(done, 2, "takes one server, and this target lists 2 hosts")

    def test_a_bad_host(self):
        done = self.tenbin("compare", "a=redis://h1,redis://h2:x", "redis://h3")
        self.assertEqual(done.code, 2)
        self.assertIn('tenbin: host 2 of 2 (redis://h2:x): port "x": write a number', done.err)


class Ended(harness.Case):
    LONG = ["--warmup", "10ms", "--duration", "250ms", "--slice", "50ms", "--keys", "500", "--pairs", "200"]

    def begin_comparison(self):
        """All hosts hold data. (program, servers)"""
        servers = [self.serve(REDIS), self.serve(REDIS), self.serve(VALKEY), self.serve(VALKEY)]
        program = self.begin("compare", arm("old", *servers[:2]), arm("new", *servers[2:]), *self.LONG)

        def is_loaded():
            counts = []
            for server in servers:
                with server.connect() as client:
                    counts.append(client.keys())
            return min(counts) == 500
        harness.wait_until(is_loaded, "data on all hosts", 30)
        return program, servers

    def test_ctrl_c_removes_keys_from_all(self):
        program, servers = self.begin_comparison()
        program.interrupt()
        self.finish(program, 20)
        self.assertEqual(program.code, 130)
        for server in servers:
            with server.connect() as client:
                self.assertEqual(client.keys(), 0)

    def test_a_second_one_names_all(self):
        program, servers = self.begin_comparison()
        for server in servers:
            server.process.send_signal(signal.SIGSTOP)  # so that cleaning up takes time
        program.interrupt()
        time.sleep(0.3)
        program.interrupt()
        self.finish(program, 10)
        self.assertEqual(program.code, 130)
        for server in servers:
            server.process.send_signal(signal.SIGCONT)
            self.assertRegex(program.err, rf"(?m)^tenbin: left behind: [^\n]*127\.0\.0\.1:{server.port}")
            with server.connect() as client:
                self.assertEqual(client.keys(), 500)

    def test_a_host_that_dies_meanwhile(self):
        program, servers = self.begin_comparison()
        servers[1].end()
        program.wait(30)
        self.assertEqual(program.code, 5)
        self.assertIn(str(servers[1].port), program.err)
        for server in (servers[0], *servers[2:]):
            with server.connect() as client:
                self.assertEqual(client.keys(), 0, "the others are cleaned up")


if __name__ == "__main__":
    harness.main()
