"""What goes wrong outside of the program: one sentence, the right exit code, nothing left behind.
What test_usage.py can do without servers is there."""

import os
import signal
import threading
import time

import harness
from harness import LOCAL_REDIS, LOCAL_VALKEY

SHORT = ["--warmup", "10ms", "--duration", "300ms", "--keys", "500"]
LONG = ["--warmup", "10ms", "--duration", "4s", "--keys", "500"]


class FirstContact(harness.Case):
    def check(self, target, pattern, environment=None):
        for arguments in (["run", target], ["compare", LOCAL_VALKEY, target]):
            with self.subTest(arguments=arguments):
                done = self.tenbin(*arguments, *SHORT, environment=environment)
                self.assert_refused(done, 5, pattern)
                self.assertLess(done.seconds, 5)
                self.assertNotIn("s3cret", done.err)

    def test_login(self):
        server = self.serve(harness.VALKEY, "--requirepass", "root")
        file = os.path.join(self.folder, "password")
        place = f"127.0.0.1:{server.port}"
        self.check(server.url, f"{place}.*(NOAUTH|password|authentication)")
        self.check(server.url_with(":s3cret"), f"{place}.*(WRONGPASS|password)")
        self.check(server.url_with("nobody:s3cret"), f"{place}.*(WRONGPASS|password)")
        self.check(server.url, f"{place}.*(WRONGPASS|password)", {"TENBIN_PASSWORD": "s3cret"})
        self.check(server.url_with("", f"?password-file={file}"), f"password-file.*{file}")
        self.check(server.url_with("", "?password-command=exit%203"), "password-command")
        with server.connect("default", "root") as client:
            self.assertEqual(client.keys(), 0)
            self.assertEqual(client.calls("set"), 0)

    def test_a_user_who_may_not(self):
        server = self.serve(harness.VALKEY)
        with server.connect() as client:
            client("ACL", "SETUSER", "bob", "on", ">pw", "~tenbin:*", "+@all", "-set")
        done = self.tenbin("run", server.url_with("bob:pw"), *SHORT)
        self.assert_refused(done, 4, "NOPERM")
        with server.connect() as client:
            client("ACL", "SETUSER", "eve", "on", ">pw", "~other:*", "+@all")
        done = self.tenbin("run", server.url_with("eve:pw"), *SHORT)
        self.assert_refused(done, 4, "NOPERM")

    def test_a_database_that_is_not_there(self):
        server = self.serve(harness.VALKEY)
        self.assert_refused(self.tenbin("run", server.url + "/77", *SHORT), 5, "(?i:DB index)")

    def test_too_many_clients(self):
        server = self.serve(harness.VALKEY, "--maxclients", "10")
        done = self.tenbin("run", server.url, "--clients", "30", *SHORT)
        self.assert_refused(done, 5, f"127.0.0.1:{server.port}.*")
        with server.connect() as client:
            self.assertEqual(client.keys(), 0)


class Local(harness.Case):
    def test_settings_that_the_server_refuses(self):
        for setting, words in (("no-such-setting=1", "(?i:bad directive).*no-such-setting"),
                               ("maxmemory=many", "maxmemory.*many.*")):
            done = self.tenbin("run", f"{LOCAL_VALKEY}?{setting}", *SHORT)
            self.assert_refused(done, 5, words)
            done = self.tenbin("compare", LOCAL_REDIS, f"{LOCAL_VALKEY}?{setting}", *SHORT)
            self.assert_refused(done, 5, words)

    def test_a_port_that_is_taken(self):
        server = self.serve()
        done = self.tenbin("run", f"{LOCAL_VALKEY}?port={server.port}", *SHORT)
        self.assert_refused(done, 5, f"listening on port {server.port}")

    def test_memory_that_does_not_hold_the_data(self):
        for policy, words in (("noeviction", "OOM"), ("allkeys-lru", "20,?000 keys.*maxmemory")):
            with self.subTest(policy=policy):
                done = self.tenbin("run",
                                   f"{LOCAL_VALKEY}?maxmemory=3mb&maxmemory-policy={policy}",
                                   "--keys", "20000", "--duration", "500ms")
                self.assert_refused(done, 4, words)

    def test_another_version(self):
        done = self.tenbin("run", "local:valkey-server@3.3")
        self.assert_refused(done, 5, "valkey-server@3.3.*")

    def test_a_server_that_is_killed(self):
        program = self.begin("compare", f"a={LOCAL_VALKEY}", f"b={LOCAL_REDIS}", *LONG)
        pids = harness.wait_until(lambda: len(program.servers()) == 2 and program.servers(),
                                  "both servers")
        victim = max(pids)
        with harness.Client(("127.0.0.1", harness.port_of(victim))) as client:
            harness.wait_until(lambda: client.calls("get") > 3000, "the load")
        os.kill(victim, signal.SIGKILL)
        self.finish(program, 15)
        self.assertEqual(program.code, 5)
        self.assertRegex(program.err, r"\Atenbin: local:(valkey|redis)-server@[^\n]*ended by "
                                      r"signal 9; its last words: [^\n]*\n\Z")


