"""Every checker in tools/ reports what is planted for it, with file and line, and nothing else."""

import json
import os
import subprocess
import tempfile
import unittest

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")

TABLE = """# Architecture

| Module | May include |
|---|---|
| `base` | nothing |
| `net` | `base` |
| `redis` | `base`, `net` |
| `cli` | all |
| `redis/resp_*`, `redis/info` | `base` |

Words after the table.
"""
BUILD = """modules = {
  'base': [],
  'net': ['base'],
  'redis': ['base', 'net'],
}
"""


class CheckerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def check(self, tool):
        result = subprocess.run(
            [os.path.join(TOOLS, tool), self.root], capture_output=True, text=True, check=False
        )
        self.assertEqual(result.stderr, "")
        findings = result.stdout.splitlines()
        self.assertEqual(result.returncode, 1 if findings else 0)
        return findings

    def assert_found(self, tool, *wanted):
        """Exactly these findings, each told by how it begins."""
        findings = self.check(tool)
        self.assertEqual(len(findings), len(wanted), findings)
        for begin in wanted:
            self.assertTrue(any(f.startswith(begin) for f in findings), (begin, findings))


class Layers(CheckerTest):
    def setUp(self):
        super().setUp()
        self.write("docs/ARCHITECTURE.md", TABLE)
        self.write("meson.build", BUILD)
        self.write("src/base/str.h", "#include <string.h>\n")

    def test_allowed(self):
        self.write("src/net/loop.c", '#include "net/loop.h"\n#include "base/str.h"\n')
        self.write("src/redis/client.c", '#include "net/loop.h"\n#include "redis/info.h"\n')
        self.write("src/redis/resp_read.c", '#include "redis/resp_read.h"\n#include "base/str.h"\n')
        self.write("src/cli/main.c", '#include "redis/client.h"\n')
        self.write("tests/unit/net/loop.c", '#include "support/tap.h"\n#include "data/x.inc"\n')
        self.write("tests/unit/net/tcp.c", '#include "listener.h"\n#include "base/str.h"\n')
        self.write("tests/unit/net/listener.h", "")
        self.assert_found("check_layers")

    def test_upward(self):
        self.write("src/net/loop.c", '#include "net/loop.h"\n\n#include "redis/client.h"\n')
        self.assert_found("check_layers", 'src/net/loop.c:3: net may not include "redis/client.h"')

    def test_upward_behind_a_comment(self):
        self.write("src/net/a.c", '/* #include "redis/client.h" */\n#  include "cli/x.h"\n')
        self.assert_found("check_layers", "src/net/a.c:2:")

    def test_codec_does_no_input_or_output(self):
        self.write("src/redis/resp_read.c", '#include "net/loop.h"\n#include "redis/client.h"\n')
        self.assert_found("check_layers", "src/redis/resp_read.c:1:", "src/redis/resp_read.c:2:")

    def test_unknown_module_and_path_without_module(self):
        self.write("src/extra/a.c", '#include "base/str.h"\n')
        self.write("src/net/b.c", '#include "loop.h"\n')
        self.assert_found("check_layers", "src/extra/a.c:1:", "src/net/b.c:1:")

    def test_unit_test_reaches_too_far(self):
        self.write("tests/unit/net/loop.c", '#include "redis/client.h"\n')
        self.assert_found("check_layers", "tests/unit/net/loop.c:1:")

    def test_table_and_build_differ(self):
        self.write("meson.build", BUILD.replace("'net': ['base'],", "'net': [],\n  'os': [],"))
        self.assert_found(
            "check_layers",
            "docs/ARCHITECTURE.md:3: net differs from meson.build: base",
            "docs/ARCHITECTURE.md:3: module os of meson.build is not in the table",
        )

    def test_cycle(self):
        self.write("docs/ARCHITECTURE.md", TABLE.replace("| nothing |", "| `net` |"))
        self.write("meson.build", BUILD.replace("'base': []", "'base': ['net']"))
        findings = self.check("check_layers")
        self.assertTrue(any("base is in a cycle" in f for f in findings), findings)

    def test_no_table(self):
        self.write("docs/ARCHITECTURE.md", "nothing here\n")
        self.assert_found("check_layers", "docs/ARCHITECTURE.md:1: no module table")


