"""What workloads can say beyond single commands, by what arrives at real servers: steps that depend
on replies, transactions, several datasets, new keys, scripts and functions, every data type."""

import collections
import os
import re
import subprocess
import tempfile
import threading
import time

import cluster
import harness

TINY = ["--warmup", "0s", "--clients", "1", "--requests", "1000", "--keys", "50"]
SERVERS = ["redis-7.0.15", "valkey-8.0.1"]

CACHE = """
data: {type: string, value-size: 20}
operations:
  - name: read
    steps:
      - GET {key}
      - {command: 'SET {key} {value}', when: miss}
  - name: drop
    command: DEL {key}
"""
GROUP = """
data:
  type: stream
  elements: 3
  prepare: ['XGROUP CREATE {key} g 0']
operations:
  - name: consume
    steps:
      - XREADGROUP GROUP g {consumer:3} COUNT 1 STREAMS {key} >
      - {command: 'XACK {key} g {reply:1}', when: hit}
      - {command: 'XADD {key} * {field} {value}', when: miss}
"""
OPTIMISTIC = """
data: {type: string}
operations:
  - name: raise
    retry: 255
    steps: ['WATCH {key}', 'GET {key}', MULTI, 'SET {key} {value}', EXEC]
"""
TWO = """
data:
  - {name: users, type: hash, elements: 5}
  - {name: ranks, type: zset, keys: 7, elements: keys, value-size: 30}
  - {name: tags, type: set, keys: 9, elements: 3}
operations:
  - name: look
    steps:
      - ZRANGE {key:ranks} 0 4
      - {command: 'HGETALL {key:users:reply}', each: true}
  - name: note
    steps: ['SADD {key:tags} {random:4}', 'HSET {key} {field} {value}']
"""
INSERTS = """
data: {type: string, key-dist: latest}
operations:
  - {command: 'GET {key}', weight: 3}
  - {name: insert, command: 'SET {key:new} {value}'}
"""
SCRIPT = """
scripts:
  double: return redis.call('GET', KEYS[1]) .. ARGV[1]
operations:
  - {name: script, command: 'EVALSHA {script:double} 1 {key} x'}
"""
FUNCTION = """
functions:
  look-up: return redis.call('GET', keys[1])
operations:
  - {name: function, command: 'FCALL {function:look-up} 1 {key}'}
"""
THINKING = """
operations:
  - name: slow
    steps: ['GET {key}', {command: 'GET {key}', think: 20ms}]
"""

