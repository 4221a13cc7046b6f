"""Each option, by what arrives at a real server."""

import collections
import os
import re
import threading
import time

import harness

# One thousand operations on one hundred keys by one client; no warm-up, so that nothing but loading,
# a sample of reads and the measured operations arrive.
TINY = {"--warmup": "0s", "--requests": "1000", "--keys": "100", "--clients": "1"}
ZIPF = 1.2


def tiny(*options):
    """TINY, but with these."""
    rest = [word for name, value in TINY.items() if name not in options for word in (name, value)]
    return [*options, *rest]


class Wire(harness.Case):
    """What arrives, seen by MONITOR."""

    def watch(self, *options, server=None, target=None):
        """(run, what arrived)"""
        server = server or self.serve()
        with harness.Monitor(server) as monitor:
            run = self.run_of(target or server.url, *tiny(*options))
        return run, monitor

    @staticmethod
    def key_numbers(seen):
        return [int(s.words[1].rsplit(":", 1)[1]) for s in seen]

    def test_ratio(self):
        for ratio, share in (("1:4", 0.2), ("1:1", 0.5), ("3:1", 0.75), ("0:1", 0), ("1:0", 1)):
            with self.subTest(ratio=ratio):
                run, monitor = self.watch("--ratio", ratio)
                writes = len(monitor.of("SET")) - 100
                reads = len(monitor.of("GET"))
                self.assertEqual(writes + reads, 1000 if ratio == "1:0" else 2000)
                self.assertAlmostEqual(writes / (writes + reads), share,
                                       delta=0.05 if 0 < share < 1 else 0)
                counted = {c["name"]: c["operations"] for c in run["commands"]}
                self.assertEqual(sum(counted.values()), 1000)
                self.assertAlmostEqual(counted.get("SET", 0) / 1000, share,
                                       delta=0.06 if 0 < share < 1 else 0)

    def test_all_keys_are_loaded_and_removed_by_name(self):
        _, monitor = self.watch("--keys", "321")
        loaded = monitor.of("SET")[:321]
        self.assertEqual(sorted(self.key_numbers(loaded)), list(range(321)))
        removed = [key for seen in monitor.of("UNLINK", "DEL") for key in seen.words[1:]]
        self.assertEqual(sorted(removed), sorted(seen.words[1] for seen in loaded))
        self.assertEqual(monitor.of("SCAN", "KEYS", "FLUSHALL", "FLUSHDB"), [])

    def test_key_prefix_and_size(self):
        _, monitor = self.watch("--key-prefix", "my app/", "--key-size", "64")
        keys = {seen.words[1] for seen in monitor.of("GET", "SET", "UNLINK")}
        self.assertEqual(len(keys), 100)
        for key in keys:
            self.assertEqual((len(key), key[:7]), (64, "my app/"))

    def test_two_runs_have_distinct_prefixes(self):
        server = self.serve()
        prefixes = set()
        for _ in range(2):
            _, monitor = self.watch("--seed", "1", server=server)
            prefixes |= {seen.words[1].rsplit(":", 1)[0] for seen in monitor.of("GET", "SET")}
        self.assertEqual(len(prefixes), 2)
        self.assertTrue(all(re.fullmatch(r"tenbin:[0-9a-f]+", prefix) for prefix in prefixes))

    def test_value_size(self):
        for option, low, high in (("333", 333, 333), ("20-60", 20, 60), ("1", 1, 1)):
            with self.subTest(option=option):
                _, monitor = self.watch("--value-size", option, "--ratio", "1:0", "--keys", "2000")
                written = monitor.of("SET")
                sizes = collections.Counter(len(seen.words[2]) for seen in written[:2000])
                self.assertEqual((min(sizes), max(sizes)), (low, high))
                self.assertEqual(len(sizes), high - low + 1)
                if high > low:  # 41 sizes of 2000 keys: each about 49 times
                    self.assertLess(max(sizes.values()), 90)
                values = {seen.words[1]: seen.words[2] for seen in written[:2000]}
                for seen in written:
                    self.assertEqual(seen.words[2], values[seen.words[1]], "a key keeps its value")

    def test_values_differ_and_do_not_compress(self):
        import zlib
        _, monitor = self.watch("--value-size", "1000", "--ratio", "1:0")
        loaded = [seen.words[2].encode("latin-1") for seen in monitor.of("SET")[:100]]
        self.assertEqual(len(set(loaded)), 100)
        for value in loaded[:10]:
            self.assertGreater(len(zlib.compress(value)), 700)
        self.assertGreater(len(zlib.compress(b"".join(loaded), 9)), 70_000)

    def test_sequential_keys(self):
        _, monitor = self.watch("--key-dist", "seq", "--ratio", "0:1")
        numbers = self.key_numbers(monitor.of("GET"))
        self.assertEqual(len(numbers), 2000)
        for before, after in zip(numbers[1000:], numbers[1001:]):
            self.assertEqual(after, (before + 1) % 100)

    def test_uniform_keys(self):
        _, monitor = self.watch("--ratio", "0:1", "--requests", "9000")
        counts = collections.Counter(self.key_numbers(monitor.of("GET")))
        self.assertEqual(len(counts), 100)
        # 10,000 draws: 100 of each key, standard deviation 10.
        self.assertLess(max(counts.values()), 160)
        self.assertGreater(min(counts.values()), 50)

    def test_zipf_keys(self):
        _, monitor = self.watch("--ratio", "0:1", "--requests", "9000", "--key-dist",
                                f"zipf:{ZIPF}")
        counts = collections.Counter(self.key_numbers(monitor.of("GET"))).most_common()
        weights = [rank ** -ZIPF for rank in range(1, 101)]
        for rank in range(3):
            share = counts[rank][1] / 10000
            self.assertAlmostEqual(share, weights[rank] / sum(weights), delta=0.02)
        hottest = [number for number, _ in counts[:5]]
        self.assertNotEqual(sorted(hottest), list(range(5)), "ranks are scrambled")

    def test_clients_are_connections(self):
        _, monitor = self.watch("--clients", "7", "--ratio", "0:1")
        self.assertEqual(len({seen.client for seen in monitor.of("GET")}), 7)

    def test_the_seed_decides_the_operations(self):
        streams = []
        for seed in ("5", "5", "6"):
            _, monitor = self.watch("--seed", seed)
            seen = monitor.of("GET", "SET")
            streams.append([(s.words[0], number, s.words[2:])
                            for s, number in zip(seen, self.key_numbers(seen))])
        self.assertEqual(streams[0], streams[1])
        self.assertNotEqual([step[:2] for step in streams[0]], [step[:2] for step in streams[2]])

    def test_the_seed_is_drawn_if_none_is_given(self):
        path = os.path.join(self.folder, "drawn.json")
        seeds = set()
        for _ in range(2):
            done = self.tenbin("run", harness.LOCAL_VALKEY, *tiny(), "--json", path)
            self.check_measured(done, path)
            seeds.add(self.read_result(path)["seed"])
        self.assertEqual(len(seeds), 2)

    def test_clients_have_streams_of_their_own(self):
        _, monitor = self.watch("--clients", "2", "--ratio", "0:1", "--seed", "5")
        by_client = collections.defaultdict(list)
        for seen in monitor.of("GET"):
            by_client[seen.client].append(seen.words[1])
        first, second = (keys[:200] for keys in by_client.values())
        self.assertNotEqual(first, second)

    def test_database(self):
        server = self.serve()
        for target in (server.url + "/3", f"unix://{server.path}?db=3"):
            _, monitor = self.watch(server=server, target=target)
            self.assertEqual({seen.database for seen in monitor.of("GET", "SET", "UNLINK")}, {3})

    def test_unix_socket(self):
        server = self.serve(by_socket=True)
        _, monitor = self.watch(server=server)
        self.assertEqual({seen.client.split(":")[0] for seen in monitor.of("GET")}, {"unix"})

    def test_another_scheme(self):
        server = self.serve()
        _, monitor = self.watch(server=server, target=server.url.replace("redis:", "valkey:"))
        self.assertGreater(len(monitor.of("GET")), 1000)

    def test_both_arms_get_the_same_operations(self):
        servers = [self.serve(harness.REDIS), self.serve(harness.VALKEY)]
        with harness.Monitor(servers[0]) as first, harness.Monitor(servers[1]) as second:
            self.measure("compare", *(server.url for server in servers), "--pairs", "1",
                         "--slice", "whole", "--load", "closed", *tiny())
        streams = [[seen.words for seen in monitor.of("GET", "SET", "UNLINK")]
                   for monitor in (first, second)]
        self.assertGreater(len(streams[0]), 2000)
        self.assertEqual(streams[0], streams[1])


