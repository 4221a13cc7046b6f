"""What the program answers to bad input: the exit code, exactly one sentence on standard error, and
nothing on standard output. Needs no server. Usage: test_usage.py PROGRAM"""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

TWO = ["redis://127.0.0.1:1", "redis://127.0.0.1:1"]  # never reached: the usage is wrong before

FORMS = "redis://host:6379, unix:///path/to/socket or local:redis-server"
COUNT = "write a whole number from"
SLICE = "write a time such as 250ms, or whole for one slice per run"
METRICS = "is not a metric; known are ops, p50, p99, p999, cpu and memory"

# What cannot be read: arguments, sentence, the command of the hint.
UNREADABLE = [
    (["compaare"], "unknown command 'compaare'; did you mean 'compare'?", ""),
    (["frobnicate"], "unknown command 'frobnicate'", ""),
    (["--frobnicate"], "unknown option '--frobnicate'", ""),
    (["help", "frobnicate"], "unknown command 'frobnicate'", ""),
    (["servers", "all"], 'servers takes no arguments; "all" was given', "servers"),
    (["servers", "--pairs", "3"], "unknown option '--pairs'", "servers"),
    (["doctor", "--json", "-"], "unknown option '--json'", "doctor"),
    (["run", "--pairs", "3", TWO[0]], "unknown option '--pairs'", "run"),
    (["compare", "--piplines", "3"],
     "unknown option '--piplines'; did you mean '--pipeline'?", "compare"),
    (["compare", "--pipe", "3"], "unknown option '--pipe'", "compare"),
    (["compare", "-clients", "3"],
     "unknown option '-clients'; did you mean '--clients'?", "compare"),
    (["compare", "-x"], "unknown option '-x'", "compare"),
    (["compare", "--html", "x"], "unknown option '--html'", "compare"),
    (["run", "--rate", "1k", "--load", "ramp:1k-2k"],
     "option '--load': --rate and --load exclude each other", "run"),
    (["run", "--load", "ramp:1k-2k", "--rate", "1k"],
     "option '--load': --rate and --load exclude each other", "run"),
    (["run", "--rate", "1k", "--rate", "2k"], "option '--rate' is given twice", "run"),
    (["compare", "--html", "x"], "unknown option '--html'", "compare"),
    (["compare", "--clients"], "option '--clients' needs a value: N", "compare"),
    (["compare", "-c"], "option '-c' needs a value: N", "compare"),
    (["compare", "--json", "--aa"], "option '--json' needs a value: FILE", "compare"),
    (["compare", "--aa=yes"], "option '--aa' takes no value; \"yes\" was given", "compare"),
    (["compare", "--aa", "--aa"], "option '--aa' is given twice", "compare"),
    (["compare", "-c", "5", "--clients=6"], "option '--clients' is given twice", "compare"),
    (["compare", "--json="], "option '--json': the value is empty; write a FILE", "compare"),
    (["compare", "redis://a", "redsi://b"],
     f'"redsi://b" is not a target; write for example {FORMS}', "compare"),
    (["compare", "redis://a", ""], f"a target is empty; write for example {FORMS}", "compare"),
    (["compare", "redis://a", "redis://b:0"],
     'port "0": write a number from 1 to 65535', "compare"),
    (["compare", "redis://a", "redis://b?ca=/x"],
     "ca= belongs to TLS: write rediss:// or leave it out", "compare"),
    (["run", "redis://u:secret@a/x"], 'database "x": write a number such as 0', "run"),
    (["doctor", "nowhere"], f'"nowhere" is not a target; write for example {FORMS}', "doctor"),
]

# Values that cannot be read: option, value, what is said behind 'option: "value"'.
SHAPE = (": write ramp:1k-10k, steps:1k,5k,10k (at most 64), burst:BASE,PEAK,PERIOD,LENGTH such as "
         "burst:1k,20k,5s,500ms, or sine:1k-10k,30s")
