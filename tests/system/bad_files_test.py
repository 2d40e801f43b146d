"""A bad configuration, catalog, deck, script or migration is refused with a reason and a place, and what ran goes on."""

import json
import shutil
import subprocess

from support import case, hub, wire

ROUTED = b"4915112345678"

# hub.toml: name, text, where it is wrong, a word of the reason
BAD_CONFIGS = [
    ("syntax", "[smpp]\nlisten = \n", ":2:", ""),
    ("unknown key", "[smpp]\nlisen = \"127.0.0.1:1\"\n", ":2:", "lisen"),
    ("unknown section", "[smp]\nlisten = \"127.0.0.1:1\"\n", ":1:", "smp"),
    ("wrong type", "[loops]\ncount = \"two\"\n", ":2:", "count"),
    ("out of range", "[loops]\ncount = 65\n", ":2:", "count"),
    ("twice", "[loops]\ncount = 1\ncount = 2\n", ":3:", "count"),
    ("no address", "[smpp]\nlisten = \"nowhere\"\n", ":2:", "listen"),
]

# demo.toml: name, what is replaced, by what, a word of the reason. The place is that of the new text.
BAD_CATALOGS = [
    ("money as a float", 'amount = "10000000"', "amount = 10000000.0", "amount"),
    ("ten decimals", 'price = "0.045"', 'price = "0.0450000001"', "price"),
    ("negative price", 'price = "0.045"', 'price = "-0.045"', "price"),
    ("unknown key", "binds_max = 100", "bind_max = 100", "bind_max"),
    ("unknown deck", 'deck = "alpha-cost"', 'deck = "omega-cost"', "omega-cost"),
    ("overlapping prices", '{ mcc = "214", price = "0.050" },',
     '{ mcc = "214", price = "0.050" }, { mcc = "214", price = "0.051" },', "214"),
    ("prefix of two networks", 'prefixes = ["4477"]', 'prefixes = ["4477", "336"]', "336"),
    ("client without currency", 'currency = "EUR"\ndeck = "retail"\ntopup', 'deck = "retail"\ntopup', "currency"),
    ("syntax", '[[mo_route]]\nprefix = "49161"', '[[mo_route]\nprefix = "49161"', ""),
]

# Lua: name, text, where, a word of the reason
BAD_SCRIPTS = [
    ("syntax", "function on_route(m, c)\n  return c:order(\nend\n", "rule.lua:3:", ""),
    ("runs into an error", "local x = nil\nlocal y = x.field\n", "rule.lua:2:", ""),
    ("no such library", "local f = io.open('x')\n", "rule.lua:1:", "io"),
    ("endless", "while true do end\n", "rule.lua:1:", ""),
]


class BadFiles(case.SystemCase):
    settings = {"routing": {"script": "rule.lua"}}

    @classmethod
    def prepare(cls):
        (cls.folder / "rule.lua").write_text("function on_route(m, c) return c:order('cost') end\n")

    def status(self):
        return json.loads(self.hub.live("status", "-o", "json").stdout)

    def tearDown(self):
        """Whatever was refused: the hub serves."""
        self.assertEqual(wire.ROK, self.client().submit(dest=ROUTED, text=b"x").status)

    def assert_refused(self, done, place, word):
        said = done.stdout + done.stderr
        self.assertNotEqual(0, done.returncode, said)
        self.assertIn(place, said)
        self.assertIn(word, said)

    def test_a_bad_configuration_is_refused_with_line_and_column(self):
        path = self.folder / "bad.toml"
        for name, text, place, word in BAD_CONFIGS:
            with self.subTest(name):
                path.write_text(text)
                self.assert_refused(self.hub.ctl("check-config", path, check=False), "bad.toml" + place, word)
                daemon = subprocess.run([hub.BIN / "smpphubd", "--config", path], capture_output=True, text=True,
                                        timeout=120, check=False)
                self.assert_refused(daemon, "bad.toml" + place, word)
        self.assertEqual(0, self.hub.ctl("check-config", self.hub.config).returncode)

    def test_a_bad_catalog_is_refused_with_its_place_and_changes_nothing(self):
        good = (self.folder / "catalog.toml").read_text()
        version = self.postgres.value("select version from ops.catalog_version")
        for name, old, new, word in BAD_CATALOGS:
            with self.subTest(name):
                self.assertIn(old, good)
                text = good.replace(old, new, 1)
                line = good[:good.index(old)].count("\n") + 1
                done = self.hub.apply(text, "bad.toml", check=False)
                self.assert_refused(done, "bad.toml:", word)
                places = {int(p.split(":")[0]) for p in (done.stdout + done.stderr).split("bad.toml:")[1:]}
                self.assertTrue(places & set(range(line - 8, line + new.count("\n") + 2)), (line, places))
                self.assertEqual(version, self.postgres.value("select version from ops.catalog_version"))
        self.assert_books_balance()

    def test_a_dry_run_tells_and_changes_nothing(self):
        path = self.folder / "dry.toml"
        path.write_text((self.folder / "catalog.toml").read_text().replace('price = "0.021"', 'price = "0.022"'))
        version = self.postgres.value("select version from ops.catalog_version")
        said = self.hub.ctl("apply", path, "--dry-run", "--config", self.hub.config).stdout
        self.assertIn("beta-cost", said)
        self.assertIn("0.022", said)
        self.assertEqual(version, self.postgres.value("select version from ops.catalog_version"))

    def test_a_bad_script_is_refused_and_the_old_one_runs_on(self):
        rule = self.folder / "rule.lua"
        self.addCleanup(rule.write_text, rule.read_text())
        before = self.status()["script_version"]
        for name, text, place, word in BAD_SCRIPTS:
            with self.subTest(name):
                rule.write_text(text)
                self.assert_refused(self.hub.live("reload", check=False), place, word)
                self.assertEqual(before, self.status()["script_version"])

    def test_a_script_that_fails_at_a_message_falls_back_and_is_counted(self):
        rule = self.folder / "rule.lua"
        good = rule.read_text()
        before = self.status()["counters"]["script_errors"]
        for text in ("function on_route(m, c)\n  return c:nonsense()\nend\n",
                     "function on_route(m, c)\n  while true do end\nend\n"):
            rule.write_text(text)
            self.hub.live("reload")
            self.assertEqual(wire.ROK, self.client().submit(dest=ROUTED, text=b"x").status)
        status = self.status()
        self.assertGreaterEqual(status["counters"]["script_errors"], before + 2)
        self.assertIn("rule.lua:2", status["script_last_error"])
        rule.write_text(good)
        self.hub.live("reload")

    def test_a_bad_migration_is_refused_with_its_line_and_leaves_nothing(self):
        folder = self.folder / "migrations"
        shutil.copytree(hub.ROOT / "sql/migrations", folder, dirs_exist_ok=True)
        last = sorted(folder.glob("*.sql"))[-1]
        following = folder / f"{int(last.name[:4]) + 1:04}_bad.sql"
        following.write_text("CREATE TABLE ops.half_done (x int);\n\nCREATE TABEL ops.wrong (x int);\n")
        migrate = lambda: self.hub.ctl("migrate", "--config", self.hub.config, "--dir", folder, check=False)
        self.assert_refused(migrate(), f"{following.name}:3", "TABEL")
        self.assertEqual([[None]], self.postgres.query("select to_regclass('ops.half_done')"))
        following.unlink()
        last.write_text(last.read_text() + "\n-- changed after the fact\n")
        self.assert_refused(migrate(), last.name, "changed")


if __name__ == "__main__":
    case.main()
