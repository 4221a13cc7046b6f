"""Gates, and when a comparison ends: what it takes to fail, to be precise, to be out of time."""

import os
import time

import harness
from harness import LOCAL_REDIS, LOCAL_VALKEY

SHORT = ["--warmup", "20ms", "--duration", "200ms", "--slice", "20ms", "--keys", "1000", "--load",
         "closed"]


class Gates(harness.Case):
    def compare_with_a_slow_one(self, options, code, slow_first=False):
        way = self.slow_way(self.serve(harness.VALKEY), 0.002)
        targets = [f"fast={LOCAL_VALKEY}", f"slow={way.url}"]
        return self.measure("compare", *(targets[::-1] if slow_first else targets), *options,
                            "--warmup", "20ms", "--duration", "300ms", "--slice", "50ms",
                            "--keys", "200", "--clients", "4", "--pairs", "6", "--seed", "1",
                            code=code)

    def test_a_confirmation_that_was_interrupted_goes_on(self):
        path = os.path.join(self.folder, "result.json")
        plan = os.path.join(self.folder, "plan.yaml")
        with open(plan, "w", encoding="utf-8") as file:
            file.write("base: {clients: 4}\nworkloads: [{workload: string, keys: 50}]\n")
        way = self.slow_way(self.serve(harness.VALKEY), 0.002)
        words = ["suite", plan, f"fast={LOCAL_VALKEY}", f"slow={way.url}", "--gate", "ops"]
        program = self.begin(*words, "--pairs", "6", "--warmup", "0s", "--duration", "200ms", "--slice", "50ms",
                             "--seed", "1", "--json", path)

        def is_confirming():
            if not os.path.exists(path):
                return False
            cell, = self.read_result(path)["cells"]
            return max(run["pair"] for run in cell["runs"]) in range(7, 11)
        harness.wait_until(is_confirming, "the first fresh pair", 60)
        program.interrupt()
        self.finish(program)
        self.assertEqual(program.code, 130, program.err)
        cell, = self.read_result(path)["cells"]
        kept = {run["order"]: run["launch"] for run in cell["runs"]}
        self.assertLess(max(run["pair"] for run in cell["runs"] if not run["partial"]), 12)
        for gate in (["--gate", "ops,p50"], ["--margin", "ops=5%"]):
            done = self.tenbin(*words[:-2], *gate, "--resume", path)
            self.assertEqual(done.code, 2, done.err)
            self.assertIn("has fresh pairs that confirm gates, which must stay as they were", done.err)
        done = self.tenbin(*words, "--resume", path)
        self.assertEqual(done.code, 1, done.err)
        result = self.read_result(path)
        cell, = result["cells"]
        now = {run["order"]: run["launch"] for run in cell["runs"]}
        self.assertEqual(now, {**now, **kept}, "what was measured is kept")
        self.assertEqual(cell["confirmed_from"], 7)
        whole = [(run["pair"], run["arm"]) for run in cell["runs"] if not run["partial"] and run["attempt"] == 1]
        self.assertEqual(sorted(whole), sorted((pair, arm) for pair in range(1, 13) for arm in ("fast", "slow")))
        ops = next(c for c in cell["comparisons"] if c["metric"] == "ops")
        self.assertEqual((ops["n"], ops["confirmation"]["n"]), (6, 6))

    def verdicts(self, result):
        return {c["metric"]: c["verdict"] for c in result["cells"][0]["comparisons"]}

    def test_a_regression_fails_its_gate(self):
        result = self.compare_with_a_slow_one(["--gate", "ops,p50"], code=1)
        cell, = result["cells"]
        self.assertEqual(cell["confirmed_from"], 7)
        self.assertEqual({run["pair"] for run in cell["runs"]}, set(range(1, 13)))
        for comparison in cell["comparisons"]:
            self.assertEqual(comparison["n"], 6, "fresh pairs count for nothing else")
            if comparison["metric"] in ("ops", "p50"):
                self.assertEqual(comparison["confirmation"]["n"], 6)
                self.assertEqual(comparison["confirmation"]["verdict"], "worse")
            else:
                self.assertIsNone(comparison["confirmation"])
        self.assertRegex(result["verdict"]["text"],
                         r"The gate on throughput failed; 6 fresh pairs confirm it \(-\d")
        self.assertEqual(result["verdict"]["exit_code"], 1)
        verdicts = self.verdicts(result)
        self.assertEqual((verdicts["ops"], verdicts["p50"]), ("worse", "worse"))
        comparisons = {c["metric"]: c for c in result["cells"][0]["comparisons"]}
        self.assertLess(comparisons["ops"]["high"], 0.9)
        self.assertGreater(comparisons["p50"]["low"], 1.1)

    def test_an_improvement_passes_its_gate(self):
        result = self.compare_with_a_slow_one(["--gate", "ops,p50"], code=0, slow_first=True)
        self.assertIsNone(result["cells"][0]["confirmed_from"])
        verdicts = self.verdicts(result)
        self.assertEqual((verdicts["ops"], verdicts["p50"]), ("better", "better"))

    def check_stop(self, options, reason, pairs, sentence=""):
        result = self.measure("compare", LOCAL_VALKEY, "--aa", *SHORT, *options)
        self.assertEqual(result["stopped"], reason)
        self.assertIn(max(run["pair"] for run in result["cells"][0]["runs"]), pairs)
        self.assertIn(sentence, result["verdict"]["text"])
        return result

    def test_pairs_are_added_until_the_intervals_are_narrow(self):
        wide = ["--margin", "ops=99%,p50=99%,cpu=99%"]
        narrow = ["--margin", "ops=0.01%"]
        # Ten, unless the machine is in turmoil.
        result = self.check_stop(["--preset", "standard", *wide], "precise", range(10, 40, 2),
                                 " pairs: the intervals of what decides are narrow enough.")
        self.assertEqual((result["design"]["pairs"], result["design"]["max_pairs"],
                          result["design"]["time_budget_seconds"]), (10, 40, 900))
        self.assertEqual({c["confidence"] for c in result["cells"][0]["comparisons"]}, {0.965})
        self.check_stop(["--pairs", "6", "--max-pairs", "9", *narrow], "max-pairs", [9],
                        "Stopped after 9 pairs, the most that were allowed.")
        # What is said then depends on the verdicts (unit report/sentence).
        self.check_stop(["--pairs", "7", *narrow], "planned", [7])

    def test_a_time_budget_ends_a_comparison(self):
        began = time.monotonic()
        result = self.measure("compare", LOCAL_VALKEY, "--aa", *SHORT, "--pairs", "1000",
                              "--time-budget", "4s")
        self.assertLess(time.monotonic() - began, 60)
        self.assertEqual(result["stopped"], "time-budget")
        self.assertRegex(result["verdict"]["text"], "more would not have ended within 4 s")

    def test_two_pairs_cannot_be_conclusive(self):
        arguments = ["compare", LOCAL_REDIS, LOCAL_VALKEY, *SHORT, "--pairs", "2"]
        result = self.measure(*arguments, "--require-conclusive", code=3)
        # On a busy machine a percentile may be the load generator's own delay, and says nothing then.
        verdicts = self.verdicts(result)
        self.assertEqual((verdicts["ops"], verdicts["cpu"]), ("inconclusive", "inconclusive"))
        self.assertLessEqual(set(verdicts.values()), {"inconclusive", "invalid"})


if __name__ == "__main__":
    harness.main()