BAD_VALUES = [
    ("--preset", "fast", ": write quick, standard or rigorous"),
    ("--pairs", "0", f": {COUNT} 1 to 10,000"),
    ("--pairs", "10001", f": {COUNT} 1 to 10,000"),
    ("--slice", "250", f": {SLICE}"),
    ("--slice", "0", f": {SLICE}"),
    ("--margin", "ops=0", ": write a margin above 0 and below 100%, for example ops=2%"),
    ("--margin", "ops", ": write a margin above 0 and below 100%, for example ops=2%"),
    ("--gate", "speed", f" {METRICS}"),
    ("--gate", "", f" {METRICS}"),
    ("--max-pairs", "0", f": {COUNT} 1 to 10,000"),
    ("--time-budget", "15", ": write a time such as 500ms, 20s or 5m"),
    ("--warmup", "3", ": write a time such as 500ms, 20s or 5m"),
    ("--warmup", "25h", ": write at most 24 h 00 m"),
    ("--duration", "long", ": write a time such as 500ms, 20s or 5m"),
    ("--duration", "0", ": write at least 1.00 ms"),
    ("--requests", "0", f": {COUNT} 1 to 9,007,199,254,740,992"),
    ("--seed", "x", f": {COUNT} 0 to 9,007,199,254,740,991"),
    ("--seed", "-1", f": {COUNT} 0 to 9,007,199,254,740,991"),
    ("--ratio", "1", ": write writes:reads as whole numbers, not both 0, for example 1:4"),
    ("--ratio", "0:0", ": write writes:reads as whole numbers, not both 0, for example 1:4"),
    ("--keys", "0", f": {COUNT} 1 to 1,099,511,627,776"),
    ("--key-size", "0", ": write a size from 1 B to 512.0 MiB"),
    ("--key-size", "1TB", ": write a size from 1 B to 512.0 MiB"),
    ("--key-dist", "zipf",
     ": write uniform, zipf:THETA with a number above 0 such as zipf:0.99, hotspot:HOT:SHARE "
     "such as hotspot:0.2:0.8 (80% of the operations on 20% of the keys), gauss:SIGMA with a share of "
     "all keys such as gauss:0.1, latest, or seq"),
    ("--value-size", "9-1",
     ": write a size from 1 byte such as 100 or 4KiB, a range such as 100-1000, "
     "lognormal:MEAN:SD, or up to 256 sizes with weights such as 100:90,10k:10"),
    ("--workload", "x",
     " is no workload; tenbin workload list shows them, and a file's name ends with .yaml"),
    ("--data", "bits", ": write string, list, hash, set, zset, stream, hyperloglog, geo, bitmap or none"),
    ("--elements", "0", f": {COUNT} 1 to 16,777,216"),
    ("--hash-tags", "0", f": {COUNT} 1 to 1,099,511,627,776"),
    ("--values", "xml", ": write random, text, number or json"),
    ("--encode", "xml", ": write json or msgpack"),
    ("--compress", "gzip", ": write none, zlib or zlib:LEVEL (1 to 9), zstd or zstd:LEVEL (1 to 19), "
     "or lz4"),
    ("--compressibility", "2", ": write a share from 0 to 1, such as 0.5"),
    ("--ttl", "0", ": write a time from 1ms such as 60s, or a range such as 60s-90s"),
    ("--clients", "0", f": {COUNT} 1 to 100,000"),
    ("--clients", "1.5", f": {COUNT} 1 to 100,000"),
    ("--clients", "many", f": {COUNT} 1 to 100,000"),
    ("--threads", "0", f": {COUNT} 1 to 100,000"),
    ("--pipeline", "0", f": {COUNT} 1 to 10,000"),
    ("--pipeline", "10001", f": {COUNT} 1 to 10,000"),
    ("--rate", "fast", ": write operations per second such as 10k, from 0.001 to 1G"),
    ("--rate", "0", ": write operations per second such as 10k, from 0.001 to 1G"),
    ("--rate", "0.0001", ": write operations per second such as 10k, from 0.001 to 1G"),
    ("--rate", "2G", ": write operations per second such as 10k, from 0.001 to 1G"),
    ("--load", "ramp:5k", SHAPE),
    ("--load", "wave:1k-2k", SHAPE),
    ("--load", "steps:0,0", SHAPE),
    ("--load", "burst:1k,2k,1s,2s", SHAPE),
    ("--load", "sine:2k-1k,1s", SHAPE),
    ("--arrival", "sometimes", ": write poisson or constant"),
    ("--think-time", "5", ": write a time such as 500ms, 20s or 5m"),
    ("--timeout", "0", ": write at least 1.00 ms"),
    ("--timeout", "2h", ": write at most 1 h 00 m"),
    ("--resp", "4", ": write 2 or 3"),
]

