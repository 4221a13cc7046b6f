"""Comparisons of real servers: what the result says must agree with itself and with the design."""

import collections
import datetime
import json
import os
import re
import unittest

import harness
from harness import LOCAL_REDIS, LOCAL_VALKEY

BRIEF = ["--warmup", "20ms", "--duration", "200ms", "--slice", "20ms", "--keys", "1000"]
SHORT = [*BRIEF, "--load", "closed"]
METRICS = ["ops", "p50", "p99", "p999", "cpu"]
PERCENTILES = [("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99), ("p999", 99.9), ("p9999", 99.99)]


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def slice_orders(result):
    """Of each attempt at a pair: the labels of the arms in the order of their slices."""
    slices = collections.defaultdict(list)
    for run in result["cells"][0]["runs"]:
        for window in run["windows"]:
            slices[run["pair"], run["attempt"]].append((moment(window["started"]), run["arm"]))
    return [[arm for _, arm in sorted(slices[pair])] for pair in sorted(slices)]


class Compare(harness.Case):
    def check_latency(self, latency, operations):
        histogram = harness.Histogram(latency["histogram"])
        self.assertEqual(latency["count"], operations)
        self.assertEqual(histogram.count, operations)
        self.assertLessEqual(latency["min"], latency["mean"])
        self.assertLessEqual(latency["mean"], latency["max"])
        for name, percent in PERCENTILES:
            low, high = histogram.at(percent)
            wanted = min(max(high, latency["min"]), latency["max"])
            self.assertEqual(latency[name], wanted, f"{name} of {low} to {high}")
        for extreme, bar in (("min", histogram.bars[0]), ("max", histogram.bars[-1])):
            self.assertTrue(bar[0] <= latency[extreme] <= bar[1], extreme)
        return histogram

    def check_run(self, run, slice_seconds):
        operations = run["operations"]
        self.assertGreater(operations, 100)
        self.assertEqual((run["load"], run["latency"]["kind"]), ("closed", "service"))
        self.assertEqual((run["errors"], run["misses"]), ({}, 0))
        by_name = {command["name"]: command for command in run["commands"]}
        self.assertEqual(set(by_name), {"GET", "SET"})
        self.assertEqual(sum(c["operations"] for c in run["commands"]), operations)
        self.assertEqual(run["steps"], operations)
        self.assertEqual(run["hits"] + run["misses"], by_name["GET"]["operations"])
        whole = self.check_latency(run["latency"], operations)
        parts = collections.Counter()
        for command in run["commands"]:
            histogram = self.check_latency(command["latency"], command["operations"])
            parts.update({low: count for low, _, count in histogram.bars})
        self.assertEqual(parts, {low: count for low, _, count in whole.bars})
        self.check_windows(run, slice_seconds)
        self.assertAlmostEqual(run["ops_per_second"] * run["measured_seconds"], operations,
                               delta=0.001 * operations)

    def check_windows(self, run, slice_seconds):
        windows = run["windows"]
        self.assertEqual(sum(w["operations"] for w in windows), run["operations"])
        self.assertEqual(windows[-1]["t"], run["measured_seconds"])
        ends = [0] + [window["t"] for window in windows]
        self.assertEqual(ends, sorted(ends))
        for begin, end in zip(ends, ends[1:]):
            self.assertGreater(end - begin, 0.2 * slice_seconds)
            # A slice lasts until its last reply, which a busy machine may hold up.
            self.assertLess(end - begin, slice_seconds + 1)
        self.assertEqual(max(w["max"] for w in windows), run["latency"]["max"])

    def check_comparisons(self, result, baseline, arms, pairs):
        comparisons = result["cells"][0]["comparisons"]
        self.assertEqual([(c["baseline"], c["arm"], c["metric"]) for c in comparisons],
                         [(baseline, arm, metric) for arm in arms for metric in METRICS])
        for comparison in comparisons:
            self.assertEqual(comparison["n"], pairs)
            if pairs < 6:  # no two-sided interval of 95 % exists: 2 / 2^5 is above 5 %
                self.assertEqual((comparison["low"], comparison["high"], comparison["verdict"]),
                                 (None, None, "inconclusive"))
            else:
                self.assertLessEqual(comparison["low"], comparison["ratio"])
                self.assertLessEqual(comparison["ratio"], comparison["high"])
            self.assertEqual((comparison["confidence"], comparison["load"]), (0.95, "closed"))
        self.check_ratio_of_ops(result, comparisons[0])

    def check_ratio_of_ops(self, result, comparison):
        """The estimate lies within the ratios of the pairs it was made from."""
        rates = collections.defaultdict(dict)
        for run in result["cells"][0]["runs"]:
            if run["valid"]:
                rates[run["pair"]][run["arm"]] = run["ops_per_second"]
        ratios = [pair[comparison["arm"]] / pair[comparison["baseline"]] for pair in rates.values()]
        self.assertTrue(min(ratios) <= comparison["ratio"] <= max(ratios))

    def check_order(self, result, arms):
        """Groups of slices are an order of the arms and its reverse; `slot` tells who began."""
        runs = result["cells"][0]["runs"]
        for run in runs:
            self.assertEqual(len(run["windows"]), 10)
        for pair, order in enumerate(slice_orders(result), 1):
            self.assertEqual(len(order), 10 * arms)
            for place in range(0, len(order), 2 * arms):
                group = order[place:place + 2 * arms]
                self.assertEqual(len(set(group[:arms])), arms)
                self.assertEqual(group, group[::-1])
            for run in runs:
                if (run["pair"], run["attempt"]) == (pair, 1):
                    self.assertEqual(run["slot"], order.index(run["arm"]) + 1)
        self.assertEqual([run["order"] for run in runs], list(range(1, len(runs) + 1)))

    def test_redis_and_valkey(self):
        path = os.path.join(self.folder, "result.json")
        done = self.tenbin("compare", LOCAL_REDIS, LOCAL_VALKEY, "--warmup", "50ms",
                           "--duration", "500ms", "--slice", "50ms", "--keys", "2000",
                           "--load", "closed", "--pairs", "6", "--seed", "42", "--json", path)
        self.assertEqual((done.code, done.err), (0, ""), done.out)
        result = self.read_result(path)
        self.assert_schema(result)
        self.assertEqual((result["kind"], result["seed"]), ("compare", 42))
        self.assertEqual(result["verdict"]["exit_code"], 0)
        self.assertEqual([(arm["label"], arm["engine"], arm["engine_version"], arm["target"])
                          for arm in result["arms"]],
                         [("redis", "redis", "7.0.15", LOCAL_REDIS),
                          ("valkey", "valkey", "8.0.1", LOCAL_VALKEY)])
        runs = result["cells"][0]["runs"]
        self.assertEqual(len(runs), 2 * (6 + result["repeated_pairs"]))
        for run in runs:
            self.check_run(run, 0.05)
        self.check_order(result, 2)
        launches = [(run["arm"], run["launch"]) for run in runs]
        self.assertEqual(len(set(launches)), len(runs), "each pair is a launch")
        self.check_comparisons(result, "redis", ["valkey"], 6)
        self.check_report(done.out, result)

    def check_report(self, text, result):
        self.assertNotIn("\x1b", text)
        self.assertTrue(text.isascii() and all(len(line) <= 80 for line in text.splitlines()
                                               if not line.startswith("Reproduce: ")))
        flat = " ".join(text.split())
        self.assertTrue(flat.startswith(" ".join(result["verdict"]["text"].split())))
        for metric in ("ops/s", "p50", "p99", "p99.9", "CPU/op"):
            self.assertRegex(text, rf"(?m)^ +{re.escape(metric)} .*\d")
        self.assertIn("--seed 42", text)

    def test_the_seed_decides_the_order(self):
        orders = []
        for seed in ("7", "7", "8"):
            result = self.measure("compare", LOCAL_REDIS, LOCAL_VALKEY, *SHORT,
                                  "--pairs", "2", "--seed", seed)
            self.check_order(result, 2)
            orders.append(slice_orders(result))
        self.assertEqual(orders[0], orders[1])
        self.assertNotEqual(orders[0], orders[2])

    def test_json_on_standard_output(self):
        done = self.tenbin("compare", LOCAL_REDIS, LOCAL_VALKEY, *SHORT, "--pairs", "1",
                           "--json", "-")
        self.assertEqual(done.code, 0)
        result = json.loads(done.out)
        self.assert_schema(result)
        self.assertTrue(" ".join(done.err.split()).startswith(result["verdict"]["text"]))

    def test_without_targets_the_servers_of_this_machine(self):
        result = self.measure("compare", "--pairs", "1", *SHORT)
        self.assertEqual([arm["engine"] for arm in result["arms"]], ["redis", "valkey"])

    def test_a_against_a(self):
        path = os.path.join(self.folder, "result.json")
        done = self.tenbin("compare", "--aa", LOCAL_VALKEY, *SHORT, "--pairs", "2", "--json", path)
        self.assertEqual(done.code, 0, done.err)
        result = self.read_result(path)
        columns = next(line.split() for line in done.out.splitlines() if " margin " in line)
        self.assertNotEqual(columns[0], columns[1], "the arms have distinct columns")
        first, second = (arm["label"] for arm in result["arms"])
        self.assertNotEqual(first, second)
        self.assertTrue(result["design"]["aa"])
        self.assertEqual({arm["engine_version"] for arm in result["arms"]}, {"8.0.1"})
        self.check_comparisons(result, first, [second], 2)
        launches = {run["launch"] for run in result["cells"][0]["runs"]}
        self.assertEqual(len(launches), len(result["cells"][0]["runs"]), "two servers, not one")

    def test_three_targets(self):
        result = self.measure("compare", LOCAL_REDIS, f"v={LOCAL_VALKEY}",
                              f"two={LOCAL_VALKEY}?io-threads=2", *SHORT, "--pairs", "2")
        self.assert_schema(result)
        self.assertEqual([arm["label"] for arm in result["arms"]], ["redis", "v", "two"])
        self.assertEqual(result["arms"][2]["settings"], {"io-threads": "2"})
        self.check_order(result, 3)
        self.check_comparisons(result, "redis", ["v", "two"], 2)

    def test_whole_runs(self):
        result = self.measure("compare", LOCAL_REDIS, LOCAL_VALKEY, "--warmup", "50ms",
                              "--duration", "200ms", "--keys", "2000", "--pairs", "2",
                              "--slice", "whole", "--load", "closed")
        self.assertIsNone(result["design"]["slice_seconds"])
        for run in result["cells"][0]["runs"]:
            self.check_run(run, 0.2)
            self.assertEqual(len(run["windows"]), 1)
        first, second = slice_orders(result)[:2]
        self.assertEqual(first, second[::-1], "whole runs: ABBA over two pairs")


class Loops(harness.Case):
    """Throughput in a closed loop, latency in an open one at the same rate, in one comparison."""

    def loops(self, *options, code=0):
        result = self.measure("compare", LOCAL_REDIS, LOCAL_VALKEY, *BRIEF, *options, code=code)
        cell, = result["cells"]
        return result, cell, {run["load"] for run in cell["runs"]}

    def test_both(self):
        result, cell, loads = self.loops("--pairs", "6")
        self.assert_schema(result)
        self.assertEqual(loads, {"closed", "open"})
        self.assertEqual(result["design"]["latency_share"], 0.7)
        self.assertEqual((cell["parameters"]["load"], cell["parameters"]["arrival"]),
                         ("closed", "poisson"))
        self.assertEqual({c["metric"]: c["load"] for c in cell["comparisons"]},
                         {"ops": "closed", "p50": "open", "p99": "open", "p999": "open",
                          "cpu": "closed"})
        runs = collections.Counter((run["pair"], run["arm"], run["load"]) for run in cell["runs"]
                                   if run["attempt"] == 1)
        self.assertEqual(set(runs.values()), {1})
        self.assertEqual(len(runs), 6 * 2 * 2)
        self.check_rate(cell)
        self.check_blocks(cell)
        # Each loop is described on its own.
        self.assertEqual({(s["arm"], s["load"]) for s in cell["statistics"]},
                         {(arm, load) for arm in ("redis", "valkey") for load in loads})
        self.assertIn("operations per second, the same for all", result["verdict"]["text"])

    def check_rate(self, cell):
        """0.7 of what the slower one did in the closed loop of the first pair, for all open runs."""
        first = [run for run in cell["runs"] if (run["pair"], run["attempt"]) == (1, 1)]
        slower = min(run["ops_per_second"] for run in first if run["load"] == "closed")
        rate = float(cell["parameters"]["latency_load"])
        self.assertAlmostEqual(rate / slower, 0.7, delta=0.001)
        for run in cell["runs"]:
            if run["load"] == "open":
                self.assertAlmostEqual(run["offered_per_second"] / rate, 1, delta=0.1)
                self.assertEqual(run["latency"]["kind"], "response")

    def check_blocks(self, cell):
        """Both loops of a pair are made on one launch, and mixed once the rate is known."""
        launches = collections.defaultdict(set)
        times = collections.defaultdict(list)
        for run in cell["runs"]:
            if run["attempt"] == 1:
                launches[run["pair"], run["arm"]].add(run["launch"])
                times[run["pair"]] += [(moment(w["started"]), run["load"]) for w in run["windows"]]
        self.assertEqual({len(names) for names in launches.values()}, {1})
        changes = {}
        for pair, slices in times.items():
            loads = [load for _, load in sorted(slices)]
            changes[pair] = sum(a != b for a, b in zip(loads, loads[1:]))
        self.assertEqual(changes[1], 1)
        self.assertGreater(sum(changes.values()), 1 + 5 * 2)

    def test_one(self):
        for options, wanted in ((["--load", "closed"], "closed"), (["--rate", "5k"], "open"),
                                (["--load", "ramp:1k-5k"], "open"),
                                (["--think-time", "100us"], "closed"), (["--churn"], "closed"),
                                (["--workload", "ycsb-d"], "closed")):
            with self.subTest(options=options):
                _, cell, loads = self.loops("--pairs", "1", *options)
                self.assertEqual(loads, {wanted})
                self.assertIsNone(cell["parameters"]["latency_load"])
                self.assertEqual({c["load"] for c in cell["comparisons"]}, {wanted})

    def test_shown_again(self):
        """Everything is in the file: the same report, and the same verdict."""
        path = os.path.join(self.folder, "result.json")
        done = self.tenbin("compare", LOCAL_VALKEY, "--aa", *BRIEF, "--pairs", "2", "--json", path,
                           "--store", "none")
        self.check_measured(done, path)
        again = self.tenbin("report", path)
        self.assertEqual((again.code, again.out), (done.code, done.out))


if __name__ == "__main__":
    harness.main()
