"""What the checkers share: which files there are, and C without comments and literals."""

import os
import re
import sys

SKIPPED = {".git", "__pycache__", "node_modules"}
LITERALS = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL
)


def root_of_arguments():
    """The tree to check: the first argument, or the repository that holds this file."""
    if len(sys.argv) > 1:
        return os.path.abspath(sys.argv[1])
    return os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def find(root, folders, suffixes=None):
    """Paths relative to root, sorted; build folders and the like are left out."""
    found = []
    for folder in folders:
        for path, names, files in os.walk(os.path.join(root, folder)):
            names[:] = [n for n in names if n not in SKIPPED and not is_build(path, n)]
            for name in files:
                if name in SKIPPED:  # .git is a file in a linked work tree
                    continue
                if suffixes is None or name.endswith(tuple(suffixes)):
                    found.append(os.path.relpath(os.path.join(path, name), root))
    return sorted(found)


def is_build(path, name):
    return os.path.exists(os.path.join(path, name, "meson-private"))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def without_comments(text, keep_strings=False):
    """The same text with comments (and literals) blanked; every line keeps its number."""

    def blank(match):
        token = match.group(0)
        if token[0] in "\"'":
            return token if keep_strings else token[0] + token[-1]
        return " " + "\n" * token.count("\n")

    return LITERALS.sub(blank, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def finish(findings):
    """Prints one finding per line; the exit status."""
    for finding in findings:
        print(finding)
    return 1 if findings else 0