class Meanwhile(harness.Case):
    """What can be seen of a run while it lasts."""

    LONG = ["--warmup", "0s", "--duration", "700ms", "--keys", "100"]

    def look(self, server, look, *options, target=None, auth=(), **named):
        """Runs and calls look(client, program) once the load is on; what that returned, the run."""
        path = os.path.join(self.folder, "result.json")
        with server.connect(*auth) as client:
            before = client.calls("get")
            program = self.begin("run", target or server.url, *self.LONG, *options, "--json",
                                 path, **named)
            harness.wait_until(lambda: program.process.poll() is not None
                               or client.calls("get") > before + 1200, "the load")
            seen = look(client, program) if program.process.poll() is None else None
        self.finish(program)
        return seen, self.check_measured(program, path)["cells"][0]["runs"][0]

    @staticmethod
    def loaders(client):
        return [c for c in client.clients() if c["cmd"] in ("get", "set")]

    def test_clients(self):
        server = self.serve()
        seen, _ = self.look(server, lambda client, _: len(self.loaders(client)), "-c", "13")
        self.assertEqual(seen, 13)

    def test_protocol(self):
        server = self.serve()
        for options, wanted in ((["--resp", "2"], "2"), (["--resp", "3"], "3"), ([], "3")):
            seen, _ = self.look(server, lambda client, _: {c["resp"] for c in self.loaders(client)},
                                *options)
            self.assertEqual(seen, {wanted})

    def test_threads(self):
        server = self.serve()
        threads = {}
        for count in (1, 3):
            threads[count], _ = self.look(
                server, lambda _, program: len(os.listdir(f"/proc/{program.process.pid}/task")),
                "--threads", str(count), "--clients", "6")
        self.assertEqual(threads[3] - threads[1], 2)

    def check_user(self, user, target, environment=None):
        seen, _ = self.look(self.server, lambda client, program: (
            {c["user"] for c in self.loaders(client)}, self.titles(program)),
            target=target, auth=("default", "root"), environment=environment)
        users, titles = seen
        self.assertEqual(users, {user})
        self.assertNotIn("s3cret", titles)

    @staticmethod
    def titles(program):
        """The command lines of the program and all below it."""
        pids = [program.process.pid, *harness.descendants(program.process.pid)]
        texts = []
        for pid in pids:
            with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
                texts.append(file.read())
        return "\n".join(texts)

    def test_logins(self):
        self.server = self.serve(harness.VALKEY, "--requirepass", "root")
        with self.server.connect("default", "root") as client:
            client("ACL", "SETUSER", "alice", "on", ">s3cret/@:", "~tenbin:*", "+@all")
        file = os.path.join(self.folder, "password")
        with open(file, "w", encoding="utf-8") as text:
            text.write("s3cret/@:\nsomething else\n")
        with_login = self.server.url_with
        self.check_user("alice", with_login("alice:s3cret%2F%40%3A"))
        self.check_user("alice", f"unix://alice:s3cret%2F%40%3A@{self.server.path}")
        self.check_user("alice", with_login("alice", f"?password-file={file}"))
        self.check_user("alice", with_login("alice", f"?password-command=cat%20{file}"))
        self.check_user("alice", with_login("alice"), {"TENBIN_PASSWORD": "s3cret/@:"})
        self.check_user("default", with_login(":root"))
        self.check_user("default", self.server.url, {"TENBIN_PASSWORD": "root"})

    def test_the_password_is_not_in_the_result(self):
        server = self.serve(harness.VALKEY, "--requirepass", "s3cret")
        done = self.tenbin("run", server.url_with(":s3cret"), *self.LONG, "--json", "-")
        self.assertIn(done.code, (0, 4))
        self.assertNotIn("s3cret", done.out + done.err)
        self.assertIn(":***@", done.out)


