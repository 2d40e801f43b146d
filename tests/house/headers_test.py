"""Each header compiles alone: whoever includes it needs to know nothing else.

The build does not prove it, although foo.cc includes foo.h first: its precompiled header stands before both. Here a header is
compiled behind precompiled standard headers too, or it would take minutes; but only behind such as it includes itself, or by way of
other headers of ours, each of which is compiled alone as well.
"""

import collections
import concurrent.futures
import functools
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

import tree

# Where the header of a program's own library is compiled with its folder's flags; these stand for all folders.
HEADER_FOLDERS = ("protocol/", "server/", "bench/load/", "tests/support/")
PRECOMPILED_MAX = 10  # sets of standard headers: each takes as long as some headers of ours
PRECOMPILED_COST = 30  # of one set, in standard headers that headers of ours need not read any more
STANDARD = re.compile(r"[a-z_]+")  # <string>, not <lua.hpp>


def flags(build):
    """Include folders and definitions of the whole build, from compile_commands.json, with the warnings of the build."""
    found = []
    for entry in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        for i, word in enumerate(words):
            pair = [word, words[i + 1]] if word == "-isystem" else [word]
            if word.startswith(("-I", "-isystem")) and pair not in found:
                found.append(pair)
    return ["-std=c++20", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror",
            *[word for pair in found for word in pair]]


@functools.cache
def standard_headers(header):
    """Names of the standard headers that a header of ours includes, by way of others of ours too."""
    found = set()
    for _, kind, name in tree.includes(tree.text(header)):
        if kind == "own":
            found |= standard_headers(name)
        elif STANDARD.fullmatch(name):
            found.add(name)
    return frozenset(found)


def sets_to_precompile(wanted):
    """Up to PRECOMPILED_MAX of the sets in `wanted`, such that most of each is within one of them."""
    counts, chosen = collections.Counter(wanted), []

    def gain(candidate):
        better = (len(candidate) - len(largest_within(one, chosen)) for one in counts.elements() if candidate <= one)
        return sum(more for more in better if more > 0) - PRECOMPILED_COST
    while len(chosen) < PRECOMPILED_MAX and gain(best := max(sorted(counts, key=sorted), key=gain)) > 0:
        chosen.append(best)
    return chosen


def largest_within(wanted, sets):
    """The largest of the sets that has nothing but what is wanted; an empty one if there is none."""
    return max((one for one in sets if one <= wanted), key=len, default=frozenset())


class Compiler:
    """The build's, with its flags, and a folder for precompiled headers."""

    def __init__(self, options, folder):
        self._command = [os.environ.get("CXX", "c++"), *options, f"-I{tree.ROOT}"]
        self._folder, self._precompiled = pathlib.Path(folder), {}  # set of standard headers -> file that includes them

    def precompile(self, names):
        """None, or the complaint."""
        file = self._folder / f"standard-{len(self._precompiled)}.h"
        file.write_text("".join(f"#include <{name}>\n" for name in sorted(names)))
        self._precompiled[names] = file
        return self._run("-x", "c++-header", file, "-o", f"{file}.gch")

    def alone(self, header, names):
        """None, or the complaint about a file that includes nothing but the header, twice. names: standard headers that it has itself."""
        source = f'#include "{header}"\n#include "{header}"\n'
        before = self._precompiled.get(largest_within(names, self._precompiled))
        first = ["-include", before, "-Winvalid-pch"] if before else []
        return self._run(*first, "-fsyntax-only", "-x", "c++", "-", source=source)

    def _run(self, *arguments, source=""):
        done = subprocess.run([*self._command, *map(str, arguments)], input=source, capture_output=True, text=True, check=False)
        return None if done.returncode == 0 else done.stderr[:600] or f"ended with {done.returncode}"


class HeadersTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.compiler = Compiler(flags(tree.build_folder()), folder.name)

    def test_every_header_compiles_alone(self):
        headers = [str(f) for f in tree.files(".h") if str(f).startswith(HEADER_FOLDERS)]
        self.assertGreater(len(headers), 20)
        for names in sets_to_precompile([standard_headers(header) for header in headers]):
            self.assertIsNone(self.compiler.precompile(names))

        def judge(header):
            return self.compiler.alone(header, standard_headers(header))
        # Half of the machine: another test has the other half.
        with concurrent.futures.ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // 2)) as pool:
            problems = [f"{header}:\n{said}" for header, said in zip(headers, pool.map(judge, headers)) if said]
        self.assertEqual([], problems, "\n".join(problems))

    def leaning(self, text):
        """A header of nobody's, compiled behind a precompiled <string> if it includes that."""
        self.assertIsNone(self.compiler.precompile(frozenset(["string"])))
        with tempfile.NamedTemporaryFile("w", suffix=".h") as header:
            header.write(text)
            header.flush()
            return self.compiler.alone(header.name, standard_headers(header.name))

    def test_a_header_that_leans_on_others_is_found(self):
        self.assertIsNotNone(self.leaning("#pragma once\ninline std::string Leaning() { return {}; }\n"))
        self.assertIsNotNone(self.leaning("#pragma once\n#include <string>\ninline std::string A(std::deque<int>) { return {}; }\n"))
        self.assertIsNone(self.leaning("#pragma once\n#include <string>\ninline std::string Standing() { return {}; }\n"))

    def test_what_is_precompiled_is_within_what_is_included(self):
        wanted = [frozenset(["string", "vector"])] * 40 + [frozenset(["string"])] * 40 + [frozenset(["map"])]
        sets = sets_to_precompile(wanted)
        self.assertEqual({frozenset(["string", "vector"]), frozenset(["string"])}, set(sets))
        self.assertEqual(frozenset(["string"]), largest_within(frozenset(["string", "map"]), sets))
        self.assertEqual(frozenset(), largest_within(frozenset(["map"]), sets))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
