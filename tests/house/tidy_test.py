"""Every folder explains itself, files stay readable, and nothing of somebody's machine is left in them."""

import pathlib
import re
import sys
import unittest

import tree

LINES_MAX = 500
SOURCE_SUFFIXES = (".h", ".cc", ".def", ".py", ".sh", ".pl", ".pm", ".js", ".lua", ".sql", ".md", ".toml")
SCRIPTS_WITHOUT_SUFFIX = (".ci/run", "packaging/check", "packaging/quickstart")

FORBIDDEN = [
    (re.compile(r"/(?:home|root|work|Users)/[A-Za-z0-9_]"), "a path of somebody's machine"),
    (re.compile(r"\b(?:TODO|FIXME|XXX)\b"), "unfinished work without an issue"),
]


def sources():
    return [f for f in tree.files(*SOURCE_SUFFIXES)] + [pathlib.Path(s) for s in SCRIPTS_WITHOUT_SUFFIX]


def found_words(name, source):
    for number, line in enumerate(source.splitlines(), 1):
        for pattern, reason in FORBIDDEN:
            if pattern.search(line):
                yield f"{name}:{number}: {reason}: {line.strip()[:80]}"


def is_explained(folder):
    """A folder has a page of its own, or the page of a folder above it speaks of it by name."""
    if (tree.ROOT / folder / "README.md").exists():
        return True
    page = next((p / "README.md" for p in folder.parents if (tree.ROOT / p / "README.md").exists()), None)
    return page is not None and folder.relative_to(page.parent).parts[0] in tree.text(page)


class TidyTest(unittest.TestCase):
    def test_every_folder_has_a_page(self):
        folders = {p for f in tree.files() for p in f.parents if str(p) != "."}
        self.assertEqual([], [str(f) for f in sorted(folders) if not is_explained(f)])

    def test_no_page_is_empty(self):
        empty = [str(f) for f in tree.files(".md") if len(tree.text(f).split()) < 40]
        self.assertEqual([], empty)

    def test_no_file_is_longer_than_a_reader_likes(self):
        long = {str(f): n for f in sources() if (n := tree.text(f).count("\n")) > LINES_MAX}
        self.assertEqual({}, long)

    def test_nothing_forbidden_is_written(self):
        own = pathlib.Path("tests/house/tidy_test.py")  # names the words it looks for
        problems = [p for f in sources() if f != own for p in found_words(str(f), tree.text(f))]
        self.assertEqual([], problems)

    def test_forbidden_words_are_found(self):
        self.assertTrue(list(found_words("x", "see /home/" + "someone/x.h")))
        self.assertTrue(list(found_words("x", "// TO" + "DO: later")))
        self.assertFalse(list(found_words("x", "#!/usr/bin/env bash")))

    def test_a_page_links_only_to_what_is_there(self):
        link = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
        dead = [f"{f}: {target}" for f in tree.files(".md") for target in link.findall(tree.text(f))
                if not (tree.ROOT / f.parent / target).exists()]
        self.assertEqual([], dead)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
