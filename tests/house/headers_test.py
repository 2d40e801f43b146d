"""Each header compiles alone: whoever includes it needs to know nothing else.

The build does not prove it, although foo.cc includes foo.h first: its precompiled header stands before both.
"""

import concurrent.futures
import json
import os
import shlex
import subprocess
import sys
import tempfile
import unittest

import tree

# Where the header of a program's own library is compiled with its folder's flags; these stand for all folders.
HEADER_FOLDERS = ("protocol/", "server/", "bench/load/", "tests/support/")


def flags(build):
    """Include folders and definitions of the whole build, from compile_commands.json, with the warnings of the build."""
    found = []
    for entry in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        for i, word in enumerate(words):
            pair = [word, words[i + 1]] if word == "-isystem" else [word]
            if word.startswith(("-I", "-isystem")) and pair not in found:
                found.append(pair)
    return ["-std=c++20", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror", "-fsyntax-only",
            *[word for pair in found for word in pair]]


def compile_alone(header, options):
    """None, or the compiler's complaint about a file that includes nothing but the header, twice."""
    with tempfile.NamedTemporaryFile("w", suffix=".cc") as source:
        source.write(f'#include "{header}"\n#include "{header}"\n')
        source.flush()
        compiler = os.environ.get("CXX", "c++")
        done = subprocess.run([compiler, *options, f"-I{tree.ROOT}", source.name],
                              capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else f"{header}:\n{done.stderr[:600]}"


class HeadersTest(unittest.TestCase):
    def test_every_header_compiles_alone(self):
        headers = [str(f) for f in tree.files(".h") if str(f).startswith(HEADER_FOLDERS)]
        self.assertGreater(len(headers), 20)
        options = flags(tree.build_folder())
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            problems = [p for p in pool.map(lambda h: compile_alone(h, options), headers) if p]
        self.assertEqual([], problems, "\n".join(problems))

    def test_a_header_that_leans_on_others_is_found(self):
        with tempfile.NamedTemporaryFile("w", suffix=".h") as header:
            header.write("#pragma once\ninline std::string Leaning() { return {}; }\n")
            header.flush()
            self.assertIsNotNone(compile_alone(header.name, ["-std=c++20", "-fsyntax-only"]))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
