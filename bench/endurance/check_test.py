#!/usr/bin/env python3
"""bench/soak judges clients as it says, and knows how far PostgreSQL is behind. Needs no build."""

import dataclasses
import decimal
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from endurance import books, looks, report, world  # noqa: E402

EVERY_S = 5


def look(settled=0, unsettled=0):
    return looks.Look(rss=1 << 20, descriptors=10, accepted=0, receipts=0, queued=0, journal=0, unsettled=unsettled, settled=settled, cpu_ns=0,
                      database_cpu_ns=0, core_ticks=(0, 0))


def samples(*of):
    """of: (settled, unsettled) of each look."""
    return [(100.0 + EVERY_S * number, look(*counts)) for number, counts in enumerate(of)]


LOAD = world.Load(tps=10, seconds=10)
SENT = {world.CAMPAIGN[0]: LOAD.campaign_rate * 10, **{name: LOAD.otp_rate * 10 for name, _ in world.OTP}}


def result(sent=SENT["otp-1"], receipts=SENT["otp-1"], failure=""):
    """Of esmeload: all that it sent was accepted."""
    return {"sent": sent, "answered": sent, "statuses": {"ESME_ROK": sent}, "overdue": 0, "connections_lost": 0, "repeated_ids": 0, "missing_ids": 0,
            "latency_us": dict.fromkeys(report.QUANTILES, 1000), "failure": failure,
            "receipts": {"came": receipts, "duplicates": 0, "unknown": 0, "states": {"DELIVERED": receipts}}}


def account(name, messages):
    """Of a client that got so many ESME_ROK; all of them are in the books."""
    amount = messages * world.PRICE[world.class_of(name)]
    return books.Account(name, world.TOPUP - amount, decimal.Decimal(0), world.TOPUP - amount, amount, messages, amount, messages)


def run(changed=None, delivery_us=None, accounts=None, unsettled=0):
    """changed: results that are not as they should be, by client."""
    results = {name: result(sent, sent) for name, sent in SENT.items()} | (changed or {})
    if accounts is None:
        accounts = [account(name, one["sent"]) for name, one in results.items()]
    sent = sum(one["sent"] for one in results.values())
    if delivery_us is None:
        delivery_us = {name: [1, 2, 3, 4] for name in ("otp", "promo")}
    return report.Run(LOAD, results, dict.fromkeys(results, []), samples((0, 0), (10, 0)), 100.0, 110.0, look(), look(unsettled=unsettled),
                      {"messages": sent}, accounts, [], delivery_us, 0)


class Clients(unittest.TestCase):
    def test_all_that_stayed_is_well(self):
        self.assertEqual([], report.missed(run()))

    def test_one_that_gave_up_is_told_with_its_words(self):
        given = run({"otp-1": result(failure="no answer for 40 s")})
        self.assertEqual(["clients that gave up: otp-1: no answer for 40 s, wanted none"], report.missed(given))
        self.assertIn("| clients that gave up | none | otp-1: no answer for 40 s | NO |", report.text(given))

    def test_one_that_ended_without_a_word_has_a_report_all_the_same(self):
        given = run({"otp-1": report.told({"ok": False, "failure": "no output"})})
        self.assertEqual(["messages sent: 130, wanted 160", "clients that gave up: otp-1: no output, wanted none"], report.missed(given))
        self.assertIn("| otp-1 | otp | 0 |", report.text(given))

    def test_one_that_sent_less_and_says_nothing_is_told(self):
        self.assertEqual(["messages sent: 159, wanted 160"], report.missed(run({"otp-1": result(29, 29)})))

    def test_an_account_that_is_not_in_the_books_is_told(self):
        given = run(accounts=[account(name, sent) for name, sent in SENT.items() if name != "otp-1"])
        self.assertEqual(1, len(report.missed(given)))
        self.assertIn("3 of 4 exact", report.missed(given)[0])

    def test_what_postgresql_did_not_get_is_told(self):
        self.assertEqual(["records that PostgreSQL did not get: 7, wanted 0"], report.missed(run(unsettled=7)))

    def test_a_run_too_short_for_quarters_is_not_judged_by_them(self):
        given = run()
        given.samples = []
        self.assertIsNone(report.rss_flat(given)[1])

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


class Memory(unittest.TestCase):
    def bars_missed(self, *of_quarters):
        """Names of the bars on RSS that are missed; of_quarters: MiB of each look."""
        seconds = 4 * report.JUDGED_FROM_S
        per_quarter = seconds // 4 // EVERY_S
        rss = [mib << 20 for quarter in of_quarters for mib in (quarter * per_quarter)[:per_quarter]]
        looked = [(EVERY_S * number, dataclasses.replace(look(), rss=octets)) for number, octets in enumerate(rss)]
        long_run = dataclasses.replace(run(), load=world.Load(tps=10, seconds=seconds), samples=looked, began=0, ended=seconds)
        return [what.split(",")[1].split()[0] for what, *_, holds in report.bars(long_run) if what.startswith("RSS") and holds is False]

    def test_what_a_backlog_takes_and_gives_back_is_no_growth(self):
        self.assertEqual([], self.bars_missed([50], [100, 200], [100], [100, 200]))

    def test_what_grows_is_seen_by_its_median(self):
        self.assertEqual(["median", "least"], self.bars_missed([50], [100], [110], [120]))

    def test_what_stays_is_seen_beside_a_quarter_of_backlogs(self):
        self.assertEqual(["least"], self.bars_missed([50], [100, 200, 200], [150], [150]))


class Stolen(unittest.TestCase):
    def test_of_a_minute_is_what_passed_since_the_last_look_of_the_one_before(self):
        ticks = {100: (0, 0), 130: (10, 100), 155: (10, 200), 165: (30, 300), 215: (40, 400)}
        looked = [(at, dataclasses.replace(look(), core_ticks=of_all)) for at, of_all in ticks.items()]
        two_minutes = dataclasses.replace(run(), load=world.Load(tps=10, seconds=120), samples=looked, began=100, ended=220)
        header, _, *rows = [line.split("|") for line in report._minutes(two_minutes).splitlines() if line.startswith("|")]
        at = [cell.strip() for cell in header].index("stolen %")
        self.assertEqual(["5.0", "15.0"], [row[at].strip() for row in rows])


if __name__ == "__main__":
    unittest.main()
