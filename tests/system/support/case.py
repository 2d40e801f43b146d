"""A test class with a whole installation of its own: PostgreSQL, migrated and filled with the demo's catalog, and the hub.

A subclass says which suppliers it wants; the folder with all logs is kept when a test of the class fails.
"""

import os
import pathlib
import shutil
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
    def wait_suppliers(cls):
        cls.alpha.wait_bound()
        cls.beta.wait_bound()

    # -- what tests ask for

    def client(self, account=DEMO_CLIENT, **options):
        peer = esme.Esme(self.hub.port, *account, **options)
        self.addCleanup(peer.close)
        return peer

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
