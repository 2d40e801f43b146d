"""The loads that a middle gets."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Kind:
    """A load. rate: messages a second; of_own: instead, the share of what the middle carried flat out; neither: flat out. seconds_min: it
    lasts so long at least, where seconds are asked for and not a count."""
    name: str
    window: int
    rate: int = 0
    of_own: float = 0
    seconds_min: int = 0

    def length(self, asked):
        """asked: esmeload's {"seconds": N} or {"count": N}."""
        return {"seconds": max(asked["seconds"], self.seconds_min)} if "seconds" in asked else asked


STEADY_SECONDS_MIN = 10  # p99 of 2 s at 1,000/s is the slowest 20 messages: one long sync of the disk
WIDE, NARROW = Kind("window 1000", 1000), Kind("window 50", 50)
STEADY = Kind("1,000/s, window 10", 10, rate=1000, seconds_min=STEADY_SECONDS_MIN)
HALF = Kind("half of its own rate, window 1000", 1000, of_own=0.5)
FLAT_OUT, PACED = (WIDE, NARROW), (STEADY, HALF)
# In this order: what PostgreSQL does behind a flood (checkpoints, vacuum) would stand in the tail of what comes behind it.
ALL = (STEADY, *FLAT_OUT, HALF)
