"""A node that is gone for good: what hubctl shows of it, and how an operator gives it up."""

import json
import unittest

from support import case


class NodesTest(case.SystemCase):
    def ctl(self, *arguments, check=True):
        return self.hub.ctl(*arguments, "--config", self.hub.config, check=check)

    def node(self):
        row, = json.loads(self.ctl("nodes", "-o", "json").stdout)
        return row

    def leased(self):
        return self.postgres.query("select trim_scale(sum(leased)) from money.account")[0][0]

    def test_a_dead_node_is_fenced_then_abandoned(self):
        client = self.client()
        self.assertEqual(0, client.submit(dest=b"4915112345678", text=b"x").status)
        self.assertEqual("running", self.node()["state"])
        refused = self.ctl("node", "abandon", "1", "--reason", "its disk burnt", check=False)
        self.assertEqual(1, refused.returncode)
        self.assertIn("a smpphubd of node 1 lives", refused.stderr)

        self.kill_hub()
        # PostgreSQL notices the end of the daemon's session a moment after we do.
        self.settled("select count(*) from pg_locks where locktype = 'advisory'", 0)
        early = self.ctl("node", "abandon", "1", "--reason", "its disk burnt", check=False)
        self.assertEqual(1, early.returncode)
        self.assertIn("hubctl node fence 1", early.stderr)
        self.assertNotEqual("0", self.leased())
        self.ctl("node", "fence", "1", "--reason", "its rack burnt")
        row = self.node()
        self.assertEqual(["fenced", "its rack burnt", 1], [row["state"], row["fence_reason"], row["accounts"]])
        again = self.ctl("node", "fence", "1", "--reason", "its rack burnt", check=False)
        self.assertEqual(3, again.returncode)
        self.assertIn("hubctl nodes", again.stderr)

        done = self.ctl("node", "abandon", "1", "--reason", "its disk burnt")
        self.assertIn("returned to its accounts", done.stdout)
        self.assertEqual("0", self.leased())
        self.assertEqual(["closed", 0], [self.node()[key] for key in ("state", "accounts")])
        self.assert_books_balance()

    def test_a_reason_is_needed(self):
        missing = self.ctl("node", "fence", "1", check=False)
        self.assertEqual(2, missing.returncode)
        self.assertIn("--reason", missing.stderr)
        self.assertEqual(2, self.ctl("node", "fence", "64", "--reason", "x", check=False).returncode)


if __name__ == "__main__":
    unittest.main()
