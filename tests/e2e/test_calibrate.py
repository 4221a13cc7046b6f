"""Calibration: what a target against itself says of noise, and where later comparisons show it."""

import contextlib
import json
import math
import os
import pathlib
import re
import sqlite3
import statistics

import harness
from harness import LOCAL_REDIS, LOCAL_VALKEY, wait_until

SHORT = ["--warmup", "20ms", "--duration", "400ms", "--slice", "20ms", "--keys", "1000"]
BRIEF = ["--warmup", "0s", "--requests", "300", "--keys", "1000"]
NO_LOOK = ["--settle", "0s"]
MISSING = "Not calibrated here: tenbin calibrate\n"


class Calibrate(harness.Case):
    @property
    def store(self):
        return pathlib.Path(self.folder, "data/tenbin/results.db")

    def calibrate(self, *arguments):
        """The result, which has a calibration: that takes six pairs that count, of which a machine in
        turmoil may let one fail."""
        path = os.path.join(self.folder, "result.json")
        for _ in range(3):
            done = self.tenbin("calibrate", *arguments, "--seed", "1", "--json", path)
            self.assertIn(done.code, (0, 4), done.out + done.err)
            result = self.read_result(path)
            if result["cells"][0]["calibration"] is not None:
                return result
        self.fail(result["contract"])

    def found(self, *arguments):
        """The id of the control whose calibration a comparison found; None: none."""
        result = self.measure("compare", *arguments, "--pairs", "1")
        calibration = result["cells"][0]["calibration"]
        return calibration and calibration["result"]

    def stored(self):
        """The number of results in the store."""
        with contextlib.suppress(sqlite3.OperationalError), \
                contextlib.closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)) as db:
            return db.execute("SELECT count(*) FROM results").fetchone()[0]
        return 0

    def text_of(self, *arguments):
        done = self.tenbin(*arguments)
        self.assertIn(done.code, (0, 4), done.err)
        return re.sub(r"\s+", " ", done.out), done.out

    def scatter(self, cell, load, figure):
        """The standard deviation of the log-ratios of the pairs that count."""
        pairs = {}
        for run in cell["runs"]:
            if run["load"] != load:
                continue
            pairs.setdefault((run["pair"], run["attempt"]), []).append(run)
        last = {}
        for (pair, _), runs in sorted(pairs.items()):
            last[pair] = runs
        ratios = [math.log(figure(runs[1]) / figure(runs[0])) for runs in last.values()
                  if all(run["valid"] for run in runs)]
        return statistics.stdev(ratios)

    def test_what_a_control_says(self):
        result = self.calibrate(LOCAL_VALKEY, *SHORT, "--settle", "800ms")
        self.assert_schema(result)
        self.assertEqual((result["kind"], result["design"]["aa"], result["design"]["pairs"]),
                         ("compare", True, 6))
        cell, = result["cells"]
        calibration = cell["calibration"]
        self.assertEqual((calibration["result"], calibration["created"], calibration["pairs"]),
                         (result["id"], result["created"], 6))
        self.assertEqual((calibration["engine"], calibration["engine_version"]),
                         ("valkey", result["arms"][0]["engine_version"]))
        # On a busy machine a percentile may be the load generator's own delay, and says nothing then.
        known = [c for c in cell["comparisons"] if c["verdict"] != "invalid"]
        self.assertEqual(set(calibration["metrics"]), {c["metric"] for c in known})
        self.assertLessEqual({"ops", "cpu"}, set(calibration["metrics"]))
        for metric, load, figure in (("ops", "closed", lambda run: run["ops_per_second"]),
                                     ("p99", "open", lambda run: run["latency"]["p99"])):
            if metric in calibration["metrics"]:
                self.assertAlmostEqual(calibration["metrics"][metric]["sd"],
                                       self.scatter(cell, load, figure), delta=1e-9)
        for comparison in known:
            metric = calibration["metrics"][comparison["metric"]]
            self.assertAlmostEqual(metric["visible"]["6"], comparison["minimum_detectable"])
            self.assertLessEqual(metric["visible"]["30"], metric["visible"]["10"])
            self.assertGreaterEqual(metric["pairs_to_equate"], 6)
            self.assertIsNone(comparison["noise_floor"])
        self.assertEqual((calibration["launches"], calibration["slices"]), (6, 20))
        self.assertAlmostEqual(calibration["slice_seconds"], 0.02, delta=0.02)
        self.assertEqual(calibration["watched_seconds"], 0.8)
        settled = calibration["warmup_seconds"]
        self.assertTrue(settled is None or 0 <= settled < 1.6, settled)
        shown, _ = self.text_of("show", "last")
        self.assertIn("How noisy it is here: valkey ", shown)
        self.assertIn("from launch to launch", shown)
        self.assertRegex(shown, "The target (has settled after|had not settled|needs no warm-up)")
        self.assertNotIn("Not calibrated", shown)

    def test_a_comparison_under_the_same_conditions_shows_it(self):
        control = self.calibrate(LOCAL_VALKEY, *SHORT, *NO_LOOK)
        calibration = control["cells"][0]["calibration"]
        result = self.measure("compare", LOCAL_REDIS, LOCAL_VALKEY, "--warmup", "30ms", *SHORT[2:])
        self.assert_schema(result)
        cell, = result["cells"]
        self.assertEqual(cell["calibration"], calibration)
        for comparison in cell["comparisons"]:
            is_known = comparison["metric"] in calibration["metrics"]
            if comparison["verdict"] == "invalid" or not is_known:
                self.assertIsNone(comparison["noise_floor"])
            elif comparison["n"] == 6:
                self.assertAlmostEqual(comparison["noise_floor"],
                                       calibration["metrics"][comparison["metric"]]["visible"]["6"])
        shown, as_is = self.text_of("show", "last")
        self.assertIn(f"Noise here: valkey {calibration['engine_version']} against itself "
                      f"(calibrated {control['created'][:10]}, 6 pairs) scattered from pair to pair "
                      "by ops/s ", shown)
        self.assertNotIn(MISSING, as_is)

    def test_other_conditions(self):
        control = self.calibrate(LOCAL_VALKEY, *BRIEF, *NO_LOOK)
        self.assertIsNone(control["cells"][0]["calibration"]["watched_seconds"])
        both = [LOCAL_REDIS, LOCAL_VALKEY]
        self.assertEqual(self.found(*both, *BRIEF), control["id"])
        for arguments in (["--clients", "20"], ["--pipeline", "2"], ["--ratio", "1:1"],
                          ["--value-size", "200"], ["--slice", "200ms"], ["--no-pin"],
                          ["--rate", "5k"]):
            with self.subTest(arguments=arguments):
                self.assertIsNone(self.found(*both, *BRIEF, *arguments))
        self.assertIsNone(self.found(*both, "--requests", "400", *BRIEF[:2], *BRIEF[4:]))
        self.assertEqual(self.found(*both, "--warmup", "10ms", *BRIEF[2:]), control["id"])
        self.assertIsNone(self.found(LOCAL_REDIS, f"{LOCAL_VALKEY}?hz=20", *BRIEF))
        self.assertIn(MISSING, self.text_of("show", "last")[1])
        path = os.path.join(self.folder, "other.db")
        self.assertIsNone(self.found(*both, *BRIEF, "--store", path))
        self.assertIsNone(self.found(*both, *BRIEF, "--store", "none"))

    def test_another_machine(self):
        """What was measured elsewhere and imported is not taken for what holds here."""
        control = self.calibrate(LOCAL_VALKEY, *BRIEF, *NO_LOOK)
        path = pathlib.Path(self.folder, "result.json")
        self.assertEqual(self.tenbin("rm", control["id"]).code, 0)
        both = [LOCAL_REDIS, LOCAL_VALKEY]
        text = path.read_text("utf-8")
        self.assertIsNone(self.found(*both, *BRIEF))
        elsewhere = control["cells"][0]["calibration"]["fingerprint"][::-1]
        path.write_text(text.replace(control["cells"][0]["calibration"]["fingerprint"], elsewhere),
                        "utf-8")
        self.assertEqual(self.tenbin("import", str(path)).code, 0)
        self.assertIsNone(self.found(*both, *BRIEF))
        self.assertEqual(self.tenbin("rm", control["id"]).code, 0)
        path.write_text(text, "utf-8")
        self.assertEqual(self.tenbin("import", str(path)).code, 0)
        self.assertEqual(self.found(*both, *BRIEF), control["id"])

    def test_the_baseline_and_the_newest_count(self):
        old = self.calibrate(LOCAL_REDIS, *BRIEF, *NO_LOOK)
        valkey = self.calibrate(LOCAL_VALKEY, *BRIEF, *NO_LOOK)
        both = [LOCAL_REDIS, LOCAL_VALKEY]
        self.assertEqual(self.found(*both, *BRIEF), old["id"])
        self.assertEqual(self.found(*both[::-1], *BRIEF), valkey["id"])
        new = self.measure("compare", "--aa", LOCAL_REDIS, *BRIEF)  # a control as good as any
        self.assertEqual(self.found(*both, *BRIEF), new["id"])
        self.assertEqual(self.tenbin("rm", new["id"]).code, 0)
        few = self.measure("compare", "--aa", LOCAL_REDIS, *BRIEF, "--pairs", "5")
        self.assertIsNone(few["cells"][0]["calibration"])
        self.assertEqual(self.found(*both, *BRIEF), old["id"])

    def test_a_comparison_that_is_noisier(self):
        self.calibrate(LOCAL_VALKEY, *BRIEF, *NO_LOOK)
        both = [LOCAL_REDIS, LOCAL_VALKEY, *BRIEF]
        with contextlib.closing(sqlite3.connect(self.store)) as db, db:
            for metric in ("ops", "p50", "p99", "p999", "cpu"):
                db.execute("UPDATE cells SET document = json_replace(document, ?, 1e-5)",
                           [f"$.calibration.metrics.{metric}.sd"])
        result = self.measure("compare", *both)
        finding, = [finding for finding in result["contract"]["findings"]
                    if finding["code"] == "noisier-than-calibrated"]
        self.assertEqual(finding["severity"], "note")
        self.assertRegex(finding["text"], r"throughput of valkey by [0-9.e+]+ % \(0\.001 %\)")
        self.assertIn("noisier-than-calibrated", self.text_of("show", "last")[0])

    def test_a_calibration_that_cannot_be_read(self):
        self.calibrate(LOCAL_VALKEY, *BRIEF, *NO_LOOK)
        with contextlib.closing(sqlite3.connect(self.store)) as db, db:
            db.execute("UPDATE cells SET document = json_remove(document, '$.calibration.pairs')")
        result = self.measure("compare", LOCAL_REDIS, LOCAL_VALKEY, *BRIEF, "--pairs", "1")
        self.assertIsNone(result["cells"][0]["calibration"])
        finding, = [finding for finding in result["contract"]["findings"]
                    if finding["code"] == "calibration-unreadable"]
        self.assertRegex(finding["text"], "^whether it was calibrated here cannot be told: .*pairs")

    def test_by_itself(self):
        """Once for the presets that take minutes; the comparison shows it."""
        both = [LOCAL_REDIS, LOCAL_VALKEY, *BRIEF]
        careful = [*both, "--preset", "rigorous"]
        for arguments in (both, [*careful, "--no-calibrate"], [*careful, "--store", "none"]):
            self.assertIsNone(self.found(*arguments))
        calibration = None
        for _ in range(3):  # as in `calibrate`
            count = self.stored()
            result = self.measure("compare", *careful, "--pairs", "1")
            calibration = result["cells"][0]["calibration"]
            if calibration is not None:
                break
        self.assertEqual((calibration["engine"], calibration["pairs"],
                          calibration["watched_seconds"]), ("redis", 6, 10))
        self.assertEqual(self.stored(), count + 2)
        self.assertEqual(self.found(*careful), calibration["result"])
        self.assertEqual(self.stored(), count + 3, "once")

    def test_by_itself_and_interrupted(self):
        """What was asked for is kept."""
        path = os.path.join(self.folder, "result.json")
        program = self.begin("compare", LOCAL_REDIS, LOCAL_VALKEY, *BRIEF, "--pairs", "1",
                             "--preset", "rigorous", "--json", path)
        said = next((line for line in program.process.stderr if "against itself" in line), None)
        self.assertIn("now redis against itself, once", said)
        wait_until(program.servers, "its servers")
        program.interrupt()
        self.finish(program)
        self.assertEqual(program.code, 0, program.err)
        result = json.loads(pathlib.Path(path).read_text("utf-8"))
        self.assertIsNone(result["cells"][0]["calibration"])
        self.assertEqual((result["interrupted"], len(result["cells"][0]["runs"])), (False, 4))

    def test_a_suite(self):
        path = os.path.join(self.folder, "plan.yaml")
        pathlib.Path(path).write_text(
            "workloads:\n  - {workload: string, keys: 500}\n"
            "  - {workload: hash, keys: 20, elements: 10}\n", "utf-8")
        brief = ["--warmup", "0s", "--duration", "50ms", "--slice", "10ms"]
        control = self.measure("suite", path, "--aa", LOCAL_VALKEY, *brief, "--pairs", "6")
        for cell in control["cells"]:
            self.assertEqual(cell["calibration"]["result"], control["id"], cell["name"])
        result = self.measure("suite", path, LOCAL_REDIS, LOCAL_VALKEY, *brief, "--pairs", "1")
        for before, after in zip(control["cells"], result["cells"]):
            self.assertEqual(after["calibration"], before["calibration"])
        self.assertIn("Noise of ops/s from pair to pair, as calibrated: string ",
                      self.text_of("show", "last")[0])
        brief[3] = "60ms"
        self.measure("suite", path, LOCAL_REDIS, LOCAL_VALKEY, *brief, "--pairs", "1")
        self.assertIn("Not calibrated here: the same suite with --aa",
                      self.text_of("show", "last")[0])

    def test_how_long_it_is_watched(self):
        """Each arm is loaded for that long, besides what the pairs take."""
        server = self.serve()
        arguments = [server.url, "--warmup", "0s", "--requests", "50", "--keys", "100",
                     "--clients", "5"]

        def calls():
            with server.connect() as client:
                return client.calls("get") + client.calls("set")

        self.calibrate(*arguments, *NO_LOOK)
        without = calls()
        # Samples of what an operation costs go before the slices of either loop.
        self.assertLess(without, 2 * (12 * 50 + 6 * 2 * 1100 + 2000))
        result = self.calibrate(*arguments, "--settle", "1s")
        self.assertGreater(calls() - without, without + 2000)
        self.assertEqual(result["cells"][0]["calibration"]["watched_seconds"], 1)
        with server.connect() as client:
            self.assertEqual(client.keys(), 0)

    def test_without_a_target(self):
        result = self.calibrate(*BRIEF, *NO_LOOK)
        self.assertEqual([arm["target"] for arm in result["arms"]], ["local:redis-server"] * 2)

    def test_pairs_and_slices(self):
        result = self.calibrate(LOCAL_VALKEY, *SHORT[:4], "--slice", "40ms", "--keys", "500",
                                *NO_LOOK, "--pairs", "7")
        calibration = result["cells"][0]["calibration"]
        self.assertEqual((calibration["pairs"], calibration["slices"]), (7, 10))

    def test_interrupted(self):
        for settle, when in (("20s", "at its beginning"), ("0s", "among its pairs")):
            with self.subTest(when=when):
                program = self.begin("calibrate", LOCAL_VALKEY, "--keys", "1000", "--settle",
                                     settle, "--progress")
                wait_until(lambda: program.servers(), "servers")
                program.interrupt()
                self.finish(program)
                self.assertEqual(program.code, 130, program.err)

    def test_errors_give_no_calibration(self):
        done = self.tenbin("calibrate", LOCAL_VALKEY, *BRIEF, *NO_LOOK, "--command", "LPUSH {key} a",
                           "--command", "GET {key}")
        self.assertEqual(done.code, 4, done.out + done.err)
        self.assertNotIn("How noisy it is here", done.out)
        self.assertIsNone(self.found(LOCAL_REDIS, LOCAL_VALKEY, *BRIEF))


if __name__ == "__main__":
    harness.main()
