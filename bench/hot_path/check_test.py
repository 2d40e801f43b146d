#!/usr/bin/env python3
"""bench/hot-path judges as it says, and reads what its counters print. Needs no build."""

import importlib.machinery
import importlib.util
import pathlib
import sys
import unittest

BENCH = pathlib.Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(BENCH))


def script(name):
    """A script without a suffix, as a module."""
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(BENCH / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    sys.modules[loader.name] = module
    loader.exec_module(module)
    return module


hot_path, system_calls = script("hot-path"), script("system-calls")


class Judge(unittest.TestCase):
    def judge(self, name, was, now):
        return hot_path.judge(name, was, now).good

    def test_a_tenth_either_way_is_as_on_record(self):
        for now in (900, 1000, 1100):
            self.assertTrue(self.judge("relay.instructions", 1000, now))

    def test_more_than_a_tenth_is_not_whichever_way(self):
        for now in (899, 1101):
            self.assertFalse(self.judge("relay.instructions", 1000, now))

    def test_near_zero_a_few_of_a_whole_run_do_not_matter(self):
        self.assertTrue(self.judge("relay.allocations", 0, 0.01))
        self.assertFalse(self.judge("relay.allocations", 0, 0.02))

    def test_a_figure_that_is_not_on_record_is_told(self):
        self.assertFalse(self.judge("relay.allocations", None, 0))

    def test_the_record_has_every_figure_of_every_form(self):
        self.assertEqual({f"{form}.{what}" for form in hot_path.FORMS for what in hot_path.SLACK}, set(hot_path.read()))


class Lists(unittest.TestCase):
    def test_calls_between_the_marks_are_the_hubs(self):
        hub, peers = (f"getpgid({mark}) = -1 ESRCH" for mark in (hot_path.MARK_HUB, hot_path.MARK_PEERS))
        lines = ["read(3, 1)", hub, "read(3, 1)", "getpgid(0) = 7", peers, "recvfrom(4)", hub, "read(3, 1)", peers]
        self.assertEqual({"read": 2, "getpgid": 1}, hot_path.calls_of_hub(lines))

    def test_a_table_of_strace_is_read_with_and_without_errors(self):
        table = (" 36.68    0.009911        3303         3         1 restart_syscall\n"
                 "  1.85    0.000499           7        69           sendmsg\n"
                 "100.00    0.027021         113       238        12 total\n")
        self.assertEqual({"restart_syscall": 3, "sendmsg": 69}, system_calls.counts_in(table))


if __name__ == "__main__":
    unittest.main()
