"""Each header compiles alone: whoever includes it needs to know nothing else.

To compile each by itself takes minutes, most of them for what all of them include. So headers are compiled many in one file, one behind
the other, in an order in which none can lean on those before it (Row.takes): all that they include from outside of the tree, it
includes as well, itself or by way of others of ours; and so it is with ours, or the build has shown that it lacks none of these: there a
foo.cc includes foo.h first, and before that stand standard headers alone, precompiled.
"""

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
STANDARD = re.compile(r"[a-z_]+")  # <string>, not <lua.hpp>


# --- what the build does

def commands(build):
    """Words of each compilation of the build, by the source's path."""
    entries = json.loads((build / "compile_commands.json").read_text())
    return {entry["file"]: shlex.split(entry["command"]) for entry in entries}


def flags(compilations):
    """Include folders of the whole build, with its warnings."""
    found = []
    for words in compilations:
        for i, word in enumerate(words):
            pair = [word, words[i + 1]] if word == "-isystem" else [word]
            if word.startswith(("-I", "-isystem")) and pair not in found:
                found.append(pair)
    return ["-std=c++20", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror",
            *[word for pair in found for word in pair]]


@functools.cache
def is_standard_alone(file):
    """Of a file that the build puts in front of a source."""
    return all(kind == "foreign" and STANDARD.fullmatch(name) for _, kind, name in tree.includes(pathlib.Path(file).read_text()))


def led(compilations):
    """Headers of ours that a source of the build includes first."""
    found = set()
    for source, words in compilations.items():
        forced = [words[i + 1] for i, word in enumerate(words) if word == "-include"]
        if all(is_standard_alone(file) for file in forced):
            first = next(tree.includes(pathlib.Path(source).read_text()), None)
            if first and first[1] == "own":
                found.add(first[2])
    return found


# --- which headers stand in one file

@functools.cache
def everything(header):
    """What a header includes, by way of others of ours too, and itself: (names from outside of the tree, ours)."""
    outside, ours = set(), {header}
    for _, kind, name in tree.includes(tree.text(header)):
        if kind == "own":
            for mine, theirs in zip((outside, ours), everything(name)):
                mine |= theirs
        else:
            outside.add(name)
    return frozenset(outside), frozenset(ours)


class Row:
    """Headers of one file, in their order, and what these include."""

    def __init__(self):
        self.headers, self.outside, self.ours = [], frozenset(), frozenset()

    def takes(self, header, is_led):
        """Whether that one can lean on nothing here."""
        outside, ours = everything(header)
        return self.outside <= outside and (is_led or self.ours <= ours)

    def add(self, header):
        outside, ours = everything(header)
        self.headers.append(header)
        self.outside, self.ours = self.outside | outside, self.ours | ours


def rows(headers, led_ones):
    """All of them, in as few rows as come easily: small ones first, each behind the longest that takes it."""
    made = []
    for header in sorted(headers, key=lambda one: (one in led_ones, *map(len, everything(one)), one)):
        fitting = [row for row in made if row.takes(header, header in led_ones)]
        if not fitting:
            made.append(Row())
        max(fitting, key=lambda row: len(row.outside), default=made[-1]).add(header)
    return made


class Compiler:
    """The build's, with its flags."""

    def __init__(self, options):
        self._command = [os.environ.get("CXX", "c++"), *options, f"-I{tree.ROOT}", "-fsyntax-only", "-x", "c++", "-"]

    def complaint(self, headers):
        """None, or what it says of a file that includes nothing but these headers, each twice."""
        source = "".join(f'#include "{header}"\n' for header in [*headers, *headers])
        done = subprocess.run(self._command, input=source, capture_output=True, text=True, check=False)
        return None if done.returncode == 0 else done.stderr[:600] or f"ended with {done.returncode}"

    def complaints(self, headers):
        """Of each that does not compile alone, or, if that is none of them, of all together."""
        together = self.complaint(headers)
        if together is None:
            return []
        alone = [f"{header}:\n{said}" for header in headers if (said := self.complaint([header]))]
        return alone or [f"{', '.join(headers)}:\n{together}"]


class HeadersTest(unittest.TestCase):
    def setUp(self):
        self.compilations = commands(tree.build_folder())
        self.compiler = Compiler(flags(self.compilations.values()))

    def test_every_header_compiles_alone(self):
        headers = [str(f) for f in tree.files(".h") if str(f).startswith(HEADER_FOLDERS)]
        self.assertGreater(len(headers), 20)
        longest_first = sorted(rows(headers, led(self.compilations)), key=lambda row: -len(row.ours))
        # Half of the machine: another test has the other half.
        with concurrent.futures.ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // 2)) as pool:
            found = pool.map(lambda row: self.compiler.complaints(row.headers), longest_first)
        problems = [problem for of_row in found for problem in of_row]
        self.assertEqual([], problems, "\n".join(problems))


class RowsTest(unittest.TestCase):
    """With files of nobody's."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.compiler = Compiler(flags(commands(tree.build_folder()).values()))

    def file(self, name, text):
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def test_a_header_that_leans_on_others_is_found(self):
        standing = self.file("a.h", "#pragma once\n#include <string>\ninline std::string Standing() { return {}; }\n")
        leaning = self.file("b.h", "#pragma once\ninline std::string Leaning() { return {}; }\n")
        twice = self.file("c.h", "inline int Twice() { return 2; }\n")
        self.assertEqual([], self.compiler.complaints([standing]))
        self.assertEqual([leaning], [said.split(":")[0] for said in self.compiler.complaints([leaning, standing])])
        self.assertEqual([twice], [said.split(":")[0] for said in self.compiler.complaints([standing, twice])])

    def test_a_header_stands_behind_none_on_which_it_could_lean(self):
        with_string = self.file("a.h", "#include <string>\n")
        without = self.file("b.h", "")
        with_more = self.file("c.h", "#include <deque>\n#include <string>\n")
        by_way_of = self.file("d.h", f'#include "{with_string}"\n#include <deque>\n')
        row = Row()
        row.add(with_string)
        self.assertFalse(row.takes(without, is_led=True))
        self.assertFalse(row.takes(with_more, is_led=False))
        self.assertTrue(row.takes(with_more, is_led=True))
        self.assertTrue(row.takes(by_way_of, is_led=False))

    def test_every_header_is_in_a_row(self):
        names = [self.file(f"{number}.h", text) for number, text in enumerate(["#include <string>\n", "", "#include <deque>\n"])]
        made = rows(names, set(names))
        self.assertEqual(sorted(names), sorted(header for row in made for header in row.headers))
        self.assertEqual(2, len(made))

    def test_a_header_is_led_by_a_source_that_has_nothing_of_ours_before_it(self):
        source = self.file("a.cc", '// A why.\n#include "a.h"\n\n#include "b.h"\n')
        standard, rig = self.file("standard.h", "#include <string>\n"), self.file("rig.h", '#include <string>\n#include "tests/rig.h"\n')
        self.assertEqual({"a.h"}, led({source: ["c++", source]}))
        self.assertEqual({"a.h"}, led({source: ["c++", "-include", standard, source]}))
        self.assertEqual(set(), led({source: ["c++", "-include", rig, source]}))
        self.assertEqual(set(), led({self.file("c.cc", '#include <deque>\n#include "c.h"\n'): ["c++"]}))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