class Lost(harness.Case):
    """What happens to an attached server in the middle of a run."""

    def in_the_middle(self, server, act, *options, command=("run",)):
        """Measures while act(client) happens; the ended program and the path of its result."""
        path = os.path.join(self.folder, "result.json")
        with server.connect() as client:
            program = self.begin(*command, server.url, *options, "--json", path)
            harness.wait_until(lambda: client.calls("get") > 5000, "the load")
            act(client)
        return self.finish(program, 20), path

    def assert_broken_off(self, done, path, pattern):
        """One sentence, exit code 5, and the figures of the one run are kept, not valid."""
        self.assertEqual(done.code, 5, done.err)
        self.assertRegex(done.err, rf"\Atenbin: [^\n]*{pattern}[^\n]*\n\Z")
        self.assertIn("NOT VALID", done.out)
        result = self.read_result(path)
        self.assertEqual(result["verdict"]["exit_code"], 5)
        run, = result["cells"][0]["runs"]
        self.assertEqual((run["valid"], run["partial"]), (False, True))
        self.assertGreater(run["operations"], 0)
        return run

    def test_the_server_is_killed(self):
        server = self.serve()
        done, path = self.in_the_middle(server, lambda _: server.process.kill(), *LONG)
        self.assert_broken_off(done, path, f"127.0.0.1:{server.port}")
        self.assertLess(done.seconds, 6)

    def test_the_server_is_killed_in_a_comparison(self):
        """What was measured is kept, but it is no verdict."""
        server = self.serve()

        def kill(_):
            time.sleep(0.5)  # ten slices: both have been loaded
            server.process.kill()

        done, path = self.in_the_middle(server, kill, "--warmup", "0s", "--duration", "4s",
                                        "--slice", "50ms", "--keys", "500",
                                        command=["compare", f"here={LOCAL_VALKEY}"])
        self.assertEqual(done.code, 5)
        self.assertRegex(done.err, rf"\Atenbin: [^\n]*127.0.0.1:{server.port}[^\n]*\n\Z")
        self.assertLess(done.seconds, 6)
        self.assertIn("NOT VALID", done.out)
        result = self.read_result(path)
        self.assertEqual((result["verdict"]["exit_code"], result["contract"]["status"]),
                         (5, "invalid"))
        self.assertEqual(result["cells"][0]["runs"][0]["arm"], "here")
        for run in result["cells"][0]["runs"]:
            self.assertEqual((run["valid"], run["partial"]), (False, True))
            self.assertGreater(run["operations"], 0)

    def test_the_server_is_restarted(self):
        """Its counters began anew and its data is gone. The run goes on, and says so."""
        server = self.serve()
        done, path = self.in_the_middle(server, lambda _: server.restart(), *LONG)
        self.assertIn(done.code, (0, 4), done.err)
        run, = self.read_result(path)["cells"][0]["runs"]
        self.assertFalse(run["partial"])
        self.assertIn("server-changed", [w["code"] for w in run["warnings"]])
        self.assertIsNone(run["server_cpu_seconds"], "counters that began anew tell nothing")
        self.assertGreater(run["misses"], 0, "the data is gone")
        self.assertGreaterEqual(run["lost_connections"], 50)
        self.assertAlmostEqual(run["measured_seconds"], 4, delta=0.5)

    @staticmethod
    def kill_loaders(client, count=3):
        loaders = [c["id"] for c in client.clients() if c["cmd"] in ("get", "set")]
        for number in loaders[:count]:
            client("CLIENT", "KILL", "ID", number)
        assert len(loaders) >= count

    def test_lost_connections_are_counted_gaps(self):
        server = self.serve()
        done, path = self.in_the_middle(server, self.kill_loaders, "--warmup", "0s", "--duration",
                                        "2s", "--keys", "500", "--clients", "5")
        self.assertIn(done.code, (0, 4), done.err)
        result = self.read_result(path)
        run, = result["cells"][0]["runs"]
        self.assertGreaterEqual(run["lost_connections"], 3)
        self.assertGreater(run["gap_seconds"], 0)
        self.assertGreaterEqual(run["gap_seconds"], run["longest_gap_seconds"])
        self.assertLess(run["longest_gap_seconds"], 1)
        severity, = (w["severity"] for w in run["warnings"] if w["code"] == "lost-connections")
        self.assertEqual(severity, "conditional")
        # A slow build loses more than 0.01 % of its few operations, or is itself the limit.
        self.assertEqual(run["valid"], "invalid" not in [w["severity"] for w in run["warnings"]])
        self.assertEqual(done.code, 0 if run["valid"] else 4)
        self.assertAlmostEqual(run["measured_seconds"], 2, delta=0.5)
        self.assertGreater(run["windows"][1]["operations"], 0.3 * run["windows"][0]["operations"],
                           "they came back")
        self.assertLessEqual(set(run["errors"]), {"connection-lost"})
        with server.connect() as client:
            self.assertEqual(client.keys(), 0)

    def shut_out(self, client):
        """For a while the server takes no new clients."""
        client("CONFIG", "SET", "maxclients", str(len(client.clients()) - 3))
        self.kill_loaders(client)
        time.sleep(0.3)
        client("CONFIG", "SET", "maxclients", "1000")

    def test_long_gaps_are_told_of_a_run(self):
        server = self.serve()
        done, path = self.in_the_middle(server, self.shut_out, "--warmup", "0s", "--duration",
                                        "2s", "--keys", "500", "--clients", "5")
        result = self.check_measured(done, path)
        run, = result["cells"][0]["runs"]
        finding, = (w for w in run["warnings"] if w["code"] == "lost-connections")
        self.assertEqual(finding["severity"], "conditional")
        self.assertIn(f"the longest gap was {run['longest_gap_seconds']:.3g} s", finding["text"])
        self.assertIn("--rate", finding["advice"])
        self.assertIn("lost-connections", done.out)
        self.assertGreater(run["gap_seconds"] / 5 / run["measured_seconds"], 0.01)
        self.assertEqual(result["contract"]["status"],
                         "conditional" if run["valid"] else "invalid")
        self.assertTrue(0.2 < run["longest_gap_seconds"] < 1.5)
        self.assertTrue(0.6 < run["gap_seconds"] < 4.5, "three gaps")
        self.assertGreaterEqual(run["lost_connections"], 3)

    def test_long_gaps_get_no_verdict(self):
        server = self.serve()
        done, path = self.in_the_middle(
            server, self.shut_out, "--warmup", "0s", "--duration", "2s", "--keys", "500",
            "--clients", "5", "--pairs", "1", command=["compare", f"here={LOCAL_VALKEY}"])
        self.assertIn(done.code, (0, 4), done.err)
        runs = self.read_result(path)["cells"][0]["runs"]
        gone = [run for run in runs if run["gap_seconds"] / 5 / run["measured_seconds"] > 0.01]
        self.assertEqual(len(gone), 1, [run["gap_seconds"] for run in runs])
        self.assertFalse(gone[0]["valid"])
        self.assertIn(("lost-connections", "invalid"),
                      [(w["code"], w["severity"]) for w in gone[0]["warnings"]])
        repeated = [run for run in runs if run["pair"] == gone[0]["pair"] and run["attempt"] == 2]
        self.assertEqual(len(repeated), 2, "its pair was made again")

    def test_all_connections_are_lost(self):
        """The one that asks for figures, too: the server is there, and the run goes on."""
        server = self.serve()
        done, path = self.in_the_middle(
            server, lambda client: client("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"),
            "--warmup", "0s", "--duration", "2s", "--keys", "500", "--clients", "5")
        self.assertIn(done.code, (0, 4), done.err)
        run, = self.read_result(path)["cells"][0]["runs"]
        self.assertGreaterEqual(run["lost_connections"], 5)
        with server.connect() as client:
            self.assertEqual(client.keys(), 0)

    def test_a_server_that_takes_too_long(self):
        server = self.serve()

        def stand_still(_):
            with server.stopped(0.6):
                pass

        done, path = self.in_the_middle(server, stand_still, "--warmup", "0s", "--duration", "2s",
                                        "--keys", "500", "--clients", "5", "--timeout", "200ms")
        self.assertIn(done.code, (0, 4), done.err)
        run, = self.read_result(path)["cells"][0]["runs"]
        self.assertGreaterEqual(run["errors"].get("timeout", 0), 5)
        self.assertGreater(run["longest_gap_seconds"], 0.1)
        severities = {w["code"]: w["severity"] for w in run["warnings"]}
        self.assertEqual(severities["lost-connections"], "conditional")
        many = run["errors"]["timeout"] > 0.0001 * run["operations"]
        self.assertEqual(severities["error-replies"], "invalid" if many else "conditional")
        self.assertEqual(done.code, 0 if run["valid"] else 4)
        self.assertEqual(sum(w["operations"] for w in run["windows"]), run["operations"])

    def test_data_that_vanishes(self):
        server = self.serve()
        done, path = self.in_the_middle(server, lambda client: client("FLUSHALL"), "--warmup",
                                        "0s", "--duration", "1s", "--keys", "500", "--ratio", "0:1")
        run, = self.read_result(path)["cells"][0]["runs"]
        self.assertGreater(run["misses"], 0)
        self.assertEqual(run["hits"] + run["misses"], run["operations"])
        self.assertIn("misses", [w["code"] for w in run["warnings"]])
        self.assertEqual((run["valid"], done.code), (False, 4))


