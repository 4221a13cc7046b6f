"""What the end-to-end tests share: starting the program, real and fake servers, a small client, and
a look at what a run left behind. Needs the servers of tools/get-servers and nothing that is not in
Python's standard library.

The program under test is named by the environment variable TENBIN. A test file ends with
harness.main(), which reports a skip to meson where the servers are missing."""

import base64
import collections
import contextlib
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import socketserver
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIP = 77  # what meson takes for a skip
LAST_PORT = 22767  # below the ports for outgoing connections, also with a cluster port 10000 above
PATIENCE = 10  # seconds until something that must happen soon is taken as not happening

REDIS = "redis-7.0"
VALKEY = "valkey-8.0"
# What is stored is not the user's, also where a test starts the program with an environment of its own.
DATA_HOME = tempfile.TemporaryDirectory(prefix="e2e-data-")
os.environ["XDG_DATA_HOME"] = DATA_HOME.name

LOCAL_REDIS = "local:redis-server@7.0"
LOCAL_VALKEY = "local:valkey-server@8.0"


def wait_until(condition, what, patience=PATIENCE):
    """Polls until `condition` gives something true, and returns that."""
    end = time.monotonic() + patience
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience} s in vain: {what}")
        time.sleep(0.005)


# ---- processes ----


def become_reaper():
    """Orphans among our descendants become our children, so that none escapes descendants()."""
    pr_set_child_subreaper = 36
    ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0)


def read_processes():
    """pid -> (parent, state, command)"""
    processes = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        with contextlib.suppress(OSError):
            text = pathlib.Path("/proc", entry, "stat").read_text("utf-8", "replace")
            name, rest = text[text.index("(") + 1:].rsplit(")", 1)
            state, parent = rest.split()[:2]
            processes[int(entry)] = (int(parent), state, name)
    return processes


def descendants(ancestor, but=()):
    """pid -> command of the processes below `ancestor` that run, without those in `but` and below.
    """
    processes = read_processes()
    children = collections.defaultdict(list)
    for pid, (parent, _, _) in processes.items():
        children[parent].append(pid)
    found = {}
    todo = [ancestor]
    while todo:
        for pid in children[todo.pop()]:
            if pid not in but:
                todo.append(pid)
                if processes[pid][1] != "Z":
                    found[pid] = processes[pid][2]
    return found


# ---- a small client ----


class ReplyError(Exception):
    """An error reply."""


class Client:
    """Sends one command at a time. Replies: str for text (latin-1), int, list, dict, None."""

    def __init__(self, address, timeout=PATIENCE):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(address)
        except OSError:
            self.socket.close()
            raise
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.file.close()
        self.socket.close()

    def __call__(self, *words):
        self.socket.sendall(encode(words))
        return self.read()

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server has closed the connection")
        kind, rest = line[:1], line[1:-2].decode("latin-1")
        if kind == b"+":
            return rest
        if kind == b"-":
            raise ReplyError(rest)
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == "-1" else self.file.read(int(rest) + 2)[:-2].decode("latin-1")
        if kind == b"*":
            return None if rest == "-1" else [self.read() for _ in range(int(rest))]
        raise ValueError(f"unexpected reply {line!r}")

    def info(self, section="everything"):
        lines = self("INFO", section).splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def calls(self, command):
        """How often the server has executed a command."""
        stats = self.info("commandstats").get(f"cmdstat_{command}", "calls=0,")
        return int(re.match(r"calls=(\d+),", stats)[1])

    def clients(self):
        """CLIENT LIST as dictionaries."""
        return [dict(word.split("=", 1) for word in line.split(" "))
                for line in self("CLIENT", "LIST").splitlines()]

    def keys(self):
        return self("DBSIZE")


def encode(words):
    parts = [word if isinstance(word, bytes) else str(word).encode("latin-1") for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)


# ---- servers ----


