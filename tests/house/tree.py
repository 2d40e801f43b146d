"""The tree as git sees it: the files that the house tests look at."""

import argparse
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED_FOLDERS = {".git", "build", "var", "node_modules", "__pycache__"}


def files(*suffixes):
    """Every file of the tree with one of the suffixes (all files without), as paths relative to ROOT."""
    found = []
    stack = [ROOT]
    while stack:
        for entry in stack.pop().iterdir():
            if entry.is_dir():
                if entry.name not in SKIPPED_FOLDERS:
                    stack.append(entry)
            elif not suffixes or entry.suffix in suffixes:
                found.append(entry.relative_to(ROOT))
    return sorted(found)


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def includes(source):
    """(line number, 'own' or 'foreign', name) of each #include; a name in quotes is one of ours."""
    for match in INCLUDE.finditer(source):
        line = source.count("\n", 0, match.start()) + 1
        yield line, "own" if match.group(1) == '"' else "foreign", match.group(2)


def build_folder():
    """The folder of the build, from the command line: --build FOLDER."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    return parser.parse_args().build
