"""What values are made of, and what clients do to them: by what arrives at a server."""

import json
import os
import struct
import subprocess
import tempfile
import zlib

import harness

TINY = ["--warmup", "0s", "--clients", "1", "--requests", "400", "--keys", "50", "--ratio", "1:1"]
SHAPE = {"n": "int:-5:70000", "t": "text:3-40", "x": "number", "b": "bool", "l": [17, "hex:2"],
         "o": {"c": "choice:one|two"}}


def unpack(data, at=0):
    """(value, end) of the MessagePack at a place."""
    first = data[at]
    at += 1
    if first < 0x80:
        return first, at
    if first < 0x90:
        return unpack_map(data, at, first & 15)
    if first < 0xa0:
        return unpack_list(data, at, first & 15)
    if first < 0xc0:
        return data[at:at + (first & 31)].decode(), at + (first & 31)
    if first in (0xc2, 0xc3):
        return first == 0xc3, at
    if first >= 0xe0:
        return first - 256, at
    form = {0xcb: ">d", 0xcc: ">B", 0xcd: ">H", 0xce: ">I", 0xcf: ">Q", 0xd2: ">i", 0xd3: ">q",
            0xd9: ">B", 0xda: ">H", 0xdc: ">H", 0xde: ">H"}[first]
    number = struct.unpack_from(form, data, at)[0]
    at += struct.calcsize(form)
    if first in (0xd9, 0xda):
        return data[at:at + number].decode(), at + number
    if first == 0xdc:
        return unpack_list(data, at, number)
    if first == 0xde:
        return unpack_map(data, at, number)
    return number, at


def unpack_list(data, at, count):
    items = []
    for _ in range(count):
        item, at = unpack(data, at)
        items.append(item)
    return items, at


def unpack_map(data, at, count):
    found = {}
    for _ in range(count):
        name, at = unpack(data, at)
        found[name], at = unpack(data, at)
    return found, at


