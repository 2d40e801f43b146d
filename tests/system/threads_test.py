"""Threads: each says what it does, where an operator looks for who takes the CPU."""

import collections
import pathlib

from support import case, children

# server/README.md, "threads of smpphubd"; journal's helper and the resolver are its and the loops' helpers.
ALWAYS = {"smpphubd", "loop 0", "loop 1", "password", "leases", "journal", "journal helper", "settle", "archive",
          "admin", "log"}


class Threads(case.SystemCase):
    settings = {"loops": {"count": 2}}

    def names(self):
        """What `top -H` shows, and how often."""
        tasks = pathlib.Path(f"/proc/{self.hub.child.pid}/task").iterdir()
        return collections.Counter((task / "comm").read_text().strip() for task in tasks)

    def test_each_has_a_name_of_its_own(self):
        children.wait_until(lambda: ALWAYS <= set(self.names()), children.PATIENCE_S, "all threads have their names")
        names = self.names()
        self.assertEqual(1, names["smpphubd"], f"a thread without a name: {names}")
        self.assertLessEqual(set(names), ALWAYS | {"resolver"})


if __name__ == "__main__":
    case.main()