# Each value can be read, together they make no sense: arguments, sentence.
IMPOSSIBLE = [
    (["compare", *TWO, "--gate", "ops,memory"],
     "option '--gate': memory is not measured here; write some of ops, p50, p99, p999, cpu, delivery-p50 "
     "and delivery-p99"),
    (["run", TWO[0], "--rate", "1k", "--think-time", "1ms"],
     "a think time belongs to a closed loop, a rate to an open one: leave one of them out"),
    (["run", TWO[0], "--rate", "1k", "--churn"],
     "a connection for each operation (churn) is a closed loop: leave the rate out"),
    (["run", TWO[0], "--arrival", "constant"],
     "arrivals belong to an open loop: give a rate, or leave them out"),
    (["run", TWO[0], "--load", "ramp:1k-2k", "--requests", "5"],
     "a ramp or steps span the duration of a run: leave the number of requests out"),
    (["run", TWO[0], "--churn", "--pipeline", "2"],
     "a connection for each operation (churn) has no pipeline: leave it at 1"),
    (["run", TWO[0], "--churn", "--think-time", "1s"],
     "churn connects anew at once: leave the think time out"),
    (["run", TWO[0], "--load", "steps:1k,2k", "--requests", "5"],
     "a ramp or steps span the duration of a run: leave the number of requests out"),
    (["compare", TWO[0]],
     "compare needs two targets or more, or --aa to weigh one against itself"),
    (["run"], "run measures one target; 0 were given"),
    (["run", *TWO], "run measures one target; 2 were given"),
    (["compare", "a=redis://h", "a=redis://i"], 'label "a" is given to two targets'),
    (["compare", *TWO, "--requests", "100", "--duration", "1s"],
     "options '--requests' and '--duration' exclude each other: a run ends by one of them"),
    (["compare", *TWO, "--max-pairs", "5"],
     "option '--max-pairs': 5 is less than the 6 pairs that are made before the first look; "
     "add --pairs"),
    (["compare", *TWO, "--clients", "2", "--threads", "3"],
     "3 threads for 2 clients: every thread needs a client"),
    (["compare", *TWO, "--slice", "5ms"], "slice: write at least 10ms, or whole"),
    (["compare", *TWO, "--duration", "100ms", "--slice", "200ms"],
     "slice: it is longer than the duration; write whole for one slice per run"),
    (["compare", *TWO, "--key-size", "10"],
     "key size in bytes: 10 is not from 19 to 536,870,912"),
    (["compare", *TWO, "--key-prefix", "a\tb"],
     "key prefix: write up to 1,024 bytes without control characters"),
    (["compare", *TWO, "--value-size", "1GiB"],
     "value size in bytes: 1,073,741,824 is not from 1 to 536,870,912"),
]


@contextlib.contextmanager
def closed_port():
    """A port of this machine that is taken but does not listen: connections are refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@contextlib.contextmanager
def web_server():
    """Answers whatever it is asked as a web server would."""
    answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client, contextlib.suppress(OSError):
                    client.recv(4096)
                    client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextlib.contextmanager
def silent_server():
    """Lets clients connect, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


