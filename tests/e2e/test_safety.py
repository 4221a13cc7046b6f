"""Nothing of others is touched, and nothing of ours remains: after an ordinary end, Ctrl-C and
kill -9."""

import os
import re
import signal
import time

import harness
from harness import LOCAL_REDIS, LOCAL_VALKEY

LONG = ["--warmup", "100ms", "--duration", "20s", "--keys", "2000"]


def contents(client):
    """Everything in the server's database."""
    return {key: client("GET", key) for key in client("KEYS", "*")}


class Keys(harness.Case):
    SHORT = ["--warmup", "10ms", "--duration", "100ms", "--keys", "500"]

    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.client = self.server.connect()
        self.addCleanup(self.client.close)
        for number in range(50):
            self.client("SET", f"tenbin:{number}", f"foreign {number}")
            self.client("SET", f"other:{number}", "x" * number)
        self.before = contents(self.client)

    def test_only_own_keys_are_written_and_removed(self):
        with harness.Monitor(self.server) as monitor:
            self.run_of(self.server.url, *self.SHORT)
        keys = {key for seen in monitor.of("GET", "SET", "UNLINK") for key in
                seen.words[1:(None if seen.words[0] == "UNLINK" else 2)]}
        self.assertEqual(len(keys), 500)
        own = {key.rsplit(":", 1)[0] for key in keys}
        self.assertEqual(len(own), 1)
        self.assertRegex(own.pop(), r"\Atenbin:[0-9a-f]{6}\Z")
        self.assertEqual(contents(self.client), self.before)
        harmless = {"HELLO", "AUTH", "SELECT", "CLIENT", "INFO", "PING", "DBSIZE", "CONFIG",
                    "GET", "SET", "UNLINK", "COMMAND", "MONITOR"}
        self.assertLessEqual({seen.words[0].upper() for seen in monitor.seen}, harmless)
        self.assertEqual([seen.words for seen in monitor.of("CONFIG")
                          if seen.words[1].upper() != "GET"], [])

    def test_after_a_comparison_too(self):
        result = self.measure("compare", LOCAL_VALKEY, self.server.url, "--pairs", "2",
                              "--slice", "50ms", *self.SHORT)
        self.assertEqual([a["environment"]["started_by_tenbin"] for a in result["arms"]],
                         [True, False])
        self.assertEqual(contents(self.client), self.before)

    def test_keys_can_be_kept(self):
        run = self.measure("run", self.server.url, *self.SHORT, "--keep-data")
        prefix = run["cells"][0]["workload"]["key_prefix"]
        kept = {key for key in self.client("KEYS", "*") if key.startswith(prefix)}
        self.assertEqual(len(kept), 500)
        self.assertEqual(self.client.keys(), 600)
        for key in list(kept)[:20]:
            self.assertEqual(self.client("STRLEN", key), 100)

    def test_a_failed_run_removes_its_keys(self):
        """Memory is full half-way through loading."""
        self.client("CONFIG", "SET", "maxmemory", self.client.info("memory")["used_memory"])
        self.client("CONFIG", "SET", "maxmemory", str(
            int(self.client.info("memory")["used_memory"]) + 400_000))
        done = self.tenbin("run", self.server.url, "--keys", "20000", "--duration", "1s")
        self.assertEqual((done.code, done.out), (4, ""))
        self.assertEqual(contents(self.client), self.before)


