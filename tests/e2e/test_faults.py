"""What the world does in the middle of a run: names that move, networks that are cut, servers that
stand still for good, descriptors that run out. Nothing hangs, and the user reads one sentence."""

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
import unittest

import cluster
import harness

FAST = ["--warmup", "0s", "--keys", "500", "--clients", "5"]
IS_ROOT = os.geteuid() == 0


class Faults(harness.Case):
    def run_wrapped(self, prefix, *arguments, timeout=30):
        """The program behind another one (a shell with limits, a namespace); what it came to."""
        path = os.path.join(self.folder, "result.json")
        began = time.monotonic()
        done = subprocess.run([*prefix, os.environ["TENBIN"], *arguments, "--json", path],
                              env=self.environment, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=timeout, check=False)
        self.assertLess(time.monotonic() - began, timeout)
        result = self.read_result(path) if os.path.exists(path) else None
        return done, result

    def test_a_server_that_stands_still_for_good(self):
        server = self.serve()
        began = time.monotonic()
        program = self.begin("run", server.url, *FAST, "--duration", "2s", "--timeout", "500ms",
                             "--rate", "1000")
        with server.connect() as client:
            harness.wait_until(lambda: client.calls("get") > 1100, "the load")
        server.process.send_signal(signal.SIGSTOP)
        done = self.finish(program, 40)
        self.assertIn(done.code, (4, 5), done.out + done.err)
        self.assertLess(time.monotonic() - began, 35)
        server.process.send_signal(signal.SIGCONT)

    def test_an_endless_error(self):
        """An error line of 100 MB is no reply: the connection is given up, not the memory."""
        line = b"-ERR " + b"x" * (100 << 20) + b"\r\n"
        seen = []

        def answer(words):
            if words[0].upper() == b"GET":
                seen.append(1)
                if len(seen) in (1050, 1100):  # after the check that the data is there
                    return line
            return None

        server = self.fake(answer)
        run = self.run_of(server.url, "--warmup", "0s", "--keys", "10", "--clients", "2",
                          "--ratio", "0:1", "--requests", "200", code=4)
        self.assertGreaterEqual(run["errors"]["protocol"], 1)

    def test_descriptors_run_out(self):
        server = self.serve()
        done, _ = self.run_wrapped(["sh", "-c", 'ulimit -n 30; exec "$0" "$@"'], "run", server.url,
                                   "--clients", "100", "--duration", "1s")
        self.assertIn(done.returncode, (2, 5), done.stdout)
        self.assertIn("too many open files", done.stderr.lower())
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

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
        self.assertIn("resolve gone.example", done.stderr)
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
            self.ip("link", "set", link, "down")
            time.sleep(1)
            self.ip("link", "set", link, "up")
            done = self.finish(program, 30)
            self.assertIn(done.code, (0, 4), done.out + done.err)
            self.assertLess(time.monotonic() - began, 20)
            run, = self.read_result(path)["cells"][0]["runs"]
            self.assertGreaterEqual(run["latency"]["max"], 300_000_000)
            self.assertGreater(run["windows"][-1]["operations"], 500, "it came back")
            self.assertEqual(run["schedule"]["intended"], run["operations"]
                             + sum(run["errors"].values()) + run["schedule"]["outstanding"])

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

    @contextlib.contextmanager
    def namespace(self):
        name = f"tenbin-{os.getpid()}"
        link, other = f"tb{os.getpid()}a"[:15], f"tb{os.getpid()}b"[:15]
        try:
            self.ip("netns", "add", name)
        except subprocess.CalledProcessError as problem:
            raise unittest.SkipTest("network namespaces cannot be made here") from problem
        try:
            self.ip("link", "add", link, "type", "veth", "peer", "name", other, "netns", name)
            self.ip("addr", "add", "10.213.47.1/30", "dev", link)
            self.ip("link", "set", link, "up")
            for words in (["addr", "add", "10.213.47.2/30", "dev", other],
                          ["link", "set", other, "up"], ["link", "set", "lo", "up"]):
                self.ip("-n", name, *words)
            yield name, link, "10.213.47.2"
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
