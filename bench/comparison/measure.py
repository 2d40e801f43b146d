"""One middle under load: how much it carries, what that costs, how long an answer takes."""

import dataclasses
import time

import rig

from . import machine, middles, running
from .kinds import PACED, WIDE

PATIENCE_S = 120  # for what is under way when sending ends
WARM_WINDOW = 50
WARM_COUNT = 1000
STOLEN_MAX = 1.0  # %, of the time that was wanted: a load of which the hypervisor took more is measured again
TRIES = 5  # the least disturbed of so many counts
QUANTILES = ("p50", "p99", "p99.9")


@dataclasses.dataclass(frozen=True)
class Sample:
    """One load. latency_us: by quantile, None where nobody measures it; rss_octets: right behind the last answer; stolen: % of the cores' time
    that was wanted until all was settled, by the hypervisor; tries: how many were measured for it; letters: between the hub's loops, a message."""
    per_second: float
    cpu_us: float  # of the middle, a message, with what it did later for it
    database_us: float  # of PostgreSQL, the same
    latency_us: dict
    rss_octets: int
    stolen: float
    letters: float = None
    tries: int = 1


def one_load(middle, **load):
    """The Sample of it; it must go without an error."""
    letters, before, ticks, began = middle.letters(), middle.cpu_ns(), machine.core_ticks(), time.monotonic()
    result = middle.load(**load).result(load.get("seconds", 0) + PATIENCE_S + (running.SETTLED_S if middle.receipts else 0))
    took, rss = time.monotonic() - began, middle.rss_octets()
    if not result["ok"] or set(result["statuses"]) != {"ESME_ROK"}:
        raise SystemExit(f"FAILED: a load of {load}: {result}")
    middle.settle()
    stolen = machine.stolen_percent(ticks, machine.core_ticks())
    cpu_us, database_us = ((after - earlier) / 1000 / result["sent"] for after, earlier in zip(middle.cpu_ns(), before))
    # Where receipts are awaited, a load ends with the last of them.
    per_second = result["sent"] / took if middle.receipts else result["messages_per_second"]
    letters = None if letters is None else (middle.letters() - letters) / result["sent"]
    return Sample(per_second, cpu_us, database_us, result.get("latency_us"), rss, stolen, letters)


def undisturbed(make):
    """The first Sample of make() that had its cores, else the least disturbed; tries: how many were made. The middle is the same, a load older each time."""
    samples = [make()]
    while samples[-1].stolen > STOLEN_MAX and len(samples) < TRIES:
        rig.say(f"{samples[-1].stolen:.1f} % of the cores' time was stolen: measured again, {TRIES - len(samples)} times at most")
        samples.append(make())
    return dataclasses.replace(min(samples, key=lambda sample: sample.stolen), tries=len(samples))


def one_round(form, length):
    """A Sample for each kind of load that suits the middle, which starts anew for it. length: see Kind.length()."""
    samples = {}
    with middles.started(form) as middle:
        middle.prepare(WARM_WINDOW)
        one_load(middle, window=WARM_WINDOW, count=WARM_COUNT)
        for kind in form.loads:
            rate = kind.rate or int(samples[WIDE].per_second * kind.of_own) if kind in PACED else 0
            middle.prepare(kind.window)
            load = {"window": kind.window, **kind.length(length), **({"rate": rate} if rate else {})}
            samples[kind] = undisturbed(lambda load=load: one_load(middle, **load))
            rig.say(f"{form.name}, {kind.name}: {samples[kind].per_second:,.0f} messages/s, {samples[kind].cpu_us:.2f} us CPU a message")
    return samples


def in_turn(forms, number, repeats):
    """The forms of a repeat: each starts with another one, and none that is measured beside the one before it is parted from that."""
    starts = [at for at, form in enumerate(forms) if not at or form.beside != forms[at - 1].name]
    at = starts[number * len(starts) // repeats]
    return forms[at:] + forms[:at]


def rounds(forms, repeats, length):
    """All samples, by form and kind. Every repeat goes through all forms."""
    samples = {form: {} for form in forms}
    for number in range(repeats):
        rig.say(f"repeat {number + 1} of {repeats}")
        for form in in_turn(forms, number, repeats):
            for kind, sample in one_round(form, length).items():
                samples[form].setdefault(kind, []).append(sample)
    return samples