# Every data type's commands, with what they are tried on.
COMMANDS = {
    "string": """APPEND {key} x
        DECR {key:numbers} | GETDEL {key} | GETEX {key} EX 100 | GETRANGE {key} 0 3 | GETSET {key} {value}
        INCRBYFLOAT {key:numbers} 1.5 | LCS {hashtag}{key} {hashtag}{key} | MSET [{key} {value}]*2
        PSETEX {key} 100000 {value} | SET {key} {value} NX GET | SETNX {key} {value} | SETRANGE {key} 2 abc
        STRLEN {key} | SUBSTR {key} 0 1 | MGET [{key}]*2 | MSETNX [{key} {value}]*2""",
    "bitmap": """SETBIT {key} {index} {int:0:1} | GETBIT {key} {index} | BITCOUNT {key} | BITPOS {key} 1
        BITFIELD {key} INCRBY u8 0 1 | BITFIELD_RO {key} GET u8 0 | BITOP AND {key} {key} {key}""",
    "hyperloglog": """PFADD {key} {random:8} | PFCOUNT {key} | PFMERGE {key} {key}""",
    "geo": """GEOADD {key} {float:-180:180:6} {float:-85:85:6} {member}
        GEOSEARCH {key} FROMLONLAT {float:-180:180:6} {float:-85:85:6} BYRADIUS 1000 km
        GEOSEARCH {key} FROMMEMBER {member:stable} BYBOX 400 400 km ASC COUNT 10
        GEOPOS {key} {member:stable} | GEODIST {key} {member:stable} {member:stable} km | GEOHASH {key} {member}
        GEOSEARCHSTORE {key} {key} FROMLONLAT 0 0 BYRADIUS 20000 km""",
    "list": """LINSERT {key} BEFORE nothing x | LMOVE {key} {key} LEFT RIGHT | LPOS {key} x
        LSET {key} 0 {value} | LREM {key} 1 x | LTRIM {key} 0 1000 | LMPOP 1 {key} LEFT | RPUSHX {key} {value}
        SORT_RO {key} ALPHA LIMIT 0 5""",
    "set": """SMISMEMBER {key} [{member}]*3 | SRANDMEMBER {key} 2 | SPOP {key} | SINTERCARD 2 {key} {key}
        SUNION {key} {key} | SDIFF {key} {key} | SMOVE {key} {key} {member} | SSCAN {key} 0 | SUNIONSTORE {key} {key}""",
    "hash": """HINCRBY {key} n 1 | HINCRBYFLOAT {key} r 0.5 | HSETNX {key} {field} {value} | HRANDFIELD {key} 2
        HSTRLEN {key} {field} | HKEYS {key} | HVALS {key} | HEXISTS {key} {field} | HSCAN {key} 0 COUNT 10""",
    "zset": """ZCOUNT {key} 0 500000 | ZRANGEBYLEX {key} - + LIMIT 0 3 | ZMSCORE {key} [{member}]*2
        ZPOPMIN {key} | ZPOPMAX {key} | ZRANDMEMBER {key} | ZRANGE {key} 0 500000 BYSCORE LIMIT 0 5
        ZRANK {key} {member} | ZREMRANGEBYRANK {key} 1000 1010 | ZSCAN {key} 0 | ZUNION 2 {key} {key}
        ZINTERSTORE {key} 1 {key} | ZMPOP 1 {key} MIN | ZRANGESTORE {key} {key} 0 50""",
    "stream": """XADD {key} MAXLEN ~ 100 * {field} {value} | XLEN {key} | XRANGE {key} - + COUNT 3
        XREVRANGE {key} + - COUNT 3 | XREAD COUNT 2 STREAMS {key} 0 | XTRIM {key} MAXLEN 50 | XINFO STREAM {key}
        XDEL {key} 1-1""",
    "generic": """EXISTS {key} | EXPIRE {key} 1000 | PEXPIRE {key} 1000000 NX | TTL {key} | PTTL {key}
        EXPIRETIME {key} | PERSIST {key} | TYPE {key} | TOUCH {key} | OBJECT ENCODING {key} | DUMP {key}
        COPY {key} {key} REPLACE DB 1 | RENAMENX {key} {key} | UNLINK {key} | MEMORY USAGE {key}
        PING | ECHO hello | TIME | SCAN 0 COUNT 10 | DBSIZE""",
}