class Limits(CheckerTest):
    def function(self, lines=1, branches=0, parameters="void"):
        body = "".join(f"    if (x == {i}) {{ x++; }}\n" for i in range(branches))
        body += "    x++;\n" * (lines - 2 - branches)
        return f"int f({parameters})\n{{\n{body}}}\n"

    def test_at_the_limits(self):
        # pmccabe counts from the line of the name to the closing brace.
        five = "int a, int b, void (*c)(int, int), int d, struct pair e"
        self.write("src/base/a.c", self.function(lines=79, branches=14, parameters=five))
        self.assert_found("check_limits")

    def test_function_too_long(self):
        self.write("src/base/a.c", "\n" + self.function(lines=90))
        self.assert_found("check_limits", "src/base/a.c:2: f: lines")

    def test_too_complex(self):
        self.write("tests/unit/base/a.c", self.function(lines=40, branches=15))
        self.assert_found("check_limits", "tests/unit/base/a.c:1: f: complexity 16")

    def test_a_switch_counts_once(self):
        cases = "".join(f"    case {i}: return {i};\n" for i in range(30))
        self.write("src/base/a.c", f"int f(int x)\n{{\n    switch (x) {{\n{cases}    }}\n}}\n")
        self.assert_found("check_limits")

    def test_too_many_parameters(self):
        six = "int a, int b, int c, int d, int e, int f"
        self.write("bench/a.h", f"static inline int\nmany({six})\n{{\n    return a;\n}}\n")
        self.assert_found("check_limits", "bench/a.h:1: many: parameters 6")

    def test_attributes_are_no_parameters(self):
        attribute = "__attribute__((format(printf, 1, 2), access(read_only, 1, 2), nonnull(1, 2)))"
        self.write("src/base/a.h", f"{attribute} static int g(int a)\n{{\n    return a;\n}}\n")
        self.assert_found("check_limits")

    def test_file_too_long(self):
        self.write("src/base/a.h", "int x;\n" * 801)
        self.assert_found("check_limits", "src/base/a.h:801: file: lines 801")


class Calls(CheckerTest):
    def test_owners_may(self):
        self.write("src/base/mem.c", "p = malloc(1);\nexit(70);\nfprintf(stderr, x);\n")
        self.write("src/cli/help.c", "printf(x);\n")
        self.write("src/report/terminal.c", "fputs(x, stdout);\n")
        self.write("src/os/clock.c", "clock_gettime(a, b);\n")
        self.assert_found("check_calls")

    def test_everybody_may(self):
        self.write(
            "src/net/a.c",
            "/* free(x) */ // exit(1)\n"
            's = "malloc(1)";\n'
            "ops->free(x); ops.exit(x); mem_free(x); uptime(x); fprintf(file, x); snprintf(b, 1, x);\n"
            "f(STR_ARG(str_prefix(x, 4)));\n",
        )
        self.assert_found("check_calls")

    def test_others_may_not(self):
        calls = (
            "p = malloc(1);",
            "free(p);",
            "q = strdup(p);",
            "printf(x);",
            "fprintf(stderr, x);",
            "fputs(x, stdout);",
            "perror(x);",
            "exit(1);",
            "_exit(1);",
            "t = time(NULL);",
            "gettimeofday(&t, NULL);",
            "clock_gettime(id, &t);",
            'f("%.*s", STR_ARG(str_split(&line, x)));',
        )
        self.write("src/net/a.c", "\n".join(calls) + "\n")
        self.assert_found("check_calls", *(f"src/net/a.c:{i + 1}:" for i in range(len(calls))))


class Words(CheckerTest):
    def test_ordinary_text(self):
        self.write(
            "README.md",
            "~/.cache, $HOME/x, /usr/bin, /tmp/x, docs/work/a, x.org/home/y, the home/work of it\n",
        )
        self.assert_found("check_words")

    def test_machine_paths(self):
        # Put together here, so that this file passes the check itself.
        for line, folder in enumerate(("root/x", "home/ann/x", "work/x"), 1):
            self.write(f"docs/{line}.md", "\n" * (line - 1) + "see /" + folder + "\n")
        self.assert_found("check_words", "docs/1.md:1:", "docs/2.md:2:", "docs/3.md:3:")

    def test_registry_hosts(self):
        hosts = ("pypi." + "org", "registry." + "npm" + "js.org", "deb." + "debian.org")
        self.write("tools/x", "".join(f"get https://{host}/x\n" for host in hosts))
        self.assert_found("check_words", *(f"tools/x:{i + 1}:" for i in range(len(hosts))))


class Counting(CheckerTest):
    def count(self, *entries):
        self.write("log.json", "".join(json.dumps(entry) + "\n" for entry in entries))
        return subprocess.run(
            [os.path.join(TOOLS, "count_tests"), os.path.join(self.root, "log.json")],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    def test_counts(self):
        rows = (
            ({"result": "OK", "stdout": "ok 1 - a\nok 2 - b\n1..2\n"}, "2 0 0"),
            ({"result": "OK", "stdout": "hello\n"}, "1 0 0"),
            ({"result": "OK"}, "1 0 0"),
            ({"result": "FAIL", "stdout": "ok 1\nnot ok 2\nnot ok 3\n"}, "1 2 0"),
            ({"result": "ERROR", "stdout": "ok 1\nok 2\n"}, "2 1 0"),
            ({"result": "TIMEOUT", "stdout": ""}, "0 1 0"),
            ({"result": "SKIP", "stdout": "1..0 # SKIP no server\n"}, "0 0 1"),
            ({"result": "OK", "stdout": "ok 1 # SKIP no server\nok 2\n"}, "1 0 1"),
            ({"result": "OK", "stdout": "ok 1 - 100 # of keys\n"}, "1 0 0"),
        )
        for entry, wanted in rows:
            with self.subTest(entry=entry):
                self.assertEqual(self.count(entry), wanted)

    def test_sums(self):
        passing = {"result": "OK", "stdout": "ok 1\n"}
        failing = {"result": "FAIL", "stdout": "not ok 1\n"}
        self.assertEqual(self.count(passing, failing, passing), "2 1 0")


if __name__ == "__main__":
    unittest.main()
