"""Rows of the .def tables are unique, and every setting stands in the sample configuration."""

import re
import sys
import unittest

import tree

# Macro -> how many of its first arguments name a row. Rows of other macros must differ as a whole.
KEY_LENGTH = {"SETTING": 2, "ALPHABET": 2, "COMMAND": 1, "STATUS": 1, "TLV": 1, "EVENT": 1, "METRIC": 1, "SECTION": 1,
              "DROP": 1, "REFUSAL": 1, "MO_FIT": 1, "TRY_NEXT": 1, "OPTION": 1}

# Macro -> index of an argument that no two rows may share either.
UNIQUE_VALUE = {"STATUS": 1, "TLV": 1, "EVENT": 1}

ROW = re.compile(r"^([A-Z][A-Z0-9_]*)\(\s*(.*)\)", re.MULTILINE)


def rows(source):
    """(line, macro, [arguments]) of each row; strings keep their quotes, commas within them do not split."""
    for match in ROW.finditer(source):
        line = source.count("\n", 0, match.start()) + 1
        arguments = re.findall(r'"(?:[^"\\]|\\.)*"|[^,\s"][^,"]*', match.group(2))
        yield line, match.group(1), [a.strip() for a in arguments]


def twins(name, source):
    """Sentences about rows that share their name, or a value that must be theirs alone."""
    seen = {}
    for line, macro, arguments in rows(source):
        keys = [("name", tuple(arguments[:KEY_LENGTH.get(macro)]))]
        if macro in UNIQUE_VALUE:
            keys.append(("value", arguments[UNIQUE_VALUE[macro]]))
        for kind, key in keys:
            first = seen.setdefault((macro, kind, key), line)
            if first != line:
                yield f"{name}:{line}: {macro} repeats the {kind} {key} of line {first}"


def named_settings():
    """(section, name) of each row of the settings table."""
    for _, macro, arguments in rows(tree.text("server/config/settings.def")):
        if macro == "SETTING":
            yield arguments[0], arguments[1]


def sample_keys(sample):
    """(section, name) of each key of a sample file, commented out or not."""
    section = ""
    for line in sample.splitlines():
        if match := re.match(r"^#?\s*\[(\w+)\]", line):
            section = match.group(1)
        elif match := re.match(r"^#?\s*(\w+)\s*=", line):
            yield section, match.group(1)


class TablesTest(unittest.TestCase):
    def test_no_row_of_a_table_repeats_another(self):
        # GSM7_ROW is a dense array by position, its cells repeat for reserved code points.
        problems = [p for f in tree.files(".def") if f.name != "gsm7.def"
                    for p in twins(str(f), tree.text(f))]
        self.assertEqual([], problems)

    def test_a_repeated_row_is_found(self):
        self.assertTrue(list(twins("x.def", 'DROP(a, "x")\nDROP(a, "y, z")\n')))
        self.assertTrue(list(twins("x.def", "STATUS(a, 0x01)\nSTATUS(b, 0x01)\n")))
        self.assertFalse(list(twins("x.def", "SETTING(smpp, port, Int)\nSETTING(http, port, Int)\n")))

    def test_every_setting_stands_in_the_sample_file_and_nothing_else(self):
        table = set(named_settings())
        self.assertGreater(len(table), 10)
        sample = set(sample_keys(tree.text("packaging/hub.toml.sample")))
        self.assertEqual(set(), table - sample, "settings without a line in packaging/hub.toml.sample")
        self.assertEqual(set(), sample - table, "lines of packaging/hub.toml.sample that are no setting")

    def test_every_metric_and_event_is_written_somewhere(self):
        # A row that nothing writes is a promise of `hubctl status` and of the log's dictionary that nobody keeps.
        code = "\n".join(tree.text(f) for f in tree.files(".cc") + tree.files(".h") if str(f).startswith("server/"))
        used = set(re.findall(r"(?:Metric|Event)::(\w+)", code))
        for table in ("metrics", "events"):
            named = {arguments[0] for _, macro, arguments in rows(tree.text(f"server/telemetry/{table}.def"))
                     if macro in ("METRIC", "EVENT")}
            self.assertGreater(len(named), 20)
            self.assertEqual(set(), named - used, f"rows of {table}.def that no code writes")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