def find_installed(name):
    """The folder of a fetched server ("valkey-8.0"), or None."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folders = sorted(pathlib.Path(cache, "tenbin", "servers").glob(f"{name}*/tenbin-server"))
    return folders[-1].parent if folders else None


class Server:
    """A server that is not the program's: started here, so that the program attaches to it."""

    def __init__(self, name=VALKEY, settings=(), by_socket=False):
        folder = find_installed(name)
        manifest = dict(line.split("=", 1)
                        for line in (folder / "tenbin-server").read_text().splitlines())
        self.engine = manifest["engine"]
        self.version = manifest["version"]
        self.folder = tempfile.mkdtemp(prefix="e2e-server-")
        self.path = os.path.join(self.folder, "socket")
        self.port = 0
        self.process = None
        base = [folder / manifest["loader"], "--library-path", folder / manifest["library-path"],
                folder / manifest["server"], "--save", "", "--unixsocket", self.path,
                "--enable-debug-command", "yes", *settings]
        for port in [0] if by_socket else self.some_ports():
            self.port = port
            self.command = [*base, "--port", str(port)]
            if self.launch():
                return
        raise AssertionError("no server could be started")

    @property
    def pids(self):
        return {self.process.pid}

    def restart(self):
        """Another process with the same address, and without data."""
        self.process.kill()
        self.process.wait()
        if not self.launch():
            raise AssertionError("the server could not be started again")

    @staticmethod
    def some_ports():
        start = 12000 + os.getpid() * 37 % 9000
        return range(start, min(start + 200, LAST_PORT), 7)

    def launch(self):
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(self.command, cwd=self.folder, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True)
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(OSError, ReplyError), Client(self.path) as client:
                client.socket.sendall(encode(["PING"]))
                client.file.readline()  # also NOAUTH is an answer
                return True
            time.sleep(0.005)
        self.process.kill()
        self.process.wait()
        return False

    @property
    def url(self):
        return f"unix://{self.path}" if self.port == 0 else f"redis://127.0.0.1:{self.port}"

    def url_with(self, login, rest=""):
        """The address with "user:password" in it, and what follows it."""
        scheme, place = self.url.split("://")
        return f"{scheme}://{login}{'@' if login else ''}{place}{rest}"

    def connect(self, *auth):
        client = Client(self.path)
        if auth:
            client("AUTH", *auth)
        return client

    @contextlib.contextmanager
    def stopped(self, seconds):
        """Stands still meanwhile."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            time.sleep(seconds)
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


Seen = collections.namedtuple("Seen", "database client words")


class Monitor:
    """Everything that arrives at a server between enter and exit, in `seen` afterwards."""

    LINE = re.compile(r"[\d.]+ \[(\d+) ([^\]]+)\] (.*)", re.DOTALL)
    WORD = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
    ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|.)", re.DOTALL)
    SHORT = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b"}

    def __init__(self, server):
        self.server = server
        self.seen = []
        self.lines = []

    def __enter__(self):
        self.client = self.server.connect()
        self.client("MONITOR")
        self.thread = threading.Thread(target=self.collect)
        self.thread.start()
        return self

    def __exit__(self, *_):
        with self.server.connect() as last:
            last("ECHO", "end-of-monitor")
        self.thread.join()
        self.client.close()
        self.seen = [self.parse(line) for line in self.lines]

    def collect(self):
        while True:
            line = self.client.read()
            if line.endswith('"ECHO" "end-of-monitor"'):
                return
            self.lines.append(line)

    def parse(self, line):
        database, client, rest = self.LINE.fullmatch(line).groups()
        words = tuple(self.ESCAPE.sub(self.unescape, word) for word in self.WORD.findall(rest))
        return Seen(int(database), client, words)

    def unescape(self, found):
        text = found[1]
        return chr(int(text[1:], 16)) if len(text) == 3 else self.SHORT.get(text, text)

    def of(self, *names):
        """What was seen of these commands."""
        return [seen for seen in self.seen if seen.words[0].upper() in names]


class FakeServer:
    """A server made of answers: `answer(words)` gives the bytes of a reply, b"" for none, or None
    for those of an ordinary server. Slow; for what no real server does."""

    INFO = ("# Server\r\nredis_version:7.0.99\r\nredis_mode:standalone\r\nprocess_id:1\r\n"
            "run_id:0123456789012345678901234567890123456789\r\ntcp_port:1\r\n"
            "uptime_in_seconds:1\r\n# Clients\r\nconnected_clients:1\r\n"
            "# Memory\r\nused_memory:1000000\r\n# Persistence\r\nloading:0\r\n"
            "# Stats\r\ntotal_commands_processed:1\r\n"
            "# CPU\r\nused_cpu_sys:1.0\r\nused_cpu_user:1.0\r\n"
            "used_cpu_sys_main_thread:1.0\r\nused_cpu_user_main_thread:1.0\r\n"
            "# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\n").encode()

    def __init__(self, answer=lambda words: None):
        self.answer = answer
        self.values = {}
        self.batches = []  # how many commands came with one read, per read
        fake = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError):
                    fake.serve(self.request)

        class Listener(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 200

        for port in Server.some_ports():
            with contextlib.suppress(OSError):
                self.listener = Listener(("127.0.0.1", port), Handler)
                break
        self.port = self.listener.server_address[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.listener.serve_forever, args=(0.02,))
        self.thread.start()

    def serve(self, connection):
        held = b""
        while True:
            data = connection.recv(1 << 16)
            if data == b"":
                return
            held += data
            count = 0
            replies = []
            while (found := self.take_command(held)) is not None:
                words, length = found
                held = held[length:]
                replies.append(self.reply(words))
                count += 1
            self.batches.append((words[0].upper() if count > 0 else b"", count))
            connection.sendall(b"".join(replies))

    @staticmethod
    def take_command(data):
        """(words, length) of the first whole command, or None."""
        end = data.find(b"\r\n")
        if end < 0:
            return None
        count, place, words = int(data[1:end]), end + 2, []
        for _ in range(count):
            end = data.find(b"\r\n", place)
            if end < 0:
                return None
            length = int(data[place + 1:end])
            place = end + 2 + length + 2
            if place > len(data):
                return None
            words.append(data[end + 2:end + 2 + length])
        return words, place

    def reply(self, words):
        own = self.answer(words)
        return self.ordinary(words) if own is None else own

    def ordinary(self, words):
        name = words[0].upper()
        if name == b"HELLO":
            return b"-ERR unknown command 'HELLO'\r\n"
        if name == b"INFO":
            return b"$%d\r\n%s\r\n" % (len(self.INFO), self.INFO)
        if name == b"PING":
            return b"+PONG\r\n"
        if name == b"SET":
            self.values[words[1]] = words[2]
        if name == b"GET":
            value = self.values.get(words[1])
            return b"$-1\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(value), value)
        if name in (b"DEL", b"UNLINK"):
            return b":%d\r\n" % sum(self.values.pop(w, None) is not None for w in words[1:])
        if name == b"DBSIZE":
            return b":%d\r\n" % len(self.values)
        return b"+OK\r\n"

    def end(self):
        self.listener.shutdown()
        self.listener.server_close()
        self.thread.join()


class SlowWay:
    """Between a client and a server: hands bytes on to the server later. Its `url` leads there."""

    def __init__(self, server, delay):
        way = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError), socket.create_connection(
                        ("127.0.0.1", server.port)) as other:
                    back = threading.Thread(target=way.carry, args=(other, self.request, 0),
                                            daemon=True)
                    back.start()
                    way.carry(self.request, other, delay)
                    back.join()

        class Listener(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        for port in Server.some_ports():
            with contextlib.suppress(OSError):
                self.listener = Listener(("127.0.0.1", port), Handler)
                break
        self.url = f"redis://127.0.0.1:{self.listener.server_address[1]}"
        self.thread = threading.Thread(target=self.listener.serve_forever, args=(0.02,))
        self.thread.start()

    @staticmethod
    def carry(source, sink, delay):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                time.sleep(delay)
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def end(self):
        self.listener.shutdown()
        self.listener.server_close()
        self.thread.join()


# ---- the program ----


class Program:
    """The program while it runs, and what it said when it has ended."""

    def __init__(self, arguments, environment, **options):
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [os.environ["TENBIN"], *arguments], env=environment, stdin=subprocess.DEVNULL,
            stdout=options.pop("stdout", subprocess.PIPE), stderr=subprocess.PIPE, text=True,
            start_new_session=True, **options)
        self.out = self.err = ""
        self.code = None
        self.seconds = 0

    def wait(self, timeout):
        try:
            out, err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        self.seconds = time.monotonic() - self.began
        self.out, self.err = out or "", err
        self.code = self.process.returncode
        return self

    def interrupt(self):
        """Ctrl-C: the signal goes to the whole group, as a terminal sends it."""
        os.killpg(self.process.pid, signal.SIGINT)

    def servers(self):
        """pid -> command of the servers it runs."""
        return {pid: name for pid, name in descendants(self.process.pid).items()
                if port_of(pid) is not None}


def port_of(pid):
    """The port in the title of a server's process, or None."""
    with contextlib.suppress(OSError):
        title = pathlib.Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace")
        found = re.search(r"-server 127\.0\.0\.1:(\d+)", title)
        return int(found[1]) if found else None
    return None


