#!/usr/bin/env python3
"""bench/soak judges clients as it says, and knows how far PostgreSQL is behind. Needs no build."""

import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from endurance import looks, report, world  # noqa: E402

EVERY_S = 5


def look(settled=0, unsettled=0):
    return looks.Look(rss=1 << 20, descriptors=10, accepted=0, receipts=0, queued=0, journal=0, unsettled=unsettled, settled=settled, cpu_ns=0,
                      database_cpu_ns=0)


def samples(*of):
    """of: (settled, unsettled) of each look."""
    return [(100.0 + EVERY_S * number, look(*counts)) for number, counts in enumerate(of)]


def result(sent=100, receipts=100, failure=""):
    """Of esmeload: all that it sent was accepted."""
    return {"sent": sent, "answered": sent, "statuses": {"ESME_ROK": sent}, "overdue": 0, "connections_lost": 0, "repeated_ids": 0, "missing_ids": 0,
            "latency_us": dict.fromkeys(report.QUANTILES, 1000), "failure": failure,
            "receipts": {"came": receipts, "duplicates": 0, "unknown": 0, "states": {"DELIVERED": receipts}}}


def run(changed=None, delivery_us=None):
    """changed: results that are not as they should be, by client."""
    results = {name: result() for name, _ in (world.CAMPAIGN, *world.OTP)} | (changed or {})
    sent = sum(one["sent"] for one in results.values())
    if delivery_us is None:
        delivery_us = {name: [1, 2, 3, 4] for name in ("otp", "promo")}
    return report.Run(world.Load(tps=10, seconds=10), results, dict.fromkeys(results, []), samples((0, 0), (10, 0)), 100.0, 110.0, look(), look(),
                      {"messages": sent}, [], [], delivery_us, 0)


class Clients(unittest.TestCase):
    def test_all_that_stayed_is_well(self):
        self.assertEqual([], report.missed(run()))

    def test_one_that_gave_up_is_told_with_its_words(self):
        given = run({"otp-1": result(failure="no answer for 40 s")})
        self.assertEqual(["clients that gave up: otp-1: no answer for 40 s, wanted none"], report.missed(given))
        self.assertIn("| clients that gave up | none | otp-1: no answer for 40 s | NO |", report.text(given))

    def test_a_class_without_messages_is_told(self):
        given = run(delivery_us={"otp": [1, 2, 3, 4]})
        self.assertEqual(1, len(report.missed(given)))
        self.assertIn("messages of otp only", report.missed(given)[0])


class Lag(unittest.TestCase):
    def assert_lags(self, wanted, *of):
        for lag, row in zip(wanted, looks.rates(samples(*of)), strict=True):
            self.assertAlmostEqual(lag, row[-1], places=3)

    def test_it_grows_with_the_clock_while_nothing_is_settled(self):
        self.assert_lags([5, 10, 15], (0, 0), (0, 1000), (0, 2000), (0, 3000))

    def test_next_to_none_settled_is_no_lag_of_days(self):
        self.assert_lags([0, 5, 10], (0, 0), (300_000, 0), (300_001, 299_999), (300_002, 599_998))

    def test_between_two_looks_records_come_evenly(self):
        self.assert_lags([5, 7.5], (0, 0), (0, 1000), (500, 1500))

    def test_what_was_offered_before_the_first_look_counts_from_there(self):
        self.assert_lags([5, 0], (0, 500), (100, 400), (500, 0))


if __name__ == "__main__":
    unittest.main()