class Usage(unittest.TestCase):
    program = None

    def start(self, arguments):
        return subprocess.run([self.program, *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=30)

    def check(self, arguments, code, sentence, hint=None):
        with self.subTest(arguments=arguments):
            done = self.start(arguments)
            wanted = f"tenbin: {sentence}\n"
            if hint is not None:
                wanted += f"Try 'tenbin {hint}{' ' if hint else ''}--help'.\n"
            self.assertEqual((done.stderr, done.stdout, done.returncode), (wanted, "", code))

    def test_what_cannot_be_read(self):
        for arguments, sentence, hint in UNREADABLE:
            self.check(arguments, 2, sentence, hint)

    def test_bad_values(self):
        for option, value, rest in BAD_VALUES:
            self.check(["compare", *TWO, f"{option}={value}"], 2,
                       f"option '{option}': \"{value}\"{rest}", "compare")

    def test_every_option_with_a_value_has_a_bad_one_here(self):
        described = self.start(["compare", "--help"]).stdout
        options = {words[0] for line in described.splitlines()
                   if (words := line[6:].split()) and words[0].startswith("--")
                   and len(words) > 1 and words[1].isupper()}
        # Any text can be read; commands and their weights are looked at together; what is wrong
        # inside of a line or a shape is quoted alone.
        unlimited = {"--json", "--store", "--key-prefix", "--command", "--weight", "--memtier",
                     "--redis-benchmark", "--object"}
        self.assertIn("--clients", options)
        self.assertLessEqual(options - unlimited, {option for option, _, _ in BAD_VALUES})

    def test_impossible_combinations(self):
        for arguments, sentence in IMPOSSIBLE:
            self.check(arguments, 2, sentence)

    def test_an_output_that_cannot_be_written_is_found_before_measuring(self):
        with tempfile.TemporaryDirectory() as folder:
            missing = os.path.join(folder, "missing", "result.json")
            for command in (["compare", *TWO], ["run", TWO[0]]):
                with self.subTest(command=command):
                    done = self.start([*command, "--json", missing])
                    self.assertEqual((done.returncode, done.stdout), (2, ""))
                    self.assertRegex(done.stderr, rf"\Atenbin: [^\n]*{missing}[^\n]*\n\Z")
            existing = os.path.join(folder, "result.json")
            with open(existing, "w", encoding="utf-8") as file:
                file.write("kept")
            with closed_port() as port:
                self.start(["run", f"redis://127.0.0.1:{port}", "--json", existing])
            with open(existing, encoding="utf-8") as file:
                self.assertEqual(file.read(), "kept")
            self.assertEqual(os.listdir(folder), ["result.json"])

    def check_unreachable(self, target, pattern):
        other = "redis://127.0.0.1:1"
        for arguments in (["run", target], ["compare", target, other]):
            with self.subTest(arguments=arguments):
                begin = time.monotonic()
                done = self.start(arguments)
                self.assertLess(time.monotonic() - begin, 6.5)
                self.assertEqual((done.returncode, done.stdout), (5, ""))
                self.assertRegex(done.stderr, rf"\Atenbin: [^\n]*{pattern}[^\n]*\n\Z")

    def test_a_closed_port(self):
        with closed_port() as port:
            begin = time.monotonic()
            self.check_unreachable(f"redis://127.0.0.1:{port}", f"127.0.0.1:{port}.*refused")
            self.assertLess(time.monotonic() - begin, 5)

    def test_a_socket_that_is_not_there(self):
        self.check_unreachable("unix:///nonexistent/socket", "/nonexistent/socket")

    def test_something_that_is_not_redis(self):
        with web_server() as port:
            self.check_unreachable(f"redis://127.0.0.1:{port}", f"127.0.0.1:{port}.*RESP")

    def test_somebody_who_says_nothing(self):
        with silent_server() as port:
            self.check_unreachable(f"redis://127.0.0.1:{port}", f"127.0.0.1:{port}")

    def test_a_program_that_is_not_there(self):
        self.check_unreachable("local:/nonexistent/redis-server", "/nonexistent/redis-server")
        self.check_unreachable("local:nonexistent-server", "nonexistent-server")

    def test_doctor_with_a_closed_port(self):
        with closed_port() as port:
            done = self.start(["doctor", f"redis://127.0.0.1:{port}"])
        self.assertEqual((done.returncode, done.stderr), (5, ""))
        self.assertRegex(done.stdout, rf"(?m)^bad +target +.*127\.0\.0\.1:{port}")

    def test_passwords_are_not_told(self):
        with closed_port() as port:
            for target in (f"redis://user:hush-hush@127.0.0.1:{port}",
                           f"redis://:hush-hush@127.0.0.1:{port}/x"):
                done = self.start(["run", target])
                self.assertNotIn("hush", done.stdout + done.stderr)

    def test_passwords_are_wiped_from_the_list_of_processes(self):
        with silent_server() as port:
            target = f"a=redis://user:hush-hush@127.0.0.1:{port}"
            arguments = [self.program, "run", "-c", "5", target]
            with subprocess.Popen(arguments, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as running:
                shown = b"hush"
                deadline = time.monotonic() + 4
                while b"hush" in shown and time.monotonic() < deadline:
                    time.sleep(0.05)
                    with open(f"/proc/{running.pid}/cmdline", "rb") as file:
                        shown = file.read()
                running.terminate()
        self.assertIn(f"a=redis://user:***@127.0.0.1:{port}".encode(), shown)

    def test_no_command_shows_the_usage(self):
        done = self.start([])
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"\AUsage: tenbin COMMAND ")

    def test_help_and_version_of_everything(self):
        commands = ["compare", "run", "report", "list", "show", "export", "import", "rm", "gc",
                    "servers", "doctor"]
        for name in commands:
            shown = [self.start(arguments) for arguments in
                     ([name, "--help"], [name, "-h"], ["help", name])]
            for done in shown:
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertRegex(done.stdout, rf"\AUsage: tenbin {name} ")
                self.assertEqual(done.stdout, shown[0].stdout)
        for arguments in (["--help"], ["-h"], ["help"]):
            done = self.start(arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            for name in commands:
                self.assertRegex(done.stdout, rf"(?m)^  {name} ")
        for arguments in (["--version"], ["-V"], *([name, "--version"] for name in commands)):
            done = self.start(arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"\Atenbin \d+\.\d+\.\d+\n\Z")

    def test_standard_output_that_cannot_be_written(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            for arguments in (["--help"], ["--version"], ["servers"], ["servers", "--json", "-"]):
                done = subprocess.run([self.program, *arguments], stdout=full, timeout=30,
                                      stderr=subprocess.PIPE, text=True, check=False)
                with self.subTest(arguments=arguments):
                    if arguments == ["servers"] and done.returncode == 0:
                        continue  # no servers here: nothing to write
                    self.assertEqual((done.returncode, done.stderr),
                                     (2, "tenbin: standard output cannot be written\n"))


if __name__ == "__main__":
    Usage.program = sys.argv[1]
    with tempfile.TemporaryDirectory() as data:
        os.environ["XDG_DATA_HOME"] = data  # what is stored is not the user's
        unittest.main(argv=sys.argv[:1], verbosity=2)