class Local(harness.Case):
    """Settings of servers that the program starts."""

    def server_while(self, target, look, *password):
        path = os.path.join(self.folder, "result.json")
        program = self.begin("run", target, "--warmup", "0s", "--duration", "1500ms", "--keys",
                             "100", "--json", path)
        pids = harness.wait_until(program.servers, "a server")
        port = harness.port_of(*pids)
        self.assertLessEqual(port, harness.LAST_PORT)
        with harness.wait_until(lambda: self.try_to_connect(port), "the server listens") as client:
            if password:
                client("AUTH", *password)
            harness.wait_until(lambda: client.calls("get") > 0, "the load")
            seen = look(client, *pids)
        self.check_measured(self.finish(program), path)
        return seen

    @staticmethod
    def try_to_connect(port):
        try:
            return harness.Client(("127.0.0.1", port))
        except ConnectionRefusedError:
            return None

    def test_settings(self):
        def look(client, pid):
            settings = client("CONFIG", "GET", "maxmemory*")
            return (dict(zip(settings[::2], settings[1::2])), client.info("server"),
                    dict(zip(*[iter(client("CONFIG", "GET", "*"))] * 2)), os.readlink(
                        f"/proc/{pid}/cwd"))

        settings, info, all_settings, folder = self.server_while(
            harness.LOCAL_VALKEY + "?maxmemory=100mb&maxmemory-policy=allkeys-lru", look)
        self.assertEqual((settings["maxmemory"], settings["maxmemory-policy"]),
                         ("104857600", "allkeys-lru"))
        self.assertEqual(info["valkey_version"], "8.0.1")
        self.assertEqual((all_settings["save"], all_settings["appendonly"]), ("", "no"))
        self.assertEqual(all_settings["bind"], "127.0.0.1")
        self.assertEqual(os.path.dirname(folder), self.temporary)
        self.assertRegex(os.path.basename(folder), r"\Atenbin-")

    def test_a_password_and_persistence(self):
        def look(client, pid):
            with open(f"/proc/{pid}/cmdline", encoding="utf-8") as title:
                return client("CONFIG", "GET", "appendonly")[1], title.read()

        appendonly, title = self.server_while(
            harness.LOCAL_REDIS + "?requirepass=s3cret%20%22%27&appendonly=yes", look,
            "default", "s3cret \"'")
        self.assertEqual(appendonly, "yes")
        self.assertNotIn("s3cret", title)

    def test_program_and_server_have_processors_of_their_own(self):
        every = os.sched_getaffinity(0)
        if len(every) < 2:
            self.skipTest("one processor")

        def look(_, pid):
            return os.sched_getaffinity(pid)

        self.assertLess(self.server_while(harness.LOCAL_VALKEY, look), every)


class Pipeline(harness.Case):
    """Operations in flight, seen by a server that does not answer for a while."""

    def test_pipeline(self):
        for depth in (1, 8):
            with self.subTest(depth=depth):
                waiting = []
                lock = threading.Lock()
                held = threading.Event()

                def answer(words):
                    if words[0] == b"GET" and not held.is_set():
                        with lock:
                            waiting.append(words[1])
                        return b""
                    return None

                server = self.fake(answer)
                program = self.begin("run", server.url, "--warmup", "0s", "--duration", "500ms",
                                     "--keys", "10", "--clients", "3", "--pipeline", str(depth),
                                     "--ratio", "0:1", "--timeout", "300ms")
                time.sleep(0.25)
                self.assertIsNone(program.process.poll(), "it waits for answers")
                with lock:
                    self.assertEqual(len(waiting), 3 * depth)
                held.set()
                program.process.kill()
                program.wait(10)


if __name__ == "__main__":
    harness.main()
