"""tenbin profile: what comes back of a load that is known."""

import os
import re
import subprocess
import threading
import time

import cluster
import harness

LOAD = """
name: known
data:
  - {name: strings, keys: 3000, value-size: "40:1,400:3"}
  - {name: sessions, type: hash, keys: 1000, elements: 8, value-size: 30, ttl: 500s-900s}
  - {name: counters, keys: 500, values: number, value-size: 5}
  - {name: boards, type: zset, keys: 500, elements: 25}
operations:
  - {command: "GET {key}", weight: 50}
  - {command: "SET {key} {value}", weight: 20}
  - {command: "HGETALL {key:sessions}", weight: 15}
  - {command: "INCR {key:counters}", weight: 10}
  - {command: "ZSCORE {key:boards} {member}", weight: 5}
"""


def weights_of(text):
    return {name: int(weight) for name, weight in
            re.findall(r"- name: ([A-Z]+)\n    command: .*\n    weight: (\d+)", text)}


def datasets_of(text):
    """name -> the lines of a dataset, as a dictionary."""
    data = text.split("operations:")[0].split("data:\n")[1]
    found = {}
    for part in data.split("  - name: ")[1:]:
        lines = part.splitlines()
        found[lines[0]] = dict(line.strip().split(": ", 1) for line in lines[1:] if ": " in line)
    return found


class Profile(harness.Case):
    def program(self, *words, code=0):
        done = subprocess.run([os.environ["TENBIN"], *words], capture_output=True, text=True,
                              check=False, timeout=harness.PATIENCE * 6)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def under_load(self, url, *options):
        """What profile writes while the known load goes on."""
        path = self.write("known.yaml", LOAD)
        load = threading.Thread(target=self.run_of, args=(
            url, "--workload", path, "--rate", "2000", "-d", "15s", "--clients", "4"))
        load.start()
        time.sleep(2.5)
        done = self.program("profile", url, "-d", "2s", "--seed", "1", "--samples", "1000", *options)
        load.join()
        return done

    def check_known(self, text, factor=1):
        weights = weights_of(text)
        total = sum(weights.values())
        self.assertEqual(set(weights), {"GET", "SET", "HGETALL", "INCR", "ZSCORE"})
        for name, share in (("GET", 50), ("SET", 20), ("HGETALL", 15), ("INCR", 10), ("ZSCORE", 5)):
            self.assertAlmostEqual(100 * weights[name] / total, share, delta=3)
        data = datasets_of(text)
        self.assertEqual(set(data), {"string", "hash-expiring", "number", "zset"})
        for name, keys in (("string", 3000), ("hash-expiring", 1000), ("number", 500),
                           ("zset", 500)):
            self.assertAlmostEqual(int(data[name]["keys"]) * factor, keys, delta=0.15 * keys + 100)
        self.assertEqual((data["hash-expiring"]["elements"], data["zset"]["elements"]), ("8", "25"))
        self.assertEqual(data["hash-expiring"]["value-size"], "30")
        self.assertEqual(data["number"]["values"], "number")
        sizes = dict(pair.split(":") for pair in data["string"]["value-size"].split(","))
        small = sum(int(w) for s, w in sizes.items() if int(s) < 100)
        large = sum(int(w) for s, w in sizes.items() if int(s) > 300)
        self.assertAlmostEqual(large / (small + large), 0.75, delta=0.08)
        low, high = re.match(r"(\d+)ms-(\d+)ms", data["hash-expiring"]["ttl"]).groups()
        self.assertTrue(480000 < int(low) < 560000 and 840000 < int(high) <= 900000, (low, high))

    def test_a_known_load_comes_back(self):
        server = self.serve()
        done = self.under_load(server.url)
        self.check_known(done.stdout)
        self.assertIn("at most 10006 questions, 1000 per second at most", done.stderr)
        self.assertNotIn("tenbin:", done.stdout)
        with server.connect() as client:
            self.assertEqual((client.calls("monitor"), client.calls("keys")), (0, 0))

    def test_what_is_written_can_be_run(self):
        done = self.under_load(self.serve().url)
        path = self.write("profile.yaml", done.stdout)
        self.program("workload", "check", path)
        run = self.run_of(self.serve().url, "--workload", path, "--requests", "5000", "--warmup",
                          "0s")
        self.assertEqual(run["errors"], {})

    def test_a_cluster(self):
        nodes = cluster.Cluster(replicas=0)
        self.attached.append(nodes)
        self.check_known(self.under_load(nodes.url).stdout)

    def test_cost_is_bounded(self):
        server = self.serve()
        with server.connect() as client:
            for i in range(5000):
                client("SET", f"secret:{i}", "x" * 10)
        with harness.Monitor(server) as monitor:
            began = time.monotonic()
            done = self.program("profile", server.url, "-d", "100ms", "--samples", "50",
                                "--asking-rate", "200", code=4)
            took = time.monotonic() - began
        asked = [s for s in monitor.seen if s.words[0] not in ("HELLO", "CLIENT")]
        self.assertLessEqual(len(asked), 506)
        self.assertGreater(took, len(asked) / 200 * 0.8)
        self.assertEqual(done.stdout, "")
        self.assertIn("no command was seen", done.stderr)
        with server.connect() as client:
            self.assertEqual(client.keys(), 5000)

    def test_names_of_keys(self):
        server = self.serve()
        stop = threading.Event()

        def load():
            with server.connect() as client:
                while not stop.is_set():
                    client("SET", "secret:name", "value", "EX", "100")
                    client("GET", "secret:name")

        thread = threading.Thread(target=load)
        thread.start()
        hidden = self.program("profile", server.url, "-d", "500ms").stdout
        shown = self.program("profile", server.url, "-d", "500ms", "--show-keys").stdout
        stop.set()
        thread.join()
        self.assertNotIn("secret", hidden)
        self.assertIn("# prefix secret: 1 of the keys", shown)
        self.assertNotIn("secret:name", shown)
        self.assertIn("SET {key} {value} PX {ttl}", hidden)

    def test_a_capture(self):
        server = self.serve()
        path = self.write("known.yaml", LOAD)
        with harness.Monitor(server) as monitor:
            self.run_of(server.url, "--workload", path, "--requests", "4000", "--warmup", "0s",
                        "--clients", "3")
        lines = [line for line in monitor.lines if '"PEXPIRE"' not in line]
        capture = self.write("capture", "OK\n" + "\n".join(lines) + "\nnot a line\n")
        done = self.program("profile", capture)
        self.assertIn(f"{capture}:{len(lines) + 2}: it does not begin with a time", done.stderr)
        data = datasets_of(done.stdout)
        self.assertEqual(int(data["string"]["keys"]), 3500)  # counters are loaded with SET
        self.assertEqual(data["hash"]["elements"], "8")
        weights = weights_of(done.stdout)
        self.assertAlmostEqual(weights["GET"] / weights["HGETALL"], 50 / 15, delta=0.8)
        self.program("workload", "check", self.write("again.yaml", done.stdout))

    def test_what_is_refused(self):
        self.assertIn("write one target", self.program("profile", code=2).stderr)
        self.assertIn("no line of it", self.program("profile", self.write("x", "a\n"),
                                                    code=2).stderr)
        self.assertIn("nonexistent", self.program("profile", "/nonexistent", code=2).stderr)
        self.program("profile", "redis://127.0.0.1:1", code=5)


if __name__ == "__main__":
    harness.main()
