"""What the world does in the middle of a run: names that move, networks that are cut, servers that
stand still for good, descriptors that run out. Nothing hangs, and the user reads one sentence."""

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import threading
import time
import unittest

import cluster
import harness
from certificates import Authority

FAST = ["--warmup", "0s", "--keys", "500", "--clients", "5"]
IS_ROOT = os.geteuid() == 0


class LimitedSocket:
    """A socket that says its peer has gone after so many reads, as soon as `is_due`."""

    def __init__(self, connection, reads, is_due):
        self.connection = connection
        self.reads = reads
        self.is_due = is_due

    def recv(self, size):
        self.reads -= 1
        return b"" if self.reads < 0 and self.is_due() else self.connection.recv(size)

    def sendall(self, data):
        self.connection.sendall(data)


class Faults(harness.Case):
    def run_wrapped(self, prefix, *arguments, timeout=30):
        """The program behind another one (a shell with limits, a namespace); what it came to."""
        path = os.path.join(self.folder, "result.json")
        began = time.monotonic()
        done = subprocess.run([*prefix, os.environ["TENBIN"], *arguments, "--json", path],
                              env=self.environment, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=timeout, check=False)
        self.assertLess(time.monotonic() - began, timeout)
        self.assert_nothing_left()
        result = self.read_result(path) if os.path.exists(path) else None
        return done, result

    def assert_broken_off(self, done, path, sentence):
        """In the middle of a run: one sentence, exit code 5, and what there was is kept, not valid,
        with the keys that could not be removed."""
        self.assertEqual((done.code, done.err), (5, f"tenbin: {sentence}\n"), done.out)
        self.assertIn("NOT VALID", done.out)
        result = self.read_result(path)
        run, = result["cells"][0]["runs"]
        self.assertEqual((run["valid"], run["partial"]), (False, True))
        self.assertGreater(run["operations"], 100)
        findings = {found["code"]: found for found in result["contract"]["findings"]}
        self.assertEqual(findings["broken-off"]["text"], sentence)
        self.assertRegex(findings["keys-remain"]["text"], r"\Akeys tenbin:\w+:\* remain on ")
        return run

    def break_off(self, server, act, *options):
        """A run in the middle of which act() happens: how it ended, and its result's file."""
        path = os.path.join(self.folder, "result.json")
        program = self.begin("run", server.url, *FAST, "--duration", "3s", "--timeout", "500ms",
                             *options, "--json", path)
        self.wait_for_load(server, 1200 if "--rate" in options else 5000)
        act()
        return self.finish(program, 40), path

    @staticmethod
    def wait_for_load(server, gets=5000):
        """1,000 are of the check that the data is there, before anything is measured."""
        with server.connect() as client:
            harness.wait_until(lambda: client.calls("get") > gets, "the load")

    def test_a_server_that_is_killed(self):
        for options in ((), ("--rate", "1000")):
            with self.subTest(options=options):
                server = self.serve()
                done, path = self.break_off(server, server.process.kill, *options)
                self.assert_broken_off(done, path,
                                       f"connect 127.0.0.1:{server.port}: connection refused")
                self.assertLess(done.seconds, 10)

    def test_a_server_that_stands_still_for_good(self):
        for options in ((), ("--rate", "1000")):
            with self.subTest(options=options):
                server = self.serve()
                done, path = self.break_off(
                    server, lambda server=server: server.process.send_signal(signal.SIGSTOP),
                    *options)
                run = self.assert_broken_off(
                    done, path, f"ask 127.0.0.1:{server.port}: no answer within 5 s")
                self.assertGreaterEqual(run["errors"]["timeout"], 5)
                self.assertLess(done.seconds, 30)
                server.process.send_signal(signal.SIGCONT)

    def fake_reply(self, reply, where, *options, code=4):
        """A run of 300 GETs by a server that gives the same strange reply to those at which where(n)
        is true, n from 1 on, after the 1000 of the check that the data is there."""
        seen = []

        def answer(words):
            if words[0].upper() == b"GET":
                seen.append(1)
                if where(len(seen) - 1000):
                    return reply
            return None

        server = self.fake(answer)
        path = os.path.join(self.folder, "result.json")
        done = self.tenbin("run", server.url, "--warmup", "0s", "--keys", "10", "--clients", "2",
                           "--ratio", "0:1", "--requests", "300", "--timeout", "500ms", *options,
                           "--json", path)
        self.assertEqual(done.code, code, done.out + done.err)
        self.assertEqual(server.values, {}, "keys are removed")
        return server, done, self.read_result(path) if os.path.exists(path) else None

    def test_strange_replies_now_and_then(self):
        """They cost their connections and are counted; the run goes on, and is not valid. An error
        line of 100 MB is no reply: the connection is given up, not the memory."""
        for name, reply, kind, advice in (
                ("cut short", b"$100\r\nabc", "timeout", "SLOWLOG"),
                ("nonsense", b"nonsense\r\n", "protocol", "look for a proxy"),
                ("an endless error", b"-ERR " + b"x" * (100 << 20) + b"\r\n", "protocol",
                 "look for a proxy")):
            with self.subTest(name=name):
                _, done, result = self.fake_reply(reply, lambda n: n in (50, 150))
                run, = result["cells"][0]["runs"]
                self.assertEqual(run["errors"], {kind: 2})
                self.assertEqual(run["operations"], 298)
                self.assertEqual(done.err, "")
                found, = (w for w in run["warnings"] if w["code"] == "error-replies")
                self.assertEqual(found["text"], "2 operations failed beside 298 that were measured "
                                                f"({kind} 2)")
                self.assertIn(advice, found["advice"])

    def test_strange_replies_from_some_time_on(self):
        for name, reply, words in (
                ("cut short", b"$100\r\nabc", "no reply in time"),
                ("nonsense", b"nonsense\r\n",
                 "not a RESP reply: a byte that begins no RESP value")):
            for since in (-1000, 100):
                with self.subTest(name=name, since=since):
                    # Nonsense is an answer at once, so that 300 of them end the run by themselves.
                    code = 4 if reply[:1] != b"$" and since > 0 else 5
                    server, done, _ = self.fake_reply(reply, lambda n, s=since: n > s, code=code)
                    sentence = f"tenbin: 127.0.0.1:{server.port}: {words}\n"
                    self.assertEqual(done.err, sentence if code == 5 else "")
                    self.assertLess(done.seconds, 8, "nobody waits for each of them")

    def test_descriptors_run_out(self):
        server = self.serve()
        for limit in (6, 8, 12, 30):
            with self.subTest(limit=limit):
                done, result = self.run_wrapped(
                    ["sh", "-c", f'ulimit -n {limit}; exec "$0" "$@"'], "run", server.url,
                    "--clients", "100", "--duration", "1s")
                self.assertIn(done.returncode, (2, 5), done.stdout)
                self.assertRegex(done.stderr, r"\Atenbin: [^\n]*: too many open files\n\Z")
                self.assertIsNone(result)
        with server.connect() as client:
            self.assertEqual(client.keys(), 0)

    def test_no_descriptor_is_lost_with_a_connection(self):
        """The server closes each connection after some commands; ever new ones are made."""
        counter = [0]

        def answer(words):
            counter[0] += words[0].upper() == b"GET"
            return None

        server = self.fake(answer)
        serve = server.serve
        server.serve = lambda connection: serve(
            LimitedSocket(connection, 40, lambda: counter[0] > 1200))
        program = self.begin("run", server.url, "--warmup", "0s", "--keys", "10", "--clients", "10",
                             "--ratio", "0:1", "--duration", "3s")
        harness.wait_until(lambda: counter[0] > 1500, "the load")
        counts = []
        while program.process.poll() is None:
            with contextlib.suppress(OSError):
                counts.append(len(os.listdir(f"/proc/{program.process.pid}/fd")))
            time.sleep(0.05)
        done = self.finish(program)
        self.assertIn(done.code, (0, 4), done.err)
        self.assertGreater(len(counts), 10)
        self.assertLessEqual(max(counts), max(counts[:5]) + 10, "more and more descriptors")
        self.assertLess(max(counts), 60)

    def test_a_certificate_expires_in_the_middle(self):
        """Who is connected stays; who comes anew is told."""
        authority = Authority(self.folder)
        good = authority.issue("good", "IP:127.0.0.1")
        old = authority.issue("old", "IP:127.0.0.1", ("-days", "-1"))
        port = next(cluster.Node.some_ports())
        server = self.serve(harness.VALKEY, "--tls-port", str(port), "--tls-cert-file", good[0],
                            "--tls-key-file", good[1], "--tls-ca-cert-file", authority.file,
                            "--tls-auth-clients", "no")
        plain = server.port

        def expire():
            with server.connect() as client:
                client("CONFIG", "SET", "tls-cert-file", old[0], "tls-key-file", old[1])
                client("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

        with harness.Client(("127.0.0.1", plain)):
            path = os.path.join(self.folder, "result.json")
            program = self.begin("run", f"rediss://127.0.0.1:{port}?ca={authority.file}&"
                                 "session-reuse=no", *FAST, "--duration", "3s", "--timeout",
                                 "500ms", "--json", path)
            self.wait_for_load(server)
            expire()
            done = self.finish(program, 40)
        self.assertEqual(done.code, 5, done.out + done.err)
        self.assertRegex(done.err, rf"\Atenbin: connect 127.0.0.1:{port}: certificate expired on "
                                   r"\d{4}-\d\d-\d\d; renew it, or do without verification with "
                                   r"\?verify=no\n\Z")
        self.assertIn("keys-remain", [found["code"] for found in
                                      self.read_result(path)["contract"]["findings"]])

    def test_errors_by_name(self):
        """The first word of an error reply is how it is counted."""
        kinds = {"OOM": b"-OOM command not allowed when used memory > 'maxmemory'.\r\n",
                 "READONLY": b"-READONLY You can't write against a read only replica.\r\n",
                 "BUSY": b"-BUSY Redis is busy running a script.\r\n",
                 "CLUSTERDOWN": b"-CLUSTERDOWN The cluster is down\r\n",
                 "TRYAGAIN": b"-TRYAGAIN Multiple keys request during rehashing of slot\r\n",
                 "LOADING": b"-LOADING Redis is loading the dataset in memory\r\n",
                 "NOPERM": b"-NOPERM this user has no permissions\r\n",
                 "MOVED": b"-MOVED 1 127.0.0.1:1\r\n"}
        for name, reply in kinds.items():
            with self.subTest(name=name):
                seen = []

                def answer(words, reply=reply, seen=seen):
                    if words[0].upper() == b"GET":
                        seen.append(1)
                        return reply if len(seen) % 3 == 0 and len(seen) > 1000 else None
                    return None

                server = self.fake(answer)
                run = self.run_of(server.url, "--warmup", "0s", "--keys", "10", "--clients", "2",
                                  "--ratio", "0:1", "--requests", "300", code=4)
                self.assertEqual(list(run["errors"]), [name])
                self.assertAlmostEqual(run["errors"][name], 100, delta=2)
                self.assertEqual(run["operations"] + run["errors"][name], 300)

    def limited_group(self):
        """A control group with a fifth of a processor's time: its folder. Skips where none can be made."""
        parent, name, text = ("/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "20000")
        if os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
            parent, name, text = ("/sys/fs/cgroup", "cpu.max", "20000 100000")
        group = f"{parent}/tenbin-test-{os.getpid()}"
        try:
            os.mkdir(group)
            self.addCleanup(os.rmdir, group)
            with open(os.path.join(group, name), "r+", encoding="ascii") as file:
                file.write(text)
        except OSError as error:
            self.skipTest(f"no control group of processor time can be made: {error}")
        return group

    @unittest.skipUnless(IS_ROOT, "needs root")
    def test_a_quota_of_processor_time(self):
        group = self.limited_group()
        enter = ["sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh"]
        done, result = self.run_wrapped(enter, "run", harness.LOCAL_VALKEY, "--duration", "2s", *FAST)
        self.assertIn(done.returncode, (0, 4), done.stderr)
        run, = result["cells"][0]["runs"]
        self.assertGreater(run["throttled"], 0.05)
        self.assertIn("throttled", [w["code"] for w in run["warnings"]])
        self.assertIn("lift the quota of the container while measuring", " ".join(done.stdout.split()))

    @unittest.skipUnless(IS_ROOT and shutil.which("unshare"), "needs root and unshare")
    def test_a_name_that_moves(self):
        """The name's address is looked up anew on each reconnect."""
        first = self.serve(harness.VALKEY, "--bind", "127.0.0.1")
        second = self.serve_at("127.0.0.2", first.port)
        hosts = os.path.join(self.folder, "hosts")
        self.write(hosts, "127.0.0.1 localhost\n127.0.0.1 moving.example\n")

        def move():
            time.sleep(2)
            self.write(hosts, "127.0.0.1 localhost\n127.0.0.2 moving.example\n")
            first.process.kill()

        done, result = self.with_hosts(hosts, move, f"redis://moving.example:{first.port}",
                                       "--rate", "1000", "--duration", "5s")
        run, = result["cells"][0]["runs"]
        # The other server has none of the data, which is told.
        self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
        self.assertGreater(run["misses"], 0)
        self.assertGreater(run["windows"][-1]["operations"], 900)
        self.assertIn("server-changed", [w["code"] for w in run["warnings"]])
        with harness.Client(("127.0.0.2", second.port)) as client:
            self.assertGreater(client.calls("get"), 1000)
            self.assertEqual(client.keys(), 0)

    @unittest.skipUnless(IS_ROOT and shutil.which("unshare"), "needs root and unshare")
    def test_a_name_that_is_gone(self):
        server = self.serve()
        hosts = os.path.join(self.folder, "hosts")
        self.write(hosts, "127.0.0.1 localhost gone.example\n")

        def lose():
            time.sleep(1.5)
            self.write(hosts, "127.0.0.1 localhost\n")
            server.process.kill()

        done, result = self.with_hosts(hosts, lose, f"redis://gone.example:{server.port}",
                                       "--rate", "1000", "--duration", "3s", "--timeout", "1s")
        self.assertEqual(done.returncode, 5, done.stdout + done.stderr)
        self.assertRegex(done.stderr, r"\Atenbin: resolve gone.example: [^\n]*\n\Z")
        self.assertGreater(result["cells"][0]["runs"][0]["operations"], 500)

    @staticmethod
    def write(path, text):
        """In place: a bind mount follows the file, not its name."""
        with open(path, "w", encoding="ascii") as file:
            file.write(text)

    def serve_at(self, address, port):
        server = cluster.Node(harness.VALKEY, ("--bind", address), by_socket=True)
        self.attached.append(server)
        server.process.kill()
        server.process.wait()
        server.command[-1] = str(port)
        server.port = port
        self.assertTrue(server.launch())
        return server

    def with_hosts(self, hosts, act, *arguments):
        thread = threading.Thread(target=act)
        thread.start()
        prefix = ["unshare", "-m", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$0" "$@"']
        try:
            return self.run_wrapped(prefix, "run", arguments[0], *FAST, *arguments[1:])
        finally:
            thread.join()

    @unittest.skipUnless(IS_ROOT and shutil.which("ip"), "needs root and ip")
    def test_a_network_that_is_cut(self):
        with self.namespace() as (name, link, address):
            server = self.serve_in(name, address)
            began = time.monotonic()
            path = os.path.join(self.folder, "result.json")
            program = self.begin("run", f"redis://{address}:{server.port}", *FAST, "--rate", "1000",
                                 "--duration", "4s", "--timeout", "600ms", "--json", path)
            time.sleep(2)
            self.cut(name, link, "down")
            time.sleep(1)
            self.cut(name, link, "up")
            done = self.finish(program, 30)
            self.assertIn(done.code, (0, 4), done.out + done.err)
            self.assertLess(time.monotonic() - began, 20)
            run, = self.read_result(path)["cells"][0]["runs"]
            self.assertGreaterEqual(run["latency"]["max"], 300_000_000)
            self.assertGreater(run["windows"][-1]["operations"], 500, "it came back")
            self.assertEqual(run["schedule"]["intended"], run["operations"]
                             + sum(run["errors"].values()) + run["schedule"]["outstanding"])

    @unittest.skipUnless(IS_ROOT and shutil.which("ip"), "needs root and ip")
    def test_a_network_that_is_cut_for_good(self):
        with self.namespace() as (name, link, address):
            server = self.serve_in(name, address)
            path = os.path.join(self.folder, "result.json")
            program = self.begin("run", f"redis://{address}:{server.port}", *FAST, "--duration",
                                 "3s", "--timeout", "600ms", "--yes", "--json", path)
            self.wait_for_load(server)
            self.cut(name, link, "down")
            done = self.finish(program, 40)
            self.assertEqual(done.code, 5, done.out + done.err)
            self.assertRegex(done.err, rf"\Atenbin: (ask|connect) {address}:6379: (no answer within "
                                       r"5 s|no route to host)\n\Z")
            run, = self.read_result(path)["cells"][0]["runs"]
            self.assertEqual((run["valid"], run["partial"]), (False, True))
            self.assertLess(done.seconds, 30)

    @unittest.skipUnless(IS_ROOT and shutil.which("ip"), "needs root and ip")
    def test_only_unlimited_load_on_a_server_in_use_needs_consent(self):
        with self.namespace() as (name, _, address):
            server = self.serve_in(name, address)
            target = f"redis://{address}:{server.port}"
            short = [*FAST, "--duration", "200ms"]
            self.measure("run", target, *short)  # nobody else is there
            with server.connect() as client:
                written = client.calls("set")
                for more in ([], ["--think-time", "1ms"]):
                    done = self.tenbin("run", target, *short, *more)
                    self.assertEqual(done.code, 2, done.out + done.err)
                    self.assertIn("serves 1 other client, and this would load it without limit; "
                                  "add --yes if that is meant", done.err)
                    self.assertEqual(client.calls("set"), written, "nothing was loaded")
                self.measure("run", target, *short, "--yes")
                self.measure("run", target, *short, "--rate", "500")
                self.measure("run", target, *short, "--load", "ramp:100-500")

    @staticmethod
    def ip(*words):
        subprocess.run(["ip", *words], check=True, capture_output=True)

    def cut(self, name, link, state):
        """At the far end, so that the way there stays known, and what is sent gets lost."""
        self.ip("-n", name, "link", "set", link.replace("a", "b"), state)

    namespaces = itertools.count()

    @contextlib.contextmanager
    def namespace(self):
        # What one test leaves to the kernel may still be there when the next one begins, and that of
        # other runs as well.
        number = next(self.namespaces)
        network = f"10.213.{os.getpid() % 250}"
        name = f"tenbin-{os.getpid()}-{number}"
        link, other = f"tb{os.getpid()}a{number}"[:15], f"tb{os.getpid()}b{number}"[:15]
        near, far = f"{network}.{4 * number + 1}", f"{network}.{4 * number + 2}"
        try:
            self.ip("netns", "add", name)
        except subprocess.CalledProcessError as problem:
            raise unittest.SkipTest("network namespaces cannot be made here") from problem
        try:
            self.ip("link", "add", link, "type", "veth", "peer", "name", other, "netns", name)
            self.ip("addr", "add", f"{near}/30", "dev", link)
            self.ip("link", "set", link, "up")
            for words in (["addr", "add", f"{far}/30", "dev", other],
                          ["link", "set", other, "up"], ["link", "set", "lo", "up"]):
                self.ip("-n", name, *words)
            yield name, link, far
        finally:
            self.ip("netns", "del", name)

    def serve_in(self, name, address):
        server = cluster.Node(harness.VALKEY, ("--bind", address, "--protected-mode", "no"),
                              by_socket=True)
        self.attached.append(server)
        server.process.kill()
        server.process.wait()
        server.port = 6379
        server.command = ["ip", "netns", "exec", name, *server.command[:-1], "6379"]
        self.assertTrue(server.launch())
        return server


if __name__ == "__main__":
    harness.main()