class Language(harness.Case):
    def program(self, *words):
        return subprocess.run([os.environ["TENBIN"], *words], capture_output=True, text=True, check=False,
                              timeout=harness.PATIENCE * 4)

    def watch(self, server, *options, tiny=tuple(TINY)):
        with harness.Monitor(server) as monitor:
            run = self.run_of(server.url, *options, *tiny)
        return run, monitor

    def file(self, text):
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "own.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def assert_empty(self, server):
        with server.connect() as client:
            self.assertEqual(client("DBSIZE"), 0)

    # ---- replies ----

    def test_misses_are_filled(self):
        for server in map(self.serve, SERVERS):
            _, monitor = self.watch(server, "--workload", self.file(CACHE))
            stored = set()
            fills = 0
            loaded = monitor.of("SET")[:50]
            stored.update(s.words[1] for s in loaded)
            wanted = None  # the key that must be filled now
            for seen in monitor.seen[monitor.seen.index(loaded[-1]) + 1:]:
                name, key = seen.words[0], seen.words[1] if len(seen.words) > 1 else None
                if name in ("GET", "DEL", "SET"):
                    self.assertEqual(wanted, key if name == "SET" else None)
                if name == "GET":
                    wanted = None if key in stored else key
                elif name == "SET":
                    stored.add(key)
                    wanted = None
                    fills += 1
                elif name == "DEL":
                    stored.discard(key)
            self.assertGreater(fills, 100)
            self.assert_empty(server)

    def test_entries_of_streams_are_acknowledged(self):
        for server in map(self.serve, SERVERS):
            for resp in ("2", "3"):
                run, monitor = self.watch(server, "--workload", self.file(GROUP), "--keep-data",
                                          "--resp", resp)
                self.assertEqual(run["errors"], {})
                with server.connect() as client:
                    for key in client("KEYS", "*"):
                        self.assertEqual(client("XPENDING", key, "g")[0], 0)
                    client("FLUSHALL")
                reads = len(monitor.of("XREADGROUP"))
                self.assertEqual(reads, len(monitor.of("XACK")) + len(monitor.of("XADD")) - 150)
                self.assertEqual(run["steps"], 2 * run["operations"])
                self.assertTrue(all(re.fullmatch(r"\d+-\d+", s.words[3]) for s in monitor.of("XACK")))

    def test_a_cursor_goes_on(self):
        text = ("operations:\n  - name: scan\n    steps: ['SCAN 0 COUNT 10', "
                "{command: 'SCAN {reply} COUNT 10', when: hit}]\n")
        _, monitor = self.watch(self.serve(), "--workload", self.file(text))
        cursors = [s.words[1] for s in monitor.of("SCAN")]
        self.assertEqual(set(cursors[::2]), {"0"})
        self.assertTrue(all(c.isdigit() for c in cursors[1::2]))
        self.assertNotIn("0", cursors[1::2])

    def test_dependent_steps_in_every_load(self):
        server = self.serve()
        path = self.file(CACHE)
        for options in (["--clients", "8", "--pipeline", "16"], ["--clients", "8", "--threads", "2"],
                        ["--rate", "5000"], ["--rate", "5000", "--clients", "4", "--pipeline", "4"],
                        ["--churn", "--clients", "4"], ["--think-time", "1ms", "--clients", "8"]):
            with self.subTest(options=options):
                run = self.run_of(server.url, "--workload", path, "--warmup", "0s", "--requests", "2000",
                                  "--keys", "50", *options)
                self.assertEqual((run["errors"], run["operations"]), ({}, 2000))
                reads = next(c for c in run["commands"] if c["name"] == "read")
                self.assertEqual(run["hits"] + run["misses"], reads["operations"])
                self.assertEqual(run["steps"], run["operations"] + run["misses"])
                self.assert_empty(server)

    def test_both_arms_get_the_same_draws(self):
        """Whatever replies say, what is drawn stays the same: every other arm has no data."""
        drawn = []
        for name in SERVERS:
            server = self.serve(name)
            _, monitor = self.watch(server, "--workload", self.file(CACHE), "--seed", "7",
                                    *(["--ttl", "1ms"] if name == SERVERS[0] else []))
            drawn.append([re.sub(r":\w+:", ":", s.words[1]) for s in monitor.of("GET", "DEL")])
        self.assertTrue(drawn[0] == drawn[1], list(zip(*drawn))[:20])

    # ---- time and transactions ----

    def test_thinking(self):
        run = self.run_of(self.serve().url, "--workload", self.file(THINKING), "--warmup", "0s",
                          "--clients", "2", "--requests", "40", "--keys", "50")
        self.assertGreaterEqual(run["measured_seconds"], 0.4)
        self.assertLess(run["latency"]["p50"], 20e6)
        self.assertEqual(run["steps"], 80)

    def test_transactions_begin_again(self):
        for server in map(self.serve, SERVERS):
            run, monitor = self.watch(
                server, "--workload", self.file(OPTIMISTIC),
                tiny=["--warmup", "0s", "--clients", "3", "--requests", "500", "--keys", "1"])
            self.assertEqual((run["errors"], run["operations"], run["aborted"]), ({}, 500, 0))
            self.assertGreater(run["retries"], 20)
            attempts = run["retries"] + 500 + (run["steps"] - 5 * (run["retries"] + 500)) // 5
            self.assertEqual(run["steps"], 5 * attempts)
            self.assertGreaterEqual(len(monitor.of("WATCH")), attempts)
            self.assertEqual(len(monitor.of("WATCH")), len(monitor.of("MULTI")))
            by_client = collections.defaultdict(list)
            for seen in monitor.of("WATCH", "GET", "MULTI", "EXEC"):
                by_client[seen.client].append(seen.words[0])
            for names in by_client.values():
                self.assertEqual(names, ["WATCH", "GET", "MULTI", "EXEC"] * (len(names) // 4))

    def test_given_up(self):
        path = self.file(OPTIMISTIC.replace("retry: 255", "retry: 1"))
        run = self.run_of(self.serve().url, "--workload", path, "--warmup", "0s", "--clients", "8",
                          "--requests", "500", "--keys", "1")
        self.assertEqual((run["errors"], run["operations"]), ({}, 500))
        self.assertGreater(run["aborted"], 0)

    # ---- data ----

    def test_several_datasets(self):
        for server in map(self.serve, SERVERS):
            with server.connect() as client:
                client("SET", "somebody:else", "x")
            run, monitor = self.watch(server, "--workload", self.file(TWO), "--keep-data")
            self.assertEqual(run["errors"], {})
            with server.connect() as client:
                kinds = collections.Counter()
                for key in client("KEYS", "tenbin:*"):
                    name = key.split(":")[2]
                    kinds[name, client("TYPE", key)] += 1
                    if name == "ranks":
                        self.assertEqual(client("ZCARD", key), 50)
                self.assertEqual(kinds, {("users", "hash"): 50, ("ranks", "zset"): 7, ("tags", "set"): 9})
                client("FLUSHALL")
                client("SET", "somebody:else", "x")
            self.assertEqual(run["steps"], sum({"look": 6, "note": 2}[c["name"]] * c["operations"]
                                               for c in run["commands"]))
            self.assertEqual(run["misses"], 0)
            ranks = [s for s in monitor.of("ZRANGE")]
            self.assertEqual(len({s.words[1] for s in ranks}), 7)
            self.run_of(server.url, "--workload", self.file(TWO), *TINY)
            with server.connect() as client:
                self.assertEqual(client("KEYS", "*"), ["somebody:else"])

    def test_new_keys(self):
        for server in map(self.serve, SERVERS):
            run, monitor = self.watch(server, "--workload", self.file(INSERTS),
                                      tiny=["--warmup", "0s", "--clients", "5", "--requests", "2000",
                                            "--keys", "50"])
            self.assertEqual((run["errors"], run["misses"]), ({}, 0))
            numbers = [int(s.words[1].split(":")[-1]) for s in monitor.of("SET")]
            self.assertEqual(len(numbers), len(set(numbers)))
            by_client = collections.Counter(n % 5 for n in numbers if n >= 50)
            self.assertEqual(len(by_client), 5)
            reads = collections.Counter(int(s.words[1].split(":")[-1]) >= 50 for s in monitor.of("GET"))
            self.assertGreater(reads[True], reads[False])
            self.assert_empty(server)

    def test_new_keys_in_every_pair(self):
        a, b = (self.serve(name) for name in SERVERS)
        for workload in (self.file(INSERTS), "ycsb-e"):
            result = self.measure("compare", f"a={a.url}", f"b={b.url}", "--workload", workload, "--pairs",
                                  "3", "--duration", "100ms", "--slice", "50ms", "--warmup", "0s",
                                  "--keys", "200")
            for run in result["cells"][0]["runs"]:
                self.assertEqual((run["errors"], run["misses"]), ({}, 0))
            self.assert_empty(a)
            self.assert_empty(b)

    def test_new_keys_of_a_run_that_is_interrupted(self):
        server = self.serve()
        path = self.file(INSERTS + "  - {name: f, command: 'FCALL {function:a} 1 {key}'}\n"
                                   "functions: {a: return 1}\n")
        for options in (["--clients", "4"], ["--rate", "20000", "--threads", "2", "--clients", "4"],
                        ["--threads", "2", "--clients", "5", "--pipeline", "8"]):
            with self.subTest(options=options), server.connect() as client:
                program = self.begin("run", server.url, "--workload", path, "--warmup", "0s", "--duration",
                                     "60s", "--keys", "50", *options)
                harness.wait_until(lambda: client("DBSIZE") > 500, "keys are inserted")
                program.interrupt()
                self.finish(program)
                self.assertEqual((client("DBSIZE"), client("FUNCTION", "LIST")), (0, []))

    # ---- scripts and functions ----

    def test_scripts(self):
        for server in map(self.serve, SERVERS):
            run, monitor = self.watch(server, "--workload", self.file(SCRIPT))
            self.assertEqual((run["errors"], run["scripts_loaded"]), ({}, 0))
            self.assertEqual(len({s.words[1] for s in monitor.of("EVALSHA")}), 1)
            self.assertEqual({s.words[2] for s in monitor.of("SCRIPT")},
                             {"return redis.call('GET', KEYS[1]) .. ARGV[1]"})
            self.assert_empty(server)

    def test_scripts_that_are_lost(self):
        server = self.serve()
        path = self.file(SCRIPT)
        with server.connect() as client:
            done = threading.Event()

            def flush():
                while not done.is_set():
                    client("SCRIPT", "FLUSH")
                    time.sleep(0.02)

            flusher = threading.Thread(target=flush)
            flusher.start()
            try:
                run = self.run_of(server.url, "--workload", path, "--warmup", "0s", "--duration", "500ms",
                                  "--clients", "4", "--pipeline", "4", "--keys", "50")
            finally:
                done.set()
                flusher.join()
        self.assertEqual(run["errors"], {})
        self.assertGreater(run["scripts_loaded"], 0)

    def test_functions(self):
        theirs = "#!lua name=theirs\nredis.register_function('theirs', function() return 1 end)"
        for server in map(self.serve, SERVERS):
            with server.connect() as client:
                client("FUNCTION", "LOAD", theirs)
            run, monitor = self.watch(server, "--workload", self.file(FUNCTION))
            self.assertEqual((run["errors"], run["operations"]), ({}, 1000))
            names = {s.words[1] for s in monitor.of("FCALL")}
            self.assertEqual(len(names), 1)
            self.assertRegex(names.pop(), r"^tenbin_\w+_functions_look_up$")
            with server.connect() as client:
                self.assertEqual([dict(zip(x[::2], x[1::2]))["library_name"]
                                  for x in client("FUNCTION", "LIST")], ["theirs"])
                self.assertEqual(client("DBSIZE"), 0)

    def test_a_function_that_cannot_be_loaded(self):
        path = self.file("functions: {bad: 'return ('}\noperations: ['FCALL {function:bad} 1 {key}']\n")
        server = self.serve()
        done = self.program("run", server.url, *TINY, "--workload", path)
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn("loading functions", done.stderr)
        self.assert_empty(server)

    # ---- clusters ----

    def test_clusters(self):
        nodes = cluster.Cluster(replicas=0)
        self.attached.append(nodes)
        for name, text in (("cache", CACHE), ("group", GROUP), ("two", TWO), ("inserts", INSERTS),
                           ("script", SCRIPT), ("function", FUNCTION), ("optimistic", OPTIMISTIC)):
            for options in (["--clients", "4"], ["--clients", "4", "--rate", "5000"]):
                with self.subTest(workload=name, options=options):
                    run = self.run_of(nodes.url, "--workload", self.file(text), "--warmup", "0s",
                                      "--requests", "1000", "--keys", "50", *options)
                    self.assertEqual((run["errors"], run["operations"], run["moved"]), ({}, 1000, 0))
                    self.assertEqual(len([n for n in run["nodes"] if n["operations"] > 0]), 3)
        self.assertEqual(nodes.keys(), 0)
        for node in nodes.primaries():
            with node.connect() as client:
                self.assertEqual(client("FUNCTION", "LIST"), [])

    # ---- commands of every type ----

    def test_commands_of_every_type(self):
        for server in map(self.serve, SERVERS):
            for kind, texts in COMMANDS.items():
                for command in filter(None, (t.strip() for t in re.split(r"[|\n]", texts))):
                    with self.subTest(command=command):
                        options = ["--data", "string" if kind == "generic" else kind, "--elements", "40",
                                   "--command", command]
                        if ":numbers}" in command:
                            text = ("data:\n  - {name: a}\n  - {name: numbers, type: none}\n"
                                    f"operations: ['{command}']\n")
                            options = ["--workload", self.file(text)]
                        run = self.run_of(server.url, *options, "--warmup", "0s", "--clients", "2",
                                          "--requests", "100", "--keys", "20")
                        self.assertEqual((run["errors"], run["operations"]), ({}, 100))
                        self.assertEqual(run["hits"] + run["misses"] > 0, self.reads(command), command)
                with server.connect() as client:
                    client("FLUSHALL")

    @staticmethod
    def reads(command):
        """Commands that only read, whose empty replies are misses."""
        writers = """APPEND DECR GETDEL GETEX GETSET INCRBYFLOAT MSET PSETEX SET SETNX SETRANGE MSETNX SETBIT
            BITFIELD BITOP PFADD PFMERGE GEOADD GEOSEARCHSTORE LINSERT LMOVE LSET LREM LTRIM LMPOP RPUSHX SPOP
            SMOVE SUNIONSTORE HINCRBY HINCRBYFLOAT HSETNX ZPOPMIN ZPOPMAX ZREMRANGEBYRANK ZINTERSTORE ZMPOP
            ZRANGESTORE XADD XTRIM XDEL EXPIRE PEXPIRE PERSIST TOUCH COPY RENAMENX UNLINK PING ECHO TIME""".split()
        return command.split()[0] not in writers

    # ---- what is refused ----

    def test_what_is_refused(self):
        target = self.serve().url
        for text, options, code, sentence in (
                (OPTIMISTIC, ["--pipeline", "2"], 2, "uses WATCH, which holds for a connection"),
                (THINKING, ["--rate", "100"], 2, "steps that think: they need a closed loop"),
                (INSERTS, ["--key-size", "20"], 2, "is not enough for new keys"),
                (TWO.replace("name: tags", "name: users"), [], 2, 'two datasets are called "users"'),
                (TWO.replace("name: tags", "name: new"), [], 2, 'a dataset is called "new"'),
                (SCRIPT.replace("script:double", "script:triple"), [], 2, "there is no such script"),
                (SCRIPT.replace(".. ARGV[1]", ".."), [], 5, "opening a session"),
                (CACHE.replace("when: miss", "when: none"), [], 2, "write hit, miss or always"),
                (GROUP.replace("XGROUP CREATE {key}", "XGROUP CREATE nothing"), [], 2,
                 "names no {key}"),
                (GROUP.replace("XGROUP CREATE {key} g 0", "LPUSH {key} x"), [], 4, "failed on 50")):
            with self.subTest(sentence=sentence):
                done = self.program("run", target, *TINY, "--workload", self.file(text), *options)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(sentence, done.stderr)

    def test_samples(self):
        sample = self.program("workload", "sample", self.file(TWO), "-n", "20", "--seed", "1").stdout
        self.assertRegex(sample, r"(?m)^ZRANGE tenbin:ranks:\d 0 4\n  \(for each text\) HGETALL tenbin:users:")
        sample = self.program("workload", "sample", self.file(GROUP), "-n", "1").stdout
        self.assertRegex(sample, r'\n  \(if found\) XACK tenbin:\d+ g "<reply 1>"\n  \(if not found\) XADD')
        sample = self.program("workload", "sample", self.file(THINKING), "-n", "1").stdout
        self.assertRegex(sample, r"\n  \(after 20 ms\) GET")


if __name__ == "__main__":
    harness.main()