class Case(unittest.TestCase):
    """A test with a private folder for temporary files, where nothing may remain, and servers that
    end with it."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="e2e-")
        self.temporary = os.path.join(self.folder, "tmp")
        os.mkdir(self.temporary)
        self.environment = {**os.environ, "TMPDIR": self.temporary,
                            "XDG_DATA_HOME": os.path.join(self.folder, "data")}
        for name in ("TENBIN_PASSWORD", "NO_COLOR"):
            self.environment.pop(name, None)
        self.programs = []
        self.attached = []
        self.addCleanup(self.clean_up)

    def clean_up(self):
        for program in self.programs:
            if program.process.poll() is None:
                program.process.kill()
                program.process.communicate()
        for server in self.attached:
            server.end()
        for pid in descendants(os.getpid()):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0] != 0:
                pass
        shutil.rmtree(self.folder, ignore_errors=True)

    # Starting

    def serve(self, name=VALKEY, *settings, **options):
        server = Server(name, settings, **options)
        self.attached.append(server)
        return server

    def fake(self, answer=lambda words: None):
        server = FakeServer(answer)
        self.attached.append(server)
        return server

    def slow_way(self, server, delay):
        way = SlowWay(server, delay)
        self.attached.insert(0, way)
        return way

    def begin(self, *arguments, environment=None, **options):
        program = Program(arguments, {**self.environment, **(environment or {})}, **options)
        self.programs.append(program)
        return program

    def finish(self, program, timeout=60):
        """Waits for its end; nothing may remain then."""
        program.wait(timeout)
        self.assert_nothing_left()
        return program

    def tenbin(self, *arguments, timeout=60, **options):
        return self.finish(self.begin(*arguments, **options), timeout)

    def measure(self, *arguments, code=0, **options):
        """Runs a measuring command that is to end with `code`; its result. What it draws is the same
        every time, or a test of shares would fail now and then by chance."""
        path = os.path.join(self.folder, "result.json")
        if "--seed" not in arguments:
            arguments += ("--seed", "1")
        done = self.tenbin(*arguments, "--json", path, **options)
        if code == 0:
            return self.check_measured(done, path)
        self.assertEqual(done.code, code, done.out + done.err)
        return self.read_result(path)

    def check_measured(self, done, path):
        """The result of a program that has ended well. That its load generator was too slow for the
        server, as it may be with a sanitizer, is nothing that it did wrong."""
        text = done.out + done.err
        self.assertIn(done.code, (0, 4), text)
        result = self.read_result(path)
        if done.code == 4:
            reasons = {finding["code"] for finding in result["contract"]["findings"]
                       if finding["severity"] == "invalid"}
            self.assertIn("client-saturated", reasons, text)
            self.assertLessEqual(reasons, {"client-saturated", "no-valid-pairs"}, text)
        return result

    @staticmethod
    def read_result(path):
        return json.loads(pathlib.Path(path).read_text("utf-8"))

    def run_of(self, *arguments, **options):
        """The only run of `tenbin run`."""
        runs = self.measure("run", *arguments, **options)["cells"][0]["runs"]
        self.assertEqual(len(runs), 1)
        return runs[0]

    # Judging

    def known_processes(self):
        """Those of the servers that this test has started, also of those made of several."""
        found = set()
        for server in self.attached:
            found |= getattr(server, "pids", set())
        return found

    def assert_nothing_left(self, within=3):
        """No process but those that this test began, and no folder, after a moment at most."""
        def remains():
            left = descendants(os.getpid(), self.known_processes())
            return {**left, **{name: "folder" for name in os.listdir(self.temporary)}}

        end = time.monotonic() + within
        while remains() and time.monotonic() < end:
            time.sleep(0.01)
        self.assertEqual(remains(), {}, "left behind")

    def assert_schema(self, result):
        try:
            import jsonschema
        except ImportError:
            self.fail("python3-jsonschema is missing: tools/setup installs it")
        schema = json.loads((ROOT / "docs/tenbin-result.schema.json").read_text("utf-8"))
        jsonschema.validate(result, schema)

    def assert_refused(self, done, code, pattern):
        """Nothing but one sentence that matches, and the exit code."""
        self.assertEqual((done.code, done.out), (code, ""), done.err)
        self.assertRegex(done.err, rf"\Atenbin: [^\n]*{pattern}[^\n]*\n\Z")


# ---- histograms ----


class Histogram:
    """Reads the compressed V2 encoding of HdrHistogram; knows the interval of each sample."""

    def __init__(self, text):
        outer = base64.b64decode(text, validate=True)
        cookie, length = struct.unpack(">ii", outer[:8])
        assert cookie == 0x1c849314 and length == len(outer) - 8, "not a compressed V2 histogram"
        inner = zlib.decompress(outer[8:])
        cookie, length, _, digits, self.lowest, self.highest, _ = struct.unpack(">iiiiqqd",
                                                                               inner[:40])
        assert cookie == 0x1c849313 and digits == 3 and length == len(inner) - 40
        self.unit = self.lowest.bit_length() - 1
        self.bars = []  # (low, high, count), ascending; both ends included
        index, place = 0, 40
        while place < len(inner):
            number, place = self.zigzag(inner, place)
            if number < 0:
                index -= number
                continue
            if number > 0:
                self.bars.append((*self.interval(index), number))
            index += 1
        self.count = sum(count for _, _, count in self.bars)

    @staticmethod
    def zigzag(data, place):
        value = shift = 0
        for byte_number in range(9):
            byte = data[place]
            place += 1
            if byte_number == 8:
                value |= byte << shift
                break
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                break
        return (value >> 1) ^ -(value & 1), place

    def interval(self, index):
        """3 digits: 2048 steps in the first bucket, 1024 in each later one."""
        bucket, step = (index >> 10) - 1, (index & 1023) + 1024
        if bucket < 0:
            bucket, step = 0, step - 1024
        low = step << (bucket + self.unit)
        return low, low + (1 << (bucket + self.unit)) - 1

    def at(self, percent):
        """The interval in which the percentile lies."""
        wanted = max(1, -(-self.count * round(percent * 1000) // 100000))
        for low, high, count in self.bars:
            wanted -= count
            if wanted <= 0:
                return low, high
        raise ValueError("empty")


def main():
    if "TENBIN" not in os.environ:
        sys.exit("name the program in the environment variable TENBIN")
    if find_installed(REDIS) is None or find_installed(VALKEY) is None:
        print("the servers are not here; tools/get-servers fetches them")
        sys.exit(SKIP)
    become_reaper()
    unittest.main(verbosity=2)