class Values(harness.Case):
    def stored(self, *options):
        """The run, and the values that it left behind."""
        server = self.serve()
        with harness.Monitor(server) as monitor:
            run = self.run_of(server.url, *TINY, "--keep-data", *options)
        self.assertEqual((run["errors"], run["misses"]), ({}, 0))
        with server.connect() as client:
            values = [client("GET", key).encode("latin-1") for key in client("KEYS", "*")]
        sent = {s.words[2].encode("latin-1") for s in monitor.of("SET")}
        self.assertEqual(sent, set(values))
        self.assertEqual(len(set(values)), 50)
        return run, values

    def check_shape(self, value):
        self.assertEqual(list(value), ["_id", "n", "t", "x", "b", "l", "o"])
        self.assertRegex(value["_id"], "^[0-9a-f]{16}$")
        self.assertTrue(-5 <= value["n"] <= 70000 and isinstance(value["n"], int))
        self.assertTrue(3 <= len(value["t"]) <= 40)
        self.assertTrue(0 <= value["x"] < 10000 and isinstance(value["b"], bool))
        self.assertEqual([len(item) for item in value["l"]], [2] * 17)
        self.assertIn(value["o"], ({"c": "one"}, {"c": "two"}))

    def test_documents_written_beforehand(self):
        run, values = self.stored("--object", json.dumps(SHAPE))
        for value in values:
            self.check_shape(json.loads(value))
        self.assertIsNone(run["client_work"]["serialise"])

    def test_serialising(self):
        for name, read in (("json", json.loads), ("msgpack", lambda data: unpack(data)[0])):
            with self.subTest(encode=name):
                run, values = self.stored("--object", json.dumps(SHAPE), "--encode", name)
                for value in values:
                    self.check_shape(read(value))
                work = run["client_work"]
                sets = next(c["operations"] for c in run["commands"] if c["name"] == "SET")
                self.assertEqual(work["serialise"]["count"], sets)
                self.assertEqual(work["values_made"], sets)
                self.assertEqual(work["parse"]["count"], run["hits"])
                self.assertEqual(work["plain_bytes"], work["stored_bytes"])
                self.assertIsNone(work["compress"])

    def test_compressing(self):
        run, values = self.stored("--values", "text", "--value-size", "1000-3000", "--compress",
                                  "zlib:9")
        plain = [zlib.decompress(value) for value in values]
        self.assertTrue(all(1000 <= len(text) <= 3000 and text.isascii() for text in plain))
        work = run["client_work"]
        self.assertEqual(work["decompress"]["count"], run["hits"])
        self.assertEqual(work["compress"]["count"], work["values_made"])
        self.assertLess(work["stored_bytes"], 0.6 * work["plain_bytes"])
        self.assertAlmostEqual(work["plain_bytes"] / work["values_made"],
                               sum(map(len, plain)) / 50, delta=200)

    def test_both_and_large_replies(self):
        """Documents of 90 KB come with several reads."""
        shape = json.dumps({"rows": [300, {"text": "text:250"}]})
        for compress in ("none", "lz4"):
            with self.subTest(compress=compress):
                run, _ = self.stored("--object", shape, "--encode", "json", "--compress", compress)
                self.assertEqual(run["client_work"]["values_taken"], run["hits"])
                self.assertEqual(run["client_work"]["parse"]["count"], run["hits"])

    def test_values_in_structures(self):
        server = self.serve()
        run = self.run_of(server.url, *TINY[:-2], "--data", "hash", "--elements", "5", "--encode",
                          "json", "--compress", "lz4", "--command", "HGETALL {key}", "--command",
                          "HSET {key} [{field} {value}]*2")
        counts = {c["name"]: c["operations"] for c in run["commands"]}
        self.assertEqual(run["client_work"]["values_taken"], 5 * counts["HGETALL"])
        self.assertEqual(run["client_work"]["values_made"], 2 * counts["HSET"])

    def test_numbers_can_be_counted_with(self):
        run = self.run_of(self.serve().url, *TINY[:-2], "--values", "number", "--value-size",
                          "1-9", "--command", "INCR {key}", "--command", "SET {key} {value}")
        self.assertEqual(run["errors"], {})

    def test_arms_get_the_same_bytes(self):
        seen = []
        for _ in range(2):
            with harness.Monitor(self.serve()) as monitor:
                self.run_of(self.attached[-1].url, *TINY, "--seed", "7", "--encode", "msgpack",
                            "--compress", "zstd", "--key-prefix", "p")
            seen.append(sorted(s.words[2] for s in monitor.of("SET")))
        self.assertEqual(*seen)

    def test_a_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", dir=self.folder) as file:
            file.write("data:\n  keys: 50\n  object:\n" +
                       "".join(f"    {name}: {json.dumps(kind)}\n" for name, kind in SHAPE.items()) +
                       "  encode: json\n  compress: zlib\n"
                       "operations: ['SET {key} {value}', 'GET {key}']\n")
            file.flush()
            run, values = self.stored_by("--workload", file.name)
        for value in values:
            self.check_shape(json.loads(zlib.decompress(value)))
        self.assertEqual(run["client_work"]["decompress"]["count"], run["hits"])

    def stored_by(self, *options):
        server = self.serve()
        run = self.run_of(server.url, *TINY[:6], "--keep-data", *options)
        with server.connect() as client:
            return run, [client("GET", key).encode("latin-1") for key in client("KEYS", "*")]

    def test_a_histogram_of_sizes(self):
        path = os.path.join(self.folder, "sizes")
        with open(path, "w", encoding="utf-8") as file:
            file.write("# bytes, how often\n10 1\n20 3\n")
        _, values = self.stored("--value-size", f"histogram:{path}")
        self.assertEqual({len(value) for value in values}, {10, 20})

    def test_what_is_refused(self):
        for options, sentence in (
                (["--values", "text", "--encode", "json"], "are for --values json"),
                (["--values", "json", "--value-size", "5"], "exclude each other"),
                (["--values", "number", "--value-size", "19"], "at most 18 digits"),
                (["--values", "text", "--compressibility", "0.5"], "only random values have one"),
                (["--value-size", "histogram:/nonexistent"], "/nonexistent"),
                (["--compress", "zlib:10"], "write none, zlib")):
            with self.subTest(options=options):
                done = subprocess.run([os.environ["TENBIN"], "run", "redis://127.0.0.1:1", *options],
                                      capture_output=True, text=True, check=False,
                                      timeout=harness.PATIENCE)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(sentence, done.stderr)


if __name__ == "__main__":
    harness.main()
