#!/usr/bin/env python3
"""bench/compare chooses, measures the disk, tells and judges as it says. Needs no build."""

import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from comparison import disk, kinds, machine, measure, middles, plots, processes, report  # noqa: E402

FORMS = {form.name: form for form in middles.FORMS}


def sample(cpu_us=1.0, p99_ms=1.0):
    return measure.Sample(1000.0, cpu_us, 0.0, {name: p99_ms * 1000 for name in measure.QUANTILES}, 1 << 20, 0.0, 0.0)


def samples(**of):
    """One of each kind of load that suits the form. of: what is not 1 of a form, by its place here; a list: of each repeat."""
    def repeats(given):
        return given if isinstance(given, list) else [given]
    return {FORMS[name]: {kind: repeats(of.get(key, sample())) for kind in FORMS[name].loads}
            for key, name in (("direct", middles.DIRECT), ("relay", report.RELAY), ("durable", middles.DURABLE), ("disk", middles.DISK))}


def rows(text, name):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith(f"| {name} |")]


class Choice(unittest.TestCase):
    def names(self, *words):
        return {form.name for form in middles.chosen(words)}

    def test_the_disk_comes_with_the_hub_that_syncs_to_it(self):
        self.assertEqual({middles.DURABLE, "smpphub durable, 1 loop", middles.DISK}, self.names("durable"))
        self.assertEqual({middles.DISK}, self.names("disk alone"))
        self.assertEqual({middles.DIRECT, middles.HAPROXY}, self.names(middles.DIRECT, middles.HAPROXY))

    def test_it_is_right_behind_it_in_every_repeat(self):
        for repeats in range(1, 20):
            for number in range(repeats):
                turn = [form.name for form in measure.in_turn(middles.FORMS, number, repeats)]
                self.assertEqual(turn.index(middles.DURABLE) + 1, turn.index(middles.DISK))
                self.assertEqual(set(FORMS), set(turn))


class Length(unittest.TestCase):
    def test_a_steady_load_lasts_ten_seconds_at_least(self):
        self.assertEqual({"seconds": 10}, kinds.STEADY.length({"seconds": 2}))
        self.assertEqual({"seconds": 30}, kinds.STEADY.length({"seconds": 30}))
        self.assertEqual({"count": 300}, kinds.STEADY.length({"count": 300}))
        self.assertEqual({"seconds": 2}, kinds.WIDE.length({"seconds": 2}))


class Disk(unittest.TestCase):
    SYNC_S = 0.05

    def load(self, **load):
        """(result, records of each write)"""
        with tempfile.TemporaryDirectory() as folder, disk.start(folder, None, None) as alone:
            with mock.patch.object(alone, "keep", side_effect=lambda records: time.sleep(self.SYNC_S)) as keep:
                return alone.load(**load).result(), [call.args[0] for call in keep.call_args_list]

    def test_what_falls_due_in_a_sync_waits_for_its_end_and_is_written_together(self):
        result, writes = self.load(rate=1000, seconds=1)
        self.assertEqual((2000, 1000), (sum(writes), result["sent"]))
        self.assertLess(len(writes), 1 / self.SYNC_S + 3)
        self.assertGreater(result["latency_us"]["p99"], 2.9e6 * self.SYNC_S)
        self.assertGreater(result["latency_us"]["p50"], 2.3e6 * self.SYNC_S)

    def test_a_message_is_written_a_second_time_when_its_first_record_is_durable(self):
        result, writes = self.load(rate=10, count=3)
        self.assertEqual([1] * 6, writes)
        self.assertGreater(result["latency_us"]["p50"], 2e6 * self.SYNC_S)
        self.assertLess(result["latency_us"]["p50"], 3e6 * self.SYNC_S)

    def test_without_a_rate_all_are_due_at_once(self):
        self.assertEqual([500, 500], self.load(count=500)[1])

    def test_the_file_ends_and_begins_again_and_is_gone_afterwards(self):
        with tempfile.TemporaryDirectory() as folder:
            with mock.patch.object(disk, "SEGMENT_OCTETS", len(disk.ZEROES)), disk.start(folder, None, None) as alone:
                for _ in range(5):
                    alone.keep(1000)
                file, = pathlib.Path(folder).iterdir()
                self.assertEqual(len(disk.ZEROES), file.stat().st_size)
            self.assertEqual([], list(pathlib.Path(folder).iterdir()))


class Cpu(unittest.TestCase):
    def test_of_one_that_ended_counts(self):
        before = processes.cpu_ns_of_all(os.getpid())
        subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.2: pass"], check=True)
        self.assertGreater(processes.cpu_ns_of_all(os.getpid()) - before, 150_000_000)


