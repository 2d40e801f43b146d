"""A test class with a whole installation of its own: PostgreSQL, migrated and filled with the demo's catalog, and the hub.

A subclass says which suppliers it wants; the folder with all logs is kept when a test of the class fails.
"""

import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import unittest

from support import children, esme, hub, postgres, smsc

DEMO_CLIENT = ("demo", "demo-pw")
POOR_CLIENT = ("penny", "penny-pw")


class SystemCase(unittest.TestCase):
    settings = {}
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="hub-"))
        os.chmod(cls.folder, 0o711)  # PostgreSQL's user passes through
        cls.addClassCleanup(cls._remove_folder)
        cls.failed = False
        cls.postgres = postgres.Postgres(cls.folder)
        cls.addClassCleanup(cls.postgres.stop, "immediate")
        cls.hub = hub.Hub(cls.folder, cls.postgres, cls.settings)
        cls.hub.migrate()
        ports = cls.start_suppliers()
        cls.hub.apply(hub.demo_catalog(ports))
        cls.prepare()
        cls.hub.start()
        cls.addClassCleanup(cls._stop_hub)
        cls.wait_suppliers()

    # -- what a subclass may change

    @classmethod
    def start_suppliers(cls):
        """Starts alpha and beta and returns their ports by name; here, suppliers in Python that accept everything."""
        cls.alpha, cls.beta = smsc.Smsc(), smsc.Smsc()
        for supplier in (cls.alpha, cls.beta):
            cls.addClassCleanup(supplier.close)
        return {"alpha": cls.alpha.port, "beta": cls.beta.port}

    @classmethod
    def prepare(cls):
        """Called when the catalog is loaded and the hub not yet started."""

    @classmethod
    def wait_suppliers(cls, alpha=1):
        """Until alpha has so many binds and beta one, and the hub knows it: a supplier answers a bind before the hub reads that."""
        cls.alpha.wait_bound(alpha)
        cls.beta.wait_bound()
        children.wait_until(lambda: cls.counters()["binds_smsc"] >= len(cls.alpha.bound_links() + cls.beta.bound_links()), 20,
                            "the hub knows its binds at suppliers")

    # -- what tests ask for

    @classmethod
    def counters(cls):
        """Of the running hub, by name."""
        return json.loads(cls.hub.live("status", "-o", "json").stdout)["counters"]

    def client(self, account=DEMO_CLIENT, **options):
        peer = esme.Esme(self.hub.port, *account, **options)
        self.addCleanup(peer.close)
        return peer

    def wait_clients_gone(self):
        """Until the hub knows that the last test's clients have left: it would deliver to one that only we know is gone."""
        children.wait_until(lambda: self.counters()["binds_esme"] == 0, 10, "the last test's clients have left")

    def kill_hub(self):
        """kill -9, and both suppliers have noticed."""
        self._end_hub(how=signal.SIGKILL)

    def restart_hub(self):
        """A clean end and a new start, with all binds up again."""
        self.assertEqual(0, self._end_hub())
        self.hub.start()
        self.wait_suppliers()

    def _end_hub(self, **how):
        code = self.hub.stop(**how)
        children.wait_until(lambda: not self.alpha.links and not self.beta.links, 10, "suppliers see the hub's end")
        return code

    def settled(self, sql, wanted, seconds=10):
        """Waits until the query's first value is what it should be: settlement is not at once."""
        def now():
            rows = self.postgres.query(sql)
            return rows[0][0] if rows else "no row"
        try:
            children.wait_until(lambda: str(now()) == str(wanted), seconds, sql, every=0.1)
        except AssertionError as late:
            raise AssertionError(f"{late}; the value is {now()}, wanted {wanted}") from None

    def assert_books_balance(self):
        """Every view of a broken invariant is empty."""
        views = self.postgres.query("select viewname from pg_views where schemaname = 'bill' "
                                    "and viewname ~ '^v_broken_' order by 1")
        self.assertGreaterEqual(len(views), 5)
        for (view,) in views:
            self.assertEqual([], self.postgres.query(f"select * from bill.{view} limit 5"), view)

    def run(self, result=None):
        before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            type(self).failed = True
        return result

    @classmethod
    def _stop_hub(cls):
        code = cls.hub.stop()
        if code not in (None, 0):
            cls.failed = True
            raise AssertionError(f"smpphubd ended with {code}: see {cls.folder}")

    @classmethod
    def _remove_folder(cls):
        if cls.failed or sys.exc_info()[0]:
            print(f"\nlogs of the failed run are kept in {cls.folder}", file=sys.stderr)
        else:
            shutil.rmtree(cls.folder, ignore_errors=True)


def main():
    unittest.main(verbosity=2)