class Errors(harness.Case):
    """A server that answers some operations with an error."""

    def run_with_errors(self, every, reply=b"-ERR made up\r\n", code=4, requests=2000):
        counter = [0]
        lock = threading.Lock()

        def answer(words):
            if words[0] != b"GET":
                return None
            with lock:
                counter[0] += 1
                return reply if counter[0] > 1000 and counter[0] % every == 0 else None

        server = self.fake(answer)
        result = self.measure("run", server.url, "--warmup", "0s", "--keys", "50", "--ratio",
                              "0:1", "--clients", "2", "--requests", str(requests), code=code)
        run, = result["cells"][0]["runs"]
        self.assertEqual(server.values, {}, "keys are removed")
        return result, run

    def test_errors_are_counted_and_make_a_run_invalid(self):
        for reply, kind in ((b"-ERR made up\r\n", "ERR"),
                            (b"-OOM command not allowed\r\n", "OOM"),
                            (b"-MOVED 1 127.0.0.1:1\r\n", "MOVED")):
            with self.subTest(kind=kind):
                result, run = self.run_with_errors(10, reply)
                failed = run["errors"].pop(kind)
                self.assertEqual(run["errors"], {})
                # The run ends when 2000 were answered; whether failures are among them or not, a
                # tenth of what was asked has failed.
                self.assertAlmostEqual(failed, 0.1 * (run["operations"] + (
                    failed if run["operations"] == 2000 else 0)), delta=25)
                self.assertEqual(run["latency"]["count"], run["operations"])
                self.assertEqual(sum(w["errors"] for w in run["windows"]), failed)
                self.assertEqual(run["hits"] + run["misses"], run["operations"])
                self.assertFalse(run["valid"])
                self.assertEqual(result["verdict"]["exit_code"], 4)

    def test_without_errors_it_is_valid(self):
        result, run = self.run_with_errors(10**9, code=0)
        self.assertEqual((run["errors"], run["valid"]), ({}, True))
        self.assertEqual(result["verdict"]["exit_code"], 0)


