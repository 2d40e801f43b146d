"""What ends first, case by case, and the hub that it is tried on."""

import dataclasses

import rig

PREFIX = "49151"
STEADY = ("steady", "steady-p")  # wants most of the capacity
SMALL = ("small", "small-p")  # wants half of an equal share
GREEDY = tuple((f"greedy-{number}", "greedy-p") for number in (1, 2, 3))
CLIENTS = (STEADY, SMALL, *GREEDY)
SESSIONS = 2  # of each client, and of the supplier
WINDOW_MAX = 10_000  # of a client: as wide as session.window_requests_max goes


@dataclasses.dataclass(frozen=True)
class Case:
    """name; what: for the report. supplier: options of its simulator, bind: of ours at it. flat_out_window: of each session of the closed
    loop that finds the capacity, twice what the supplier takes at once, so that it never waits for us. factors: of the capacity. sheds: judged by what it refuses; else it has no time for that, and what it does with its time is judged."""
    name: str
    what: str
    flat_out_window: int
    factors: tuple
    supplier: dict = dataclasses.field(default_factory=dict)
    bind: dict = dataclasses.field(default_factory=dict)
    settings: dict = dataclasses.field(default_factory=dict)
    sheds: bool = True


CASES = (
    Case("supplier's windows", "a supplier that takes 20 ms for its answer, two binds of 40 each: some 4,000 messages/s", 80, (2, 10),
         supplier={"response_delay_ms": 20}, bind={"window_requests_max": 40}),
    Case("supplier's rate", "a supplier that is to see 2,000 messages/s on each of two binds, and answers at once", 80, (2, 10),
         bind={"window_requests_max": 1000, "rate_per_second": 2000}),
    Case("hub's CPU", "one loop, nothing kept, a supplier that answers at once", 1000, (2,),
         bind={"window_requests_max": WINDOW_MAX}, settings={"loops": {"count": 1}, "journal": {"durability": "none"}}, sheds=False),
)


def settings(case):
    return {"session": {"window_requests_max": WINDOW_MAX}, **case.settings}


def catalog(case, port):
    clients = "".join(rig.client_toml(account, window_requests_max=WINDOW_MAX) for account in CLIENTS)
    return (rig.network_toml(0, PREFIX) + rig.deck_toml("retail", {0: "0.01"}) + rig.deck_toml("cost", {0: "0.005"}) + clients
            + rig.supplier_toml("alpha", "cost", port, sessions=SESSIONS, **case.bind))
