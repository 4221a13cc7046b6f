"""Every option that the program's help names is in the man page and in the completion, and the
other way round. Usage: test_documents.py PROGRAM MAN_PAGE COMPLETION"""

import re
import subprocess
import sys
import unittest

COMMANDS = ["compare", "run", "calibrate", "suite", "report", "list", "show", "export", "import", "rm", "gc",
            "servers", "workload", "profile", "replay", "doctor"]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def options_of_help(text):
    """Long and short names from lines such as '  -c, --clients N   ...'."""
    names = set()
    for line in text.splitlines():
        found = re.match(r"  (?:(-\w), |    )(--[\w-]+)", line)
        if found:
            names.update(name for name in found.groups() if name)
    return names


def options_of_man_page(text):
    names = set()
    for line in re.findall(r"^\.It Fl .*", text, re.MULTILINE):
        names.update("--" + name for name in re.findall(r"\bFl Fl ([a-z][\w-]*)", line))
        names.update("-" + name for name in re.findall(r"(?<!Fl )Fl (\w)(?= )", line))
    return names


class Documents(unittest.TestCase):
    program = man_page = completion = None

    def help_of(self, *arguments):
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True, timeout=20)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def complete(self, *words):
        """What the completion offers for the last of the words."""
        script = """
            source "$1"; shift
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
            _tenbin 2>/dev/null
            ((${#COMPREPLY[@]} == 0)) || printf '%s\\n' "${COMPREPLY[@]}"
        """
        done = subprocess.run(
            ["bash", "--norc", "-c", script, "bash", self.completion, "tenbin", *words],
            capture_output=True, text=True, timeout=20)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_man_page_and_help_name_the_same_options(self):
        in_help = set().union(*(options_of_help(self.help_of(name, "--help")) for name in COMMANDS))
        self.assertGreater(len(in_help), 30)
        self.assertEqual(options_of_man_page(read(self.man_page)), in_help)

    def test_completion_offers_the_options_of_each_command(self):
        for name in COMMANDS:
            with self.subTest(command=name):
                wanted = options_of_help(self.help_of(name, "--help"))
                self.assertEqual(sorted(self.complete(name, "-")), sorted(wanted))

    def test_completion_offers_the_commands(self):
        overview = self.help_of("--help")
        listed = re.findall(r"^  ([a-z]+) ", overview, re.MULTILINE)
        self.assertEqual(sorted(self.complete("")), sorted(listed + ["--help", "--version"]))
        self.assertEqual(sorted(listed), sorted(COMMANDS + ["help"]))

    def test_man_page_describes_each_command(self):
        text = read(self.man_page)
        for name in COMMANDS + ["help"]:
            self.assertRegex(text, rf"(?m)^\.Cm {name}$")
            self.assertRegex(text, rf"(?m)^\.It Cm {name}$")

    def test_help_fits_80_columns(self):
        for arguments in [["--help"], *([name, "--help"] for name in COMMANDS)]:
            for line in self.help_of(*arguments).splitlines():
                self.assertLessEqual(len(line), 80, line)

    def test_completion_of_values(self):
        rows = [
            (["compare", "--preset", ""], ["quick", "standard", "rigorous"]),
            (["compare", "--preset", "s"], ["standard"]),
            (["compare", "--slice", "w"], ["whole"]),
            (["compare", "--gate", "p9"], ["p99", "p999"]),
            (["compare", "--gate", "ops,p99"], ["ops,p99", "ops,p999"]),
            (["run", "--key-dist", ""], ["uniform", "zipf:0.99", "hotspot:0.2:0.8", "gauss:0.1", "latest", "seq"]),
            (["run", "--clients", ""], []),
            (["run", "re"], ["redis://", "rediss://"]),
            (["compare", "local"], ["local:redis-server", "local:valkey-server"]),
            (["compare", "local:v"], ["valkey-server"]),
            (["suite", "l"], ["list"]),
            (["suite", "--budget", ""], []),
            (["suite", "elasticache", "local:v"], ["valkey-server"]),
            (["servers", ""], []),
            (["help", "d"], ["doctor"]),
        ]
        for words, wanted in rows:
            with self.subTest(words=words):
                self.assertEqual(self.complete(*words), wanted)


if __name__ == "__main__":
    Documents.program, Documents.man_page, Documents.completion = sys.argv[1:4]
    unittest.main(argv=sys.argv[:1], verbosity=2)
