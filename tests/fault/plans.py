"""Which faults run, in which order: the smoke form, and the long one with counts from the command line."""

import faults
from campaign import Campaign

KILLS_A_CAMPAIGN = 100
ROUNDS_A_CAMPAIGN = 4  # of all crash points
OUTAGE_RATE = 2000.0
ENDS = ("postgres.stopped_at_end",)
LINKS = ("supplier.reset", "supplier.black_hole", "supplier.late", "supplier.flaps", "supplier.all_down", "client.gone")
DISK = ("disk.full", "disk.full_kill", "journal.corrupt")
OUTAGES = ("postgres.killed", "postgres.stopped", "postgres.slow", "postgres.silent")
OTHER_OUTAGES_SHORTER = 5  # than the first


def _points():
    return [(f"at.{point}", None) for point in faults.crash_points()]


def smoke(options):
    """About four minutes on two busy cores."""
    seed = options.seed
    return [Campaign("random kills", [("kill", None)] * (options.kills or 20), seed=seed),
            Campaign("crash points", _points() * (options.per_point or 1), seed=seed + 1),
            Campaign("outages", [("postgres.killed", 5), ("supplier.reset", None), ("supplier.late", 2), ("client.gone", 1),
                                 ("disk.full", 1), ("disk.full_kill", None), ("journal.corrupt", None), ("postgres.stopped_at_end", None)],
                     seed=seed + 2)]


def long(options):
    seed, campaigns = options.seed, []

    def add(name, steps, **fields):
        campaigns.append(Campaign(name, steps, seed=seed + len(campaigns), **fields))

    for name in OUTAGES:
        minutes = options.minutes_pg_down / (1 if name == OUTAGES[0] else OTHER_OUTAGES_SHORTER)
        add(f"{name} for {minutes:g} minutes", [(name, minutes * 60)], rate=OUTAGE_RATE, small=False)
    add(f"{options.receipts} receipts wait", [("client.deaf", options.receipts)], rate=OUTAGE_RATE, small=False)
    kills = 1000 if options.kills is None else options.kills
    for first in range(0, kills, KILLS_A_CAMPAIGN):
        count = min(KILLS_A_CAMPAIGN, kills - first)
        add(f"random kills {first + 1} to {first + count}", [("kill", None)] * count)
    rounds = 20 if options.per_point is None else options.per_point
    for first in range(0, rounds, ROUNDS_A_CAMPAIGN):
        count = min(ROUNDS_A_CAMPAIGN, rounds - first)
        add(f"crash points, rounds {first + 1} to {first + count}", _points() * count)
    add("links", [(name, None) for name in LINKS] * 5)
    add("ends", [(name, None) for name in ENDS] * 5)
    add("disk", [(name, None) for name in DISK] * 5)
    return campaigns


def only(options):
    """One fault, again and again."""
    return [Campaign(options.only, [(options.only, None)] * (options.kills or 1), seed=options.seed)]
