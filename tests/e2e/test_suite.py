"""Suites: plans of cells, what arrives of them, budgets, interruptions and going on."""

import collections
import datetime
import os
import time

import harness
from harness import LOCAL_REDIS, LOCAL_VALKEY

TINY = """
data-limit: 200KB
workloads:
  - {workload: string, keys: 500}
  - {workload: hash, keys: 20, elements: 10}
factors:
  values:
    - {name: 1KB, value-size: 1KB}
"""
ONE = """
workloads:
  - {{workload: string, keys: 50}}
base: {{clients: 1}}
cells:
  - {{cell: string, {0}}}
"""
SHORT = ["--pairs", "1", "--warmup", "0s", "--duration", "80ms", "--slice", "20ms"]
NAMES = ["string", "string 1KB", "hash", "hash 1KB"]


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def slices(result, block=1):
    """The slices of a block's first attempt in the order of time: cell and arm."""
    found = []
    for cell in result["cells"]:
        for run in cell["runs"]:
            if (run["block"], run["attempt"]) == (block, 1):
                found += [(moment(w["started"]), cell["name"], run["arm"]) for w in run["windows"]]
    return [(name, arm) for _, name, arm in sorted(found)]


class Suite(harness.Case):
    def plan(self, text, name="own.yaml"):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def check_cells(self, result, pairs):
        self.assertEqual(result["kind"], "suite")
        self.assert_schema(result)
        self.assertEqual([cell["name"] for cell in result["cells"]], NAMES)
        launches = collections.defaultdict(set)
        for cell in result["cells"]:
            whole = [run for run in cell["runs"] if not run["partial"]]
            made = {(run["pair"], run["arm"]) for run in whole}
            arms = [arm["label"] for arm in result["arms"]]
            self.assertEqual(made, {(p, a) for p in range(1, pairs + 1) for a in arms}, cell["name"])
            for run in whole:
                self.assertEqual((run["block"], run["errors"]), (run["pair"], {}))
                if run["attempt"] == 1:
                    launches[run["block"], run["arm"]].add(run["launch"])
        return launches

    def test_a_budget_and_what_comes_of_it(self):
        began = time.monotonic()
        result = self.measure("suite", self.plan(TINY), LOCAL_REDIS, LOCAL_VALKEY, "--budget", "20s")
        self.assertLess(time.monotonic() - began, 60)
        launches = self.check_cells(result, result["design"]["pairs"])
        self.assertGreaterEqual(result["design"]["pairs"], 6)
        # One launch for all cells of a block, and another one for the next block.
        self.assertEqual({len(names) for names in launches.values()}, {1})
        self.assertEqual(len(set.union(*launches.values())), len(launches))
        # The cells of a block are mixed: by chance two neighbours may be of one cell, in all
        # blocks together that is rare.
        blocks = range(1, result["design"]["pairs"] + 1)
        orders = [[name for name, _ in slices(result, block)] for block in blocks]
        changes = sum(a != b for order in orders for a, b in zip(order, order[1:]))
        self.assertGreater(changes, len(blocks) * len(NAMES))
        by_name = {cell["name"]: cell for cell in result["cells"]}
        wanted = {"string": ("string", None, 100), "string 1KB": ("string", "values", 1000),
                  "hash": ("hash", None, 100), "hash 1KB": ("hash", "values", 1000)}
        for name, (structure, factor, size) in wanted.items():
            parameters = by_name[name]["parameters"]
            self.assertEqual((parameters["structure"], parameters["factor"],
                              parameters["value_size"], parameters["load"]),
                             (structure, factor, size, "closed"))
        self.check_memory(by_name)
        for name, cell in by_name.items():
            fastest = max(run["ops_per_second"] for run in cell["runs"])
            self.assertGreaterEqual(cell["client_maximum"], fastest, name)
        summary = {entry["metric"]: entry for entry in result["summary"]}
        self.assertEqual(sum(summary["ops"]["verdicts"].values()), 4)

    def check_memory(self, by_name):
        """Every cell here has data of its own, weighed in both servers."""
        for name, cell in by_name.items():
            self.assertEqual(len(cell["memory"]), 2, name)
            size = cell["parameters"]["value_size"]
            for entry in cell["memory"]:
                self.assertTrue(entry["was_empty"])
                self.assertEqual(entry["keys"], cell["workload"]["keys"])
                taken = (entry["after"] - entry["before"]) / entry["keys"]
                self.assertAlmostEqual(entry["bytes_per_key"], taken, delta=1e-6)
                self.assertAlmostEqual(entry["bytes_per_element"], taken / entry["elements"],
                                       delta=1e-6)
                self.assertGreater(entry["bytes_per_element"], size)
            compared = [c for c in cell["comparisons"] if c["metric"] == "memory"]
            self.assertEqual(len(compared), 1)
            self.assertAlmostEqual(compared[0]["ratio"],
                                   cell["memory"][1]["bytes_per_key"]
                                   / cell["memory"][0]["bytes_per_key"], delta=1e-9)

    def test_the_seed_decides_the_order(self):
        orders = [slices(self.measure("suite", self.plan(TINY), LOCAL_VALKEY, "--aa", *SHORT,
                                      "--seed", seed))
                  for seed in ("1", "1", "2")]
        self.assertEqual(len(orders[0]), 4 * 2 * 4)
        self.assertEqual(orders[0], orders[1])
        self.assertNotEqual(orders[0], orders[2])
        # Quads: of each cell's slices, every four in a row are ABBA or BAAB.
        for name in NAMES:
            arms = [arm for cell, arm in orders[0] if cell == name]
            for i in range(0, len(arms), 4):
                self.assertEqual(arms[i:i + 4], arms[i:i + 4][::-1])
                self.assertEqual(len(set(arms[i:i + 2])), 2)

    def watch(self, settings, *options):
        server = self.serve()
        plan = self.plan(ONE.format(settings))
        with harness.Monitor(server) as monitor:
            result = self.measure("suite", plan, server.url, "--aa", *SHORT, *options)
        with server.connect() as client:
            self.assertEqual(client("DBSIZE"), 0)
        return result["cells"][0], monitor

    def test_parameters_arrive(self):
        cell, monitor = self.watch("value-size: 300, write-share: 80%, clients: 3")
        self.assertEqual({len(seen.words[2]) for seen in monitor.of("SET")}, {300})
        writes = {c["name"]: c["operations"] for run in cell["runs"] for c in run["commands"]}
        self.assertAlmostEqual(writes["SET"] / (writes["SET"] + writes["GET"]), 0.8, delta=0.1)
        self.assertAlmostEqual(cell["parameters"]["write_share"], 0.8)
        # Two arms, each with connections of its own, when its data is weighed and when it is measured.
        self.assertEqual(len({seen.client for seen in monitor.of("GET")}), 2 * 2 * 3)

    def test_transactions_and_scripts_arrive(self):
        _, monitor = self.watch("transaction: yes")
        calls = collections.Counter(seen.words[0].upper() for seen in monitor.seen)
        self.assertGreater(calls["MULTI"], 50)
        self.assertEqual(calls["MULTI"], calls["EXEC"])
        cell, monitor = self.watch("script: yes")
        calls = collections.Counter(seen.words[0].upper() for seen in monitor.seen
                                    if seen.client != "lua")
        self.assertGreater(calls["EVALSHA"], 50)
        self.assertEqual(calls["GET"], 0)
        self.assertTrue(all(run["errors"] == {} for run in cell["runs"]))

    def test_pipelines_arrive(self):
        server = self.serve()
        plan = self.plan(ONE.format("pipeline: 10"))
        with server.connect() as client:
            before = client.info()
            self.measure("suite", plan, server.url, "--aa", *SHORT)
            after = client.info()
        commands = int(after["total_commands_processed"]) - int(before["total_commands_processed"])
        reads = int(after["total_reads_processed"]) - int(before["total_reads_processed"])
        self.assertGreater(commands / reads, 3)

    def test_shares_of_what_the_slower_target_can_do(self):
        cell, _ = self.watch("load: 50%", "--rate", "1000")
        self.assertEqual(cell["parameters"]["load"], "500")
        self.assertEqual({run["load"] for run in cell["runs"]}, {"open"})
        for run in cell["runs"]:
            self.assertAlmostEqual(run["offered_per_second"], 500, delta=150)
        cell, _ = self.watch("load: 'burst:20%,80%,40ms,10ms'")
        self.assertRegex(cell["parameters"]["load"], r"^burst:\d+,\d+,")

    def watch_data(self, *options):
        """What is loaded into and removed from an attached server, in the order of time."""
        server = self.serve()
        with server.connect() as client:
            client("SET", "other", "1")
            with harness.Monitor(server) as monitor:
                result = self.measure("suite", self.plan(TINY), server.url, "--aa", *SHORT, *options)
            self.assertEqual(client("DBSIZE"), 1)
            self.assertEqual(client("GET", "other"), "1")
        self.assertEqual(monitor.of("FLUSHALL", "FLUSHDB"), [])
        prefixes = {cell["workload"]["key_prefix"]: cell["workload"]["keys"]
                    for cell in result["cells"]}
        self.assertEqual(len(prefixes), 4, "each kind of data has keys of its own")
        removed = collections.defaultdict(set)
        for seen in monitor.of("UNLINK"):
            for key in seen.words[1:]:
                removed[key[:key.rindex(":") + 1]].add(key)
        self.assertEqual({prefix: len(keys) for prefix, keys in removed.items()}, prefixes)
        return [seen.words[0].upper() for seen in monitor.of("UNLINK", "SET", "HSET")]

    def test_attached_servers_are_left_as_they_were(self):
        order = self.watch_data()
        # What fits stays until the end.
        self.assertNotIn("SET", order[order.index("UNLINK"):])

    def test_data_that_does_not_fit_takes_turns(self):
        order = self.watch_data("--data-limit", "100KB")
        self.assertIn("SET", order[order.index("UNLINK"):])

    def test_interrupted_and_resumed(self):
        path = os.path.join(self.folder, "result.json")
        plan = self.plan(TINY)
        words = ["suite", plan, LOCAL_REDIS, LOCAL_VALKEY]
        program = self.begin(*words, "--pairs", "3", "--warmup", "0s", "--duration", "400ms",
                             "--slice", "50ms", "--json", path)
        harness.wait_until(lambda: os.path.exists(path), "a block is saved", 60)
        program.interrupt()
        self.finish(program)
        self.assertEqual(program.code, 130, program.err)
        self.assertIn(f"--resume {path} goes on", program.err)
        first = self.read_result(path)
        self.assertTrue(first["interrupted"])
        kept = {cell["name"]: {run["order"]: run["launch"] for run in cell["runs"]}
                for cell in first["cells"]}
        self.assertGreater(len(kept["hash"]), 1)
        done = self.tenbin(*words, "--resume", path, "--progress")
        self.assertIn(done.code, (0, 4), done.err)
        self.assertEqual(done.err.count("\nload generator alone"), 1, "of all cells, and of no block")
        second = self.read_result(path)
        self.assertFalse(second["interrupted"])
        self.assertEqual((second["id"], second["seed"]), (first["id"], first["seed"]))
        self.assertEqual(second["design"], first["design"])
        self.check_cells(second, 3)
        for cell in second["cells"]:
            now = {run["order"]: run["launch"] for run in cell["runs"]}
            self.assertEqual(now, {**now, **kept[cell["name"]]}, "what was measured is kept")
        again = self.tenbin(*words, "--resume", path)  # nothing is left to measure
        self.assertEqual(again.code, done.code, again.err)
        third = self.read_result(path)
        self.assertEqual(third["arms"], second["arms"])
        self.assertCountEqual(third["contract"]["findings"], second["contract"]["findings"])
        told = [(found["code"], found["text"]) for found in third["contract"]["findings"]]
        self.assertEqual(len(told), len(set(told)), told)
        self.assertEqual(third["contract"]["status"], second["contract"]["status"])
        for before, now in zip(second["cells"], third["cells"]):
            for part in ("runs", "skipped", "findings", "comparisons", "client_maximum"):
                self.assertEqual(now[part], before[part], part)
        self.assertEqual(third["verdict"], second["verdict"])

    def test_what_cannot_be_resumed(self):
        path = os.path.join(self.folder, "result.json")
        plan = self.plan(TINY)
        self.measure("suite", plan, LOCAL_VALKEY, "--aa", *SHORT)
        rows = [
            (["suite", plan, LOCAL_VALKEY, LOCAL_REDIS, "--resume", path], "its target 2 is "),
            (["suite", self.plan(TINY.replace("1KB", "2KB"), "b.yaml"), LOCAL_VALKEY, "--aa",
              "--resume", path], 'its cell "string 1KB" is not the "string 2KB" of this suite'),
            (["suite", plan, LOCAL_VALKEY, "--aa", "--resume", path, "--pairs", "7"],
             "'--resume' and '--pairs' exclude each other"),
            (["suite", plan, LOCAL_VALKEY, "--aa", "--resume", plan], "own.yaml"),
            (["suite", plan, LOCAL_VALKEY, "--aa", "--resume", "/nowhere"], "/nowhere"),
        ]
        for words, said in rows:
            with self.subTest(said=said):
                done = self.tenbin(*words)
                self.assertEqual(done.code, 2, done.err)
                self.assertIn(said, done.err)

    def test_a_cell_that_cannot_be_measured(self):
        """The others go on."""
        server = self.serve()
        own = self.plan("data: {type: string, keys: 50}\noperations: ['LPUSH {key} x']\n",
                        "wrong.yaml")
        plan = self.plan(f"workloads: ['{own}', {{workload: string, keys: 50}}]\n")
        result = self.measure("suite", plan, server.url, "--aa", *SHORT)
        by_name = {cell["name"]: cell for cell in result["cells"]}
        wrong = by_name.pop(own)
        self.assertEqual([f["code"] for f in wrong["findings"]][:1], ["cannot-be-measured"])
        self.assertEqual(wrong["runs"], [])
        self.assertEqual(len(by_name["string"]["runs"]), 2)

    def test_keys_that_expire_beside_others(self):
        """What one cell's commands let expire is not missed among the data of the next."""
        own = self.plan("data: {type: none, keys: 200}\n"
                        "operations: ['SET {key} {value} PX 30']\n", "expiring.yaml")
        plan = self.plan(f"workloads: ['{own}', {{workload: string, keys: 100000}}]\n")
        result = self.measure("suite", plan, LOCAL_VALKEY, "--aa", *SHORT)
        for cell in result["cells"]:
            self.assertEqual(len(cell["runs"]), 2, cell["findings"])
        memory = {cell["name"]: len(cell.get("memory", [])) for cell in result["cells"]}
        self.assertEqual(memory, {own: 0, "string": 2}, "keys that are not there weigh nothing")

    def test_messages_of_one_cell_are_not_those_of_another(self):
        plan = self.plan("workloads: [pubsub, work-queue]\n"
                         "factors: {clients: [{clients: 4}]}\nbase: {clients: 10}\n")
        servers = [self.serve(), self.serve()]
        result = self.measure("suite", plan, *[server.url for server in servers], *SHORT)
        for cell in result["cells"]:
            self.assertIsNone(cell["client_maximum"], "from a server that does nothing no message comes")
            for run in cell["runs"]:
                self.assertGreater(run["delivery_latency"]["expected"], 0)
                self.assertEqual(run["delivery_latency"]["lost"], 0, cell["name"])

    def test_wrong_plans(self):
        rows = [
            ("workloads: [strung]\n", r"own.yaml:1: \"strung\" is no workload"),
            ("workloads: [string]\nfactors:\n  a: [{cleints: 1}]\n",
             r"own.yaml:3: \"cleints\" is not known here; known are name, value-size"),
            ("workloads: [string]\nbase: {clients: many}\n", r"own.yaml:2: clients: \"many\""),
            ("workloads: [transaction]\nbase: {transaction: yes}\n", r"cell \"transaction\": "),
            ("factors: {}\n", r"own.yaml:1: \"workloads\" is missing"),
            ("{", r"own.yaml:\d+: not YAML"),
        ]
        for text, pattern in rows:
            with self.subTest(text=text):
                path = self.plan(text)
                self.assert_refused(self.tenbin("suite", "check", path), 2, pattern)
                self.assert_refused(self.tenbin("suite", path, "local:none", "--aa"), 2, pattern)
        for words, pattern in [
                (["suite"], "write tenbin suite"),
                (["suite", "elastic"], "is no suite"),
                (["suite", "show", "x"], "is no suite"),
                (["suite", "elasticache", "redis://127.0.0.1:1"], "needs two targets"),
                (["suite", "elasticache", "--aa", "redis://127.0.0.1:1", "--budget", "10s"],
                 "74 cells and 2 targets take at least")]:
            done = self.tenbin(*words)
            self.assertEqual(done.code, 2, done.err)
            self.assertRegex(done.err, pattern)

    def test_plans_without_a_server(self):
        nobody = ["redis://127.0.0.1:1", "redis://127.0.0.1:2"]
        done = self.tenbin("suite", "elasticache", *nobody, "--budget", "1h", "--dry-run")
        self.assertEqual((done.code, done.err), (0, ""))
        self.assertIn("74 cells on 2 targets", done.out)
        for name in ("string 100KB", "zset Lua", "hash burst", "list pipeline 100"):
            self.assertIn(f"  {name} ", done.out)
        shown = self.tenbin("suite", "show", "elasticache")
        done = self.tenbin("suite", "check", self.plan(shown.out))
        self.assertIn("74 cells of 5 workloads and 6 factors", done.out)
        done = self.tenbin("suite", "check", "examples/plan.yaml", cwd=harness.ROOT)
        self.assertIn("7 cells of 2 workloads and 3 factors", done.out, done.err)
        done = self.tenbin("suite", self.plan(TINY), *nobody, "--full", "--dry-run")
        self.assertIn("4 cells on 2 targets", done.out)


if __name__ == "__main__":
    harness.main()
