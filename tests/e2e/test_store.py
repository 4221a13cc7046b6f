"""The store of results: what measuring puts into it, and the commands that look at it."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import time
import unittest

import harness
from harness import LOCAL_REDIS, LOCAL_VALKEY, ROOT, wait_until

FAST = ["--warmup", "0s", "--keys", "1000"]
PLAN = """
workloads:
  - {workload: string, keys: 500}
  - {workload: hash, keys: 20, elements: 10}
factors:
  values:
    - {name: 1KB, value-size: 1KB}
"""
FOREIGN = ROOT / "tests/data/foreign"


class Store(harness.Case):
    @property
    def default_store(self):
        return pathlib.Path(self.folder, "data/tenbin/results.db")

    def ask(self, question, path=None):
        name = f"file:{path or self.default_store}?mode=ro"
        with contextlib.closing(sqlite3.connect(name, uri=True)) as db:
            return db.execute(question).fetchall()

    def listed(self, *arguments):
        done = self.tenbin("list", "--json", "-", *arguments)
        self.assertEqual((done.code, done.err), (0, ""))
        return json.loads(done.out)["results"]

    def run_once(self, *arguments):
        done = self.tenbin("run", LOCAL_VALKEY, *FAST, "--duration", "300ms", *arguments)
        self.assertIn(done.code, (0, 4), done.err)
        return done

    def stored_id(self, done):
        return re.search(r"(?m)^Stored as (\S+)$", done.out)[1]

    # What measuring stores

    def test_show_and_export_give_what_was_shown_and_written(self):
        path = os.path.join(self.folder, "result.json")
        for command in (["run", LOCAL_VALKEY, "--duration", "1200ms"],
                        ["compare", LOCAL_REDIS, LOCAL_VALKEY, "--pairs", "2", "--duration", "1s"],
                        ["run", LOCAL_VALKEY, "--rate", "2000", "--duration", "500ms"]):
            with self.subTest(command=command):
                done = self.tenbin(*command, *FAST, "--json", path)
                self.assertIn(done.code, (0, 4), done.err)
                name = self.stored_id(done)
                shown = self.tenbin("show", name)
                self.assertEqual((shown.code, shown.out, shown.err), (0, done.out, ""))
                reported = self.tenbin("report", name)
                self.assertEqual(reported.out, done.out)
                written = pathlib.Path(path).read_text("utf-8")
                self.assertEqual(self.tenbin("export", name).out, written)
                copy = os.path.join(self.folder, "copy.json")
                self.assertEqual(self.tenbin("export", "last", "--json", copy).out, "")
                self.assertEqual(pathlib.Path(copy).read_text("utf-8"), written)
                self.assertEqual(self.tenbin("show", copy).out,
                                 done.out.replace(f"\nStored as {name}\n", ""))
                self.assert_schema(json.loads(written))
        rows = self.ask("SELECT kind, state, count(*) FROM results GROUP BY kind, state")
        self.assertEqual(sorted(rows), [("compare", "complete", 1), ("run", "complete", 2)])

    def test_tables_say_what_the_result_says(self):
        path = os.path.join(self.folder, "result.json")
        self.tenbin("run", LOCAL_VALKEY, *FAST, "--duration", "1500ms", "--json", path)
        run = self.read_result(path)["cells"][0]["runs"][0]
        self.assertEqual(
            self.ask("SELECT operations, ops_per_second, latency_p99, client_busy FROM runs"),
            [(run["operations"], run["ops_per_second"], run["latency"]["p99"], run["client_busy"])])
        self.assertEqual(self.ask("SELECT t, operations, p50 FROM windows ORDER BY position"),
                         [(w["t"], w["operations"], w["p50"]) for w in run["windows"]])
        self.assertEqual(self.ask("SELECT host FROM environments"), [(os.uname().nodename,)])
        self.assertEqual(self.ask("SELECT count(*) FROM histograms"), [(3,)])

    def test_none_leaves_nothing(self):
        done = self.run_once("--store", "none")
        self.assertNotIn("Stored", done.out + done.err)
        self.assertFalse(self.default_store.parent.parent.exists())

    def test_another_file(self):
        path = os.path.join(self.folder, "there", "my results.db")
        name = self.stored_id(self.run_once("--store", path))
        self.assertFalse(self.default_store.exists())
        self.assertEqual(self.tenbin("list").out, "")
        self.assertEqual([entry["id"] for entry in self.listed("--store", path)], [name])
        self.assertEqual(self.tenbin("show", "last", "--store", path).code, 0)

    def test_quiet_says_nothing_of_it(self):
        done = self.run_once("--quiet")
        self.assertEqual((len(done.out.splitlines()), done.err), (1, ""))
        self.assertEqual(len(self.listed()), 1)

    def test_a_store_that_cannot_be_written_is_found_before_measuring(self):
        server = self.serve()
        text = os.path.join(self.folder, "text")
        pathlib.Path(text).write_text("not a database, and a little longer than a header is")
        newer = os.path.join(self.folder, "newer.db")
        shutil.copy(self.make_store(), newer)
        with contextlib.closing(sqlite3.connect(newer)) as db:
            db.execute("PRAGMA user_version = 99")
        rows = [
            (text, "it is no database"),
            (os.path.join(text, "results.db"), "make the folder .*/text: not a directory"),
            (self.folder, "open: is a directory"),
            ("/proc/results.db", "open: no such file"),
            (newer, "it has version 99, and this tenbin knows up to 1"),
        ]
        for path, pattern in rows:
            with self.subTest(path=path):
                done = self.tenbin("run", server.url, *FAST, "--store", path)
                self.assert_refused(done, 2, pattern)
        with server.connect() as client:
            self.assertEqual(client.calls("set"), 0)

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_folder_that_may_not_be_written(self):
        folder = os.path.join(self.folder, "locked")
        os.mkdir(folder, stat.S_IRUSR | stat.S_IXUSR)
        done = self.tenbin("run", LOCAL_VALKEY, *FAST, "--store", os.path.join(folder, "r.db"))
        self.assert_refused(done, 2, "locked")

    def test_a_target_that_is_not_there_stores_nothing(self):
        done = self.tenbin("run", "redis://127.0.0.1:1", *FAST)
        self.assertEqual(done.code, 5)
        self.assertEqual(self.listed(), [])

    def stored_windows(self, path=None):
        """How many windows there are; 0 also while the store is being made."""
        try:
            return self.ask("SELECT count(*) FROM windows", path)[0][0]
        except sqlite3.OperationalError:
            return 0

    def make_store(self):
        """A store with one result; its file."""
        self.run_once()
        return self.default_store

    # Results that do not come to their end

    def test_a_killed_run_lacks_at_most_the_last_second(self):
        program = self.begin("run", LOCAL_VALKEY, *FAST, "--duration", "30s")
        began = wait_until(lambda: self.stored_windows() >= 1 and time.monotonic(),
                           "a window in the store")
        time.sleep(2.3)
        program.process.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        program.wait(10)
        self.assert_nothing_left(10)
        entry, = self.listed()
        self.assertEqual((entry["state"], entry["outcome"]), ("broken-off", "broken off"))
        result = json.loads(self.tenbin("export", "last").out)
        self.assert_schema(result)
        run, = result["cells"][0]["runs"]
        self.assertTrue(run["partial"])
        self.assertGreater(run["measured_seconds"], killed - began + 1 - 1.5)
        self.assertEqual(sum(w["operations"] for w in run["windows"]), run["operations"])
        self.assertEqual(harness.Histogram(run["latency"]["histogram"]).count, run["operations"])
        shown = self.tenbin("show", "last")
        self.assertEqual(shown.code, 0)
        self.assertRegex(shown.out, r"(?s)NOT VALID.*Second by second.*broken-off")

    def test_a_killed_comparison_keeps_its_slices(self):
        program = self.begin("compare", LOCAL_REDIS, LOCAL_VALKEY, *FAST, "--duration", "20s")
        wait_until(lambda: self.stored_windows() >= 6, "six slices", 20)
        program.process.send_signal(signal.SIGKILL)
        program.wait(10)
        self.assert_nothing_left(10)
        result = json.loads(self.tenbin("export", "last").out)
        runs = result["cells"][0]["runs"]
        self.assertEqual([run["arm"] for run in runs], ["redis", "valkey"])
        self.assertGreaterEqual(sum(len(run["windows"]) for run in runs), 6)
        for run in runs:
            self.assertEqual(sum(w["operations"] for w in run["windows"]), run["operations"])
        self.assertIn("broken-off", {f["code"] for f in result["contract"]["findings"]
                                     if f["severity"] == "invalid"})

    def test_a_killed_comparison_keeps_its_loops_apart(self):
        """From the second pair on slices of both loops alternate, and runs of both grow at a time."""
        program = self.begin("compare", LOCAL_REDIS, LOCAL_VALKEY, *FAST, "--duration", "1500ms",
                             "--slice", "50ms", "--pairs", "9")
        wait_until(lambda: self.stored_cells("pair = 3") >= 1, "the third pair", 60)
        program.process.send_signal(signal.SIGKILL)
        program.wait(10)
        self.assert_nothing_left(10)
        runs = json.loads(self.tenbin("export", "last").out)["cells"][0]["runs"]
        made = [(run["pair"], run["load"], run["arm"]) for run in runs if run["attempt"] == 1]
        self.assertEqual(len(made), len(set(made)), made)
        self.assertEqual({(load, arm) for pair, load, arm in made if pair == 2},
                         {(load, arm) for load in ("closed", "open") for arm in ("redis", "valkey")})
        starts = [window["started"] for run in runs for window in run["windows"]]
        self.assertEqual(len(starts), len(set(starts)), "no slice is in two runs")
        for run in runs:
            self.assertEqual(sum(w["operations"] for w in run["windows"]), run["operations"])
            if not run["partial"]:
                self.assertEqual(len(run["windows"]), 30)

    def test_a_killed_suite_keeps_its_cells_and_is_gone_on_with(self):
        path = os.path.join(self.folder, "result.json")
        plan = os.path.join(self.folder, "plan.yaml")
        pathlib.Path(plan).write_text(PLAN)
        words = ["suite", plan, LOCAL_REDIS, LOCAL_VALKEY]
        program = self.begin(*words, "--json", path, "--pairs", "2", "--warmup", "0s",
                             "--duration", "1s", "--slice", "100ms")
        wait_until(lambda: self.stored_cells("pair = 2") >= 2, "two cells of the second block", 60)
        program.process.send_signal(signal.SIGKILL)
        program.wait(10)
        self.assert_nothing_left(10)
        entry, = self.listed()
        self.assertEqual((entry["kind"], entry["state"]), ("suite", "broken-off"))
        result = json.loads(self.tenbin("export", "last").out)
        self.assertEqual([cell["name"] for cell in result["cells"]],
                         ["string", "string 1KB", "hash", "hash 1KB"])
        for cell in result["cells"]:
            whole = [(run["pair"], run["arm"]) for run in cell["runs"] if not run["partial"]]
            self.assertEqual(whole[:2], [(1, "redis"), (1, "valkey")], cell["name"])
            for run in cell["runs"]:
                self.assertEqual(sum(w["operations"] for w in run["windows"]), run["operations"])
        done = self.tenbin(*words, "--resume", path, timeout=120)
        self.assertIn(done.code, (0, 4), done.err)
        self.assertEqual(self.stored_id(done), entry["id"])
        entry, = self.listed()
        self.assertEqual(entry["state"], "complete")
        self.assertEqual(self.tenbin("export", "last").out, pathlib.Path(path).read_text("utf-8"))
        self.assertEqual(self.tenbin("show", "last").out, done.out)

    def test_an_interrupted_suite_goes_on_from_the_store(self):
        path = os.path.join(self.folder, "result.json")
        plan = os.path.join(self.folder, "plan.yaml")
        pathlib.Path(plan).write_text(PLAN)
        words = ["suite", plan, LOCAL_REDIS, LOCAL_VALKEY]
        program = self.begin(*words, "--pairs", "2", "--warmup", "0s", "--duration", "400ms",
                             "--slice", "50ms")
        wait_until(lambda: self.stored_cells("pair = 2") >= 1, "the second block", 60)
        program.interrupt()
        self.finish(program)
        self.assertEqual(program.code, 130, program.err)
        self.assertIn("tenbin export last --json FILE", program.err)
        self.assertEqual(self.tenbin("export", "last", "--json", path).code, 0)
        first = self.read_result(path)
        kept = pathlib.Path(path).read_text("utf-8")
        now = first["arms"][0]["engine_version"]
        other = kept.replace(f'"engine_version": "{now}"', '"engine_version": "1.2.3"')
        self.assertNotEqual(other, kept)
        pathlib.Path(path).write_text(other)
        done = self.tenbin(*words, "--resume", path)
        self.assertEqual((done.code, done.out), (4, ""))
        self.assertIn(f"redis was redis 1.2.3 when the suite began, and is redis {now} now", done.err)
        self.assertEqual(pathlib.Path(path).read_text("utf-8"), other, "what is refused stays as it was")
        self.assertEqual(self.tenbin("export", "last").out, kept, "in the store, too")
        pathlib.Path(path).write_text(kept)
        done = self.tenbin(*words, "--resume", path, timeout=120)
        self.assertIn(done.code, (0, 4), done.err)
        second = self.read_result(path)
        for before, after in zip(first["cells"], second["cells"]):
            self.assertEqual(after["runs"][:len(before["runs"])], before["runs"])
        self.assertEqual(self.tenbin("export", first["id"]).out,
                         pathlib.Path(path).read_text("utf-8"))

    def stored_cells(self, condition):
        with contextlib.suppress(sqlite3.Error):
            return self.ask(f"SELECT count(DISTINCT cell) FROM runs WHERE {condition}")[0][0]
        return 0

    def test_a_result_that_is_being_measured_can_be_looked_at(self):
        program = self.begin("run", LOCAL_VALKEY, *FAST, "--duration", "30s")
        wait_until(lambda: self.stored_windows() >= 1, "a window in the store")
        entry, = json.loads(self.tenbin_beside("list", "--json", "-").out)["results"]
        self.assertEqual(entry["state"], "measuring")
        self.assertIn("unfinished", self.tenbin_beside("show", "last").out)
        self.assertIn("0 results", self.tenbin_beside("gc", "--older-than", "0s").out)
        program.interrupt()
        self.finish(program)
        self.assertEqual(program.code, 130)
        entry, = self.listed()
        self.assertEqual(entry["state"], "complete")
        self.assertRegex(entry["outcome"], "^interrupted")

    def tenbin_beside(self, *arguments):
        """While another program runs."""
        return self.begin(*arguments).wait(20)

    def test_two_at_once(self):
        programs = [self.begin("run", LOCAL_VALKEY, *FAST, "--duration", "2s") for _ in range(2)]
        for program in programs:
            program.wait(30)
            self.assertIn(program.code, (0, 4), program.err)
        self.assert_nothing_left()
        names = {self.stored_id(program) for program in programs}
        self.assertEqual({entry["id"] for entry in self.listed()}, names)
        for program in programs:
            self.assertEqual(self.tenbin("show", self.stored_id(program)).out, program.out)

    def mount_small_disk(self):
        disk = os.path.join(self.folder, "disk")
        os.mkdir(disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        return disk

    @staticmethod
    def fill_disk(disk):
        """Leaves no room; the file that took it."""
        fill = pathlib.Path(disk, "fill")
        with contextlib.suppress(OSError), open(fill, "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        return fill

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to mount a small disk")
    def test_a_disk_that_is_full(self):
        disk = self.mount_small_disk()
        path = os.path.join(disk, "results.db")
        before = self.stored_id(self.run_once("--store", path))
        fill = self.fill_disk(disk)
        done = self.tenbin("run", LOCAL_VALKEY, *FAST, "--duration", "2s", "--store", path)
        self.assertEqual(done.code, 2)
        self.assertRegex(done.err, r"\Atenbin: [^\n]*disk[^\n]*\n\Z")
        fill.unlink()
        self.assertEqual([entry["id"] for entry in self.listed("--store", path)], [before])
        self.assertEqual(self.tenbin("show", before, "--store", path).code, 0)

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to mount a small disk")
    def test_a_disk_that_fills_up_while_measuring(self):
        disk = self.mount_small_disk()
        path = os.path.join(disk, "results.db")
        program = self.begin("run", LOCAL_VALKEY, *FAST, "--duration", "5s", "--store", path)
        wait_until(lambda: self.stored_windows(path) >= 1, "a window in the store")
        fill = self.fill_disk(disk)
        self.finish(program)
        self.assertEqual(program.code, 2)
        self.assertRegex(program.err, r"\Atenbin: result \S+ is not stored to the end: store "
                                      r"\S+: write: database or disk is full\n\Z")
        self.assertRegex(program.out, r"(?s)operations per second.*Second by second")
        fill.unlink()
        entry, = self.listed("--store", path)
        self.assertEqual(entry["state"], "broken-off")
        result = json.loads(self.tenbin("export", "last", "--store", path).out)
        self.assertGreaterEqual(len(result["cells"][0]["runs"][0]["windows"]), 1)

    # The commands

    def test_list(self):
        self.assertEqual(self.tenbin("list").out, "")
        self.run_once()
        self.tenbin("compare", LOCAL_REDIS, LOCAL_VALKEY, *FAST, "--pairs", "1", "--duration",
                    "500ms")
        done = self.tenbin("list")
        title, first, second = done.out.splitlines()
        self.assertRegex(title, r"^id +when \(UTC\) +kind +arms +workload +verdict$")
        self.assertRegex(first, r"^\S+  \d{4}-\d\d-\d\d \d\d:\d\d  compare  redis, valkey  strings  ")
        self.assertRegex(second, r"  run      valkey         strings   "
                                 r"(not valid: )?[\d,]+ ops/s, p99 ")
        self.assertEqual(len(self.tenbin("list", "--limit", "1").out.splitlines()), 2)
        self.assertEqual([entry["kind"] for entry in self.listed()], ["compare", "run"])

    def test_names(self):
        name = self.stored_id(self.run_once())
        self.assertEqual(self.tenbin("show", name[:-2]).code, 0)
        for wrong in ("nothing", "./nothing", "nothing.json"):
            self.assert_refused(self.tenbin("show", wrong), 2, "nothing")
        other = self.stored_id(self.run_once())
        common = os.path.commonprefix([name, other])
        self.assert_refused(self.tenbin("export", common), 2, "several results begin with")
        self.assert_refused(self.tenbin("show"), 2, "show takes one result")
        self.assert_refused(self.tenbin("show", name, other), 2, "show takes one result")
        both = self.tenbin("report", name, other)
        self.assertEqual(both.out, self.tenbin("show", name).out + "\n" +
                         self.tenbin("show", other).out)
        quiet = self.tenbin("show", "-q", name)
        self.assertEqual(len(quiet.out.splitlines()), 1)

    def test_import_rm_and_gc(self):
        name = self.stored_id(self.run_once())
        shown = self.tenbin("show", name).out
        path = os.path.join(self.folder, "exported.json")
        self.tenbin("export", name, "--json", path)
        self.assertEqual(self.tenbin("rm", name).out, f"{name} removed\n")
        self.assertEqual(self.listed(), [])
        self.assertEqual(self.tenbin("import", path).out, f"{name}  {path}\n")
        self.assertEqual(self.tenbin("show", name).out, shown)
        again = self.tenbin("import", path)
        self.assertEqual((again.code, again.out), (0, ""))
        self.assertIn("is in the store already", again.err)
        self.assert_refused(self.tenbin("rm", "nothing"), 2, "there is no result")
        done = self.tenbin("gc")
        self.assertRegex(done.out, r"\A0 results that had been broken off removed; \d.* now\n\Z")
        self.assertEqual(len(self.listed()), 1)

    def test_foreign_results(self):
        rows = {
            "redis-benchmark-7.0.csv": "benchmark-csv",
            "valkey-benchmark-8.0.csv": "benchmark-csv",
            "memtier-2.json": "memtier-json",
            "memtier-1.3-runs.json": "memtier-json",
            "memtier-2-histograms.json": "memtier-json",
            "kv_redis.json": "python-json",
            "ds_valkey.json": "python-json",
            "plain.hlog": "hdr-log",
            "ms.hgrm": "hdr-percentiles",
        }
        for name, origin in rows.items():
            with self.subTest(name=name):
                done = self.tenbin("import", str(FOREIGN / name))
                self.assertEqual((done.code, done.err), (0, ""))
                stored = done.out.split()[0]
                entry, = [entry for entry in self.listed() if entry["id"] == stored]
                self.assertEqual(entry["origin"], origin)
                result = json.loads(self.tenbin("export", stored).out)
                self.assert_schema(result)
                self.assertEqual(result["origin"]["file"], name)
                self.assertEqual(result["cells"][0]["comparisons"], [])
                shown = self.tenbin("show", stored)
                self.assertRegex(shown.out, r"(?s)^Imported.*there\s+is\s+no\s+verdict")
                self.assertIn(name, shown.out)
        text = self.tenbin("export", self.tenbin("list").out.splitlines()[1].split()[0]).out
        self.assertNotIn("nan", text)
        for name in rows:
            self.assertIn("already", self.tenbin("import", str(FOREIGN / name)).err)

    def test_units_of_histograms(self):
        self.tenbin("import", "--unit", "us", str(FOREIGN / "plain.hlog"))
        run = json.loads(self.tenbin("export", "last").out)["cells"][0]["runs"][0]
        self.assertAlmostEqual(run["latency"]["p50"], 162943000, delta=200000)
        self.assert_refused_option("import", "--unit", "hours")

    def test_labels_of_imports(self):
        self.tenbin("import", "--label", "old redis", str(FOREIGN / "redis-benchmark-7.0.csv"))
        self.assertEqual([entry["arms"] for entry in self.listed()], ["old redis"])
        result = json.loads(self.tenbin("export", "last").out)
        self.assertEqual(result["arms"][0]["label"], "old redis")
        self.assertEqual(result["cells"][0]["runs"][0]["arm"], "old redis")

    def assert_refused_option(self, command, option, value):
        done = self.tenbin(command, option, value, "file")
        self.assertEqual((done.code, done.out), (2, ""))
        self.assertIn(f"option '{option}': \"{value}\"", done.err)

    def test_files_that_cannot_be_imported(self):
        path = os.path.join(self.folder, "file")
        self.assert_refused(self.tenbin("import", path), 2, f"{path}.*no such file")
        pathlib.Path(path).write_text("hello\n")
        self.assert_refused(self.tenbin("import", path), 2, "not a format that tenbin knows")
        pathlib.Path(path).write_text('{"format": "tenbin-result", "version": 1}')
        self.assert_refused(self.tenbin("import", path), 2, "id: missing")
        self.assert_refused(self.tenbin("import"), 2, "import needs a file")
        self.assertEqual(self.listed(), [])


if __name__ == "__main__":
    harness.main()
