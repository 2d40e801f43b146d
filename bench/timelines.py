"""Timelines of esmeload: what came back in each half second, by the machine's steady clock, which time.monotonic() reads too."""

import json
import pathlib
import statistics


def rows(path):
    """All whole lines so far, the oldest first."""
    path = pathlib.Path(path)
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def answered(timeline):
    return [row for row in timeline if row["accepted"] + row["refused"]]


def answers(timeline):
    return sum(row["accepted"] + row["refused"] for row in timeline)


def within(timeline, since, until):
    """Those that lie between two moments (time.monotonic()) as a whole."""
    return [row for row in timeline if row["from_us"] >= since * 1e6 and row["to_us"] <= until * 1e6]


def accepted_per_second(timeline):
    took_us = sum(row["to_us"] - row["from_us"] for row in timeline)
    return sum(row["accepted"] for row in timeline) * 1e6 / took_us if took_us else 0.0


def usual_p99_us(timeline):
    """The median of the half seconds' p99: what one of them says is the machine's as much as the program's."""
    return statistics.median([row["p99_us"] for row in timeline if row["accepted"]] or [0])


def worst_p99_us(timeline):
    """Of the slowest half second."""
    return max((row["p99_us"] for row in timeline), default=0)