class Stolen(unittest.TestCase):
    def test_is_a_part_of_all_that_passed_meanwhile(self):
        self.assertEqual(25, machine.stolen_percent((100, 1000), (150, 1200)))
        self.assertEqual(0, machine.stolen_percent((100, 1000), (100, 1000)))

    def test_idle_cores_are_not_wanted_and_what_guests_had_is_counted_once(self):
        with mock.patch.object(pathlib.Path, "read_text", return_value="cpu  10 20 30 400 50 6 7 80 9 10\ncpu0 1 1 1 1 1 1 1 1 1 1\n"):
            self.assertEqual((80, 153), machine.core_ticks())
        stolen, wanted = machine.core_ticks()
        self.assertLess(0, wanted)
        self.assertLessEqual(stolen, wanted)


class Disturbed(unittest.TestCase):
    def measured(self, *stolen):
        """(what was stolen from the load that counts, how many were made)"""
        with mock.patch.object(measure.rig, "say"):
            made = mock.Mock(side_effect=[dataclasses.replace(sample(), stolen=percent) for percent in stolen])
            counts = measure.undisturbed(made)
        self.assertEqual(made.call_count, counts.tries)
        return counts.stolen, counts.tries

    def test_a_load_that_had_its_cores_counts_at_once(self):
        self.assertEqual((measure.STOLEN_MAX, 1), self.measured(measure.STOLEN_MAX, 0))

    def test_one_that_had_not_is_measured_again(self):
        self.assertEqual((0.5, 3), self.measured(30, 2, 0.5, 0))

    def test_where_none_had_the_least_disturbed_counts(self):
        self.assertEqual((7, measure.TRIES), self.measured(30, 7, *[20] * (measure.TRIES - 2), 0))

    def test_each_load_of_a_round_is_looked_at(self):
        made = [dataclasses.replace(sample(), stolen=percent) for percent in (90, 50, 0) * 9]  # the first one warms up
        with mock.patch.object(measure.rig, "say"), mock.patch.object(middles, "started"), mock.patch.object(measure, "one_load", side_effect=made):
            of_round = measure.one_round(FORMS[middles.DIRECT], {"seconds": 1})
        self.assertEqual(set(FORMS[middles.DIRECT].loads), set(of_round))
        self.assertEqual([0.0] * len(of_round), [one.stolen for one in of_round.values()])


class Plot(unittest.TestCase):
    def test_there_is_none_where_a_panel_would_be_empty(self):
        of_kannel = {kind: [sample()] for kind in kinds.FLAT_OUT}
        self.assertFalse(plots.has_throughput({FORMS["Kannel"]: of_kannel}))
        self.assertTrue(plots.has_throughput({FORMS["Kannel"]: {**of_kannel, kinds.STEADY: [sample()]}}))


class Report(unittest.TestCase):
    def test_the_disk_has_a_row_where_it_applies_and_nothing_over_directs(self):
        text = report.text(samples(disk=sample(p99_ms=4.5)))
        described, steady, told = rows(text, middles.DISK)
        self.assertEqual(2, len(described))
        self.assertEqual(["4.50 (4.50–4.50)"] * 3 + [report.NONE, report.NONE, "0.0 (0.0–0.0)"], steady[2:])
        self.assertEqual([report.NONE, "4.500 ms", report.NONE], told[2:])

    def test_the_hub_is_over_directs(self):
        text = report.text(samples(durable=sample(p99_ms=3.5)))
        self.assertIn(["smpphub durable, 2 loops", "p99 over direct's at 1,000/s, window 10", "at most 3.000 ms", "2.500 ms", "yes"],
                      rows(text, middles.DURABLE))

    def test_where_repeats_disagree_about_a_bar_there_is_no_verdict(self):
        def holds(direct, relay):
            text = report.text(samples(direct=[sample(p99_ms=p99) for p99 in direct], relay=[sample(p99_ms=p99) for p99 in relay]))
            return [row[-1] for row in rows(text, report.RELAY) if row[1].startswith("p99")]
        self.assertEqual(["yes"], holds([1, 5, 9], [0.7, 0.8, 1.2]), "far below the bar, though direct is never the same")
        self.assertEqual(["NO"], holds([1, 1.1, 1.2], [2, 3, 9]), "far above it, though the hub is never the same")
        self.assertEqual(["no verdict: -0.200 ms to 0.600 ms by repeats"], holds([0.9, 1, 1.2], [1, 1.2, 1.5]))
        self.assertEqual(["no verdict: 0.400 ms to 9.000 ms by repeats"], holds([1, 1, 1], [1.4, 2, 10]))

    def test_how_often_the_hypervisor_was_in_the_way_is_told(self):
        loads = [sample(), dataclasses.replace(sample(), tries=3), dataclasses.replace(sample(), tries=measure.TRIES, stolen=2 * measure.STOLEN_MAX)]
        self.assertIn("2 of 3 were, and 1 had more all the same", report.disturbed({FORMS[middles.DIRECT]: {kinds.WIDE: loads}}))

    def test_a_figure_is_told_with_the_digits_that_decide(self):
        text = report.text(samples(relay=sample(cpu_us=2.503)))
        self.assertIn([report.RELAY, "CPU a message, window 50", "at most 2.500 us", "2.503 us", "NO"], rows(text, report.RELAY))


if __name__ == "__main__":
    unittest.main()