class Interrupted(harness.Case):
    def begin_comparison(self):
        """A local and an attached server, in the middle of measuring. (program, path, client)"""
        server = self.serve(harness.REDIS)
        client = server.connect()
        self.addCleanup(client.close)
        for number in range(10):
            client("SET", f"tenbin:{number}", "foreign")
        path = os.path.join(self.folder, "result.json")
        program = self.begin("compare", f"mine={LOCAL_VALKEY}", f"yours={server.url}", *LONG,
                             "--pairs", "6", "--json", path)
        self.assertEqual(client.calls("get"), 0)
        harness.wait_until(lambda: client.calls("get") > 20000, "the load", 30)
        self.assertEqual(client.keys(), 2010)
        self.assertEqual(len(program.servers()), 1)
        self.assertEqual(len(os.listdir(self.temporary)), 1)
        return program, path, client, server

    def test_once(self):
        program, path, client, _ = self.begin_comparison()
        program.interrupt()
        began = time.monotonic()
        self.finish(program, 10)
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(program.code, 130)
        self.assertEqual(contents(client), {f"tenbin:{n}": "foreign" for n in range(10)})
        result = self.read_result(path)
        self.assertTrue(result["interrupted"])
        self.assertEqual(result["verdict"]["exit_code"], 130)
        runs = result["cells"][0]["runs"]
        self.assertIn([run["arm"] for run in runs], (["mine"], ["yours"], ["mine", "yours"]))
        for run in runs:
            self.assertEqual((run["valid"], run["partial"]), (False, True))
            self.assertGreater(run["operations"], 0)
            self.assertEqual(sum(w["operations"] for w in run["windows"]), run["operations"])
        flat = " ".join(program.out.split())
        self.assertTrue(flat.startswith(result["verdict"]["text"]))
        self.assertRegex(flat.lower(), r"interrupted|broken off|stopped")
        self.assertRegex(program.err, r"\Atenbin: [^\n]*second Ctrl-C[^\n]*\n\Z")

    def test_during_a_run(self):
        path = os.path.join(self.folder, "result.json")
        program = self.begin("run", LOCAL_REDIS, *LONG, "--json", path)
        pid = next(iter(harness.wait_until(program.servers, "a server")))
        with harness.Client(("127.0.0.1", harness.port_of(pid))) as client:
            harness.wait_until(lambda: client.calls("get") > 20000, "the load")
        program.process.send_signal(signal.SIGTERM)
        self.finish(program, 10)
        self.assertEqual(program.code, 130)
        run, = self.read_result(path)["cells"][0]["runs"]
        self.assertGreater(run["operations"], 1000)
        self.assertLess(run["measured_seconds"], 15)
        self.assertEqual(sum(w["operations"] for w in run["windows"]), run["operations"])

    def test_at_any_moment(self):
        """Also before anything was measured."""
        path = os.path.join(self.folder, "result.json")
        for moment in (0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3):
            with self.subTest(moment=moment):
                program = self.begin("compare", LOCAL_REDIS, LOCAL_VALKEY, *LONG, "--json", path)
                time.sleep(moment)
                program.interrupt()
                self.finish(program, 10)
                # Before it listens to signals, the signal itself ends it.
                self.assertIn(program.code, (130, -signal.SIGINT))
                if os.path.exists(path):
                    self.assert_schema(self.read_result(path))
                    os.unlink(path)

    def test_twice(self):
        program, _, client, server = self.begin_comparison()
        prefix = next(re.match(r"tenbin:[0-9a-f]{6}:", key)[0] for key in client("KEYS", "*")
                      if key.count(":") == 2)
        server.process.send_signal(signal.SIGSTOP)  # so that cleaning up takes time
        program.interrupt()
        time.sleep(0.3)
        self.assertIsNone(program.process.poll(), "it tries to remove its keys")
        program.interrupt()
        began = time.monotonic()
        self.finish(program, 10)
        self.assertLess(time.monotonic() - began, 4, "without waiting for the server")
        self.assertEqual(program.code, 130)
        self.assertRegex(program.err, rf"(?m)^tenbin: left behind: [^\n]*{prefix}[^\n]*"
                                      rf"127\.0\.0\.1:{server.port}")
        server.process.send_signal(signal.SIGCONT)
        self.assertEqual(client.keys(), 2010)

    def test_killed(self):
        program, _, _, _ = self.begin_comparison()
        program.process.kill()
        began = time.monotonic()
        program.wait(5)
        self.assert_nothing_left(within=3)
        self.assertLess(time.monotonic() - began, 3.5)

    def test_killed_while_servers_start(self):
        for moment in (0.02, 0.05, 0.1):
            program = self.begin("compare", LOCAL_REDIS, LOCAL_VALKEY, *LONG)
            time.sleep(moment)
            program.process.kill()
            program.wait(5)
            self.assert_nothing_left(within=3)


if __name__ == "__main__":
    harness.main()
