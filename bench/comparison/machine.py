"""What the machine itself was given, as the kernel counts it."""

import pathlib


def core_ticks():
    """(those that the hypervisor gave to others, those that somebody here wanted), of all cores since the machine's start; proc_stat(5)."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9])
    return steal, user + nice + system + irq + softirq + steal  # what guests had is in user and nice


def stolen_percent(earlier, later):
    """Of the time that was wanted between two core_ticks()."""
    return 100 * (later[0] - earlier[0]) / max(1, later[1] - earlier[1])
