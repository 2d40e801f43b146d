"""A run as Markdown: counts, seeds, machine, and every violation by its rule."""

import collections
import datetime
import os
import pathlib
import platform
import subprocess

import faults
import paths

SHOWN_MAX = 20  # violations of one rule


def _first(pattern, path):
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(pattern):
            return line.split(":", 1)[1].strip()
    return "unknown"


def _commit():
    command = ["git", "-c", f"safe.directory={paths.ROOT}", "-C", str(paths.ROOT), "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _machine():
    memory = int(_first("MemTotal", "/proc/meminfo").split()[0]) >> 20
    return f"{os.cpu_count()} cores ({_first('model name', '/proc/cpuinfo')}), {memory} GiB, kernel {platform.release()}"


def _steps(campaign):
    counts = collections.Counter(name for name, _ in campaign.steps)
    return [f"| {faults.FAULTS[name].what} | {count} |" for name, count in counts.items()]


def _violations(result):
    by_rule = collections.defaultdict(list)
    for violation in result.violations:
        by_rule[violation.rule].append(violation)
    for rule, found in sorted(by_rule.items()):
        yield f"* **{rule}**: {len(found)}"
        yield from (f"    * {violation}" for violation in found[:SHOWN_MAX])
    if result.folder:
        yield f"* logs: `{result.folder}`"


def _campaign(result):
    campaign = result.campaign
    verdict = "passed" if not result.violations else f"{len(result.violations)} VIOLATIONS"
    yield f"## {campaign.name}: {verdict}"
    yield ""
    yield f"Seed {campaign.seed}, {campaign.rate:.0f} messages/s, {result.steps_done} of {len(campaign.steps)} faults, " \
          f"{result.seconds:.0f} s."
    yield ""
    yield from ["| fault | times |", "|---|---:|", *_steps(campaign), ""]
    yield from ["| count | |", "|---|---:|", *(f"| {name} | {value} |" for name, value in result.numbers.items()), ""]
    if result.notes:
        yield from [*(f"* {note}" for note in result.notes), ""]
    if result.violations:
        yield from [*_violations(result), ""]


def totals(results):
    """Sums of the numbers that can be summed; of a peak the highest."""
    sums = collections.Counter()
    for result in results:
        for name, value in result.numbers.items():
            if isinstance(value, int):
                sums[name] = max(sums[name], value) if "peak" in name else sums[name] + value
    return sums


def text(results, command):
    broken = sum(len(r.violations) for r in results)
    steps = sum(r.steps_done for r in results)
    lines = [f"# Faults, {datetime.date.today().isoformat()}", "",
             f"`{command}` at {_commit()}. Machine: {_machine()}; hub, both simulated ends and PostgreSQL share it.", "",
             f"**{steps} faults, {broken} violations**, {sum(r.seconds for r in results) / 60:.0f} minutes.", "",
             "| all campaigns | |", "|---|---:|", *(f"| {name} | {value} |" for name, value in totals(results).items()), ""]
    for result in results:
        lines += _campaign(result)
    return "\n".join(lines).rstrip() + "\n"