class Output(harness.Case):
    def test_a_full_disk(self):
        done = self.tenbin("run", LOCAL_VALKEY, *SHORT, "--json", "/dev/full")
        self.assertEqual(done.code, 2)
        self.assertRegex(done.err, r"\Atenbin: [^\n]*/dev/full[^\n]*\n\Z")
        self.assertIn("ops/s", done.out, "what was measured is shown")

    def test_standard_output_on_a_full_disk(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            for options in ([], ["--json", "-"]):
                done = self.tenbin("run", LOCAL_VALKEY, *SHORT, *options, stdout=full)
                self.assertEqual(done.code, 2, options)
                self.assertRegex(done.err, r"tenbin: [^\n]*(report|output)[^\n]* cannot be "
                                           r"written\n\Z")

    def test_an_unwritable_path_is_found_before_servers_are_started(self):
        server = self.serve()
        with harness.Monitor(server) as monitor:
            done = self.tenbin("compare", LOCAL_VALKEY, server.url, "--json",
                               os.path.join(self.folder, "missing", "x.json"))
            self.assert_refused(done, 2, "missing/x.json")
            self.assertLess(done.seconds, 4)
        self.assertEqual(monitor.seen, [])

    def test_a_folder_for_servers_that_is_not_there(self):
        done = self.tenbin("run", LOCAL_VALKEY, *SHORT,
                           environment={"TMPDIR": os.path.join(self.folder, "missing")})
        self.assertIn(done.code, (2, 5))
        self.assertRegex(done.err, r"\Atenbin: [^\n]*missing[^\n]*\n\Z")


class Misbehaving(harness.Case):
    def test_a_server_that_falls_silent(self):
        """After an ordinary start it never answers an operation."""
        server = self.fake(lambda words: b"" if words[0] == b"GET" else None)
        began = time.monotonic()
        done = self.tenbin("run", server.url, *SHORT, "--timeout", "100ms")
        self.assertIn(done.code, (4, 5))
        self.assertLess(time.monotonic() - began, 5)

    def test_a_server_that_says_it_is_another_one(self):
        server = self.fake(lambda words: b"-ERR no\r\n" if words[0] == b"INFO" else None)
        self.assert_refused(self.tenbin("run", server.url, *SHORT), 5,
                            f"127.0.0.1:{server.port}.*INFO")


if __name__ == "__main__":
    harness.main()
