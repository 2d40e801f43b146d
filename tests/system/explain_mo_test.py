"""`hubctl explain --mo` says whose a mobile originated message is and what becomes of it, and the hub then does that."""

import json

from support import case, children, mo, wire
from support.mo import HANDSET

SECRET = "xylophone"  # of a text: it may stand in no log
DELIVERED = 0x65  # what our client answers: told, it is the supplier's answer
NOBODYS, TEMPORARY = wire.RINVDSTADR, 0x64
ROUTES = mo.routes(mo.WHOLE_CODE, mo.ITS_WORD, {"prefix": "100", "client": "penny"},
                   {"from": "4926200000", "to": "4926200099", "supplier": "beta", "client": "penny"})


class ExplainMo(case.SystemCase):
    settings = {"log": {"level": "debug"}}

    @classmethod
    def prepare(cls):
        cls.hub.apply(ROUTES, "mo.toml")
        cls.postgres.query("update crm.client set mo_offline = 'store' where system_id = 'penny' returning 1")

    def explain(self, dest, text="", supplier="beta", options=()):
        done = self.hub.live("explain", "--mo", "--supplier", supplier, "--from", HANDSET.decode(), "--to", dest,
                             "--text", text, *options, "-o", "json")
        return json.loads(done.stdout)

    def deliver(self, dest, text, supplier, coding):
        octets = text.encode("utf-16-be" if coding == 8 else "latin-1")
        return supplier.deliver(wire.Sm(source=HANDSET, dest=dest.encode(), data_coding=coding, text=octets))

    def check(self, dest, text, owner, supplier=None, coding=0):
        """owner: who is told and answers it; or the status of a refusal, ROK when it is stored."""
        supplier = supplier or self.beta
        name = "alpha" if supplier is self.alpha else "beta"
        said = self.explain(dest, text, name, ["--coding", str(coding)])
        sequence = self.deliver(dest, text, supplier, coding)
        if isinstance(owner, int):
            self.assertEqual(owner, supplier.wait_response(sequence).status, said)
            self.assertEqual(owner, said["command_status"], said)
            self.assertEqual("refused" if owner else "stored", said["fate"], said)
        else:
            owner.take_delivery(answer=DELIVERED)
            self.assertEqual(DELIVERED, supplier.wait_response(sequence).status, said)
            self.assertEqual(("told", 1), (said["fate"], said["receivers"]), said)
        return said

    def test_it_says_what_the_hub_then_does(self):
        self.assertEqual("demo", self.check("10000", "hello", TEMPORARY)["client"])
        demo = self.client()
        self.assertEqual("demo", self.check("10000", "hello", demo)["client"])
        self.assertEqual("demo", self.check("10000", "winter", demo)["client"])
        self.assertEqual("demo", self.check("+10000", "", demo)["client"])
        with self.subTest("of penny, who is here"):
            penny = self.client(case.POOR_CLIENT)
            for text, coding in (("Win! a car", 0), ("win ü", 8)):
                self.assertEqual("penny", self.check("10000", text, penny, coding=coding)["client"])
            self.assertEqual("penny", self.check("4926200050", "x", penny)["client"])
            self.assertEqual("", self.check("4926200050", "x", NOBODYS, self.alpha)["client"])
            penny.close()
        self.wait_binds("penny", 0)
        said = self.check("10055", SECRET, wire.ROK)
        self.assertEqual(("penny", True, 0), (said["client"], said["stores"], said["receivers"]))
        self.settled("select count(*) from traffic.receipt where message_id = 0", 1)
        self.assertEqual(f"{self.id_of('penny')} beta", self.postgres.value(
            "select r.client_id || ' ' || s.name from traffic.receipt r join crm.supplier s using (supplier_id)"))
        page = self.page("penny")
        self.assertEqual((0, 1, []), (page["waiting"]["receipts"], page["waiting"]["mo"], page["binds"]))
        penny = self.client(case.POOR_CLIENT)
        self.assertEqual(SECRET.encode(), penny.take_delivery().sm().text)

    def test_a_client_at_a_glance(self):
        demo = self.client()
        self.assertNotEqual(wire.ROK, demo.submit(dest=b"999000111222", text=b"x").status)
        self.settled("select least(count(*), 1) from traffic.reject", 1)
        page = self.page("demo")
        self.assertEqual([("trx", "3.4", "BOUND_TRX")], [(b["mode"], b["version"], b["state"]) for b in page["binds"]])
        self.assertIn(("enabled", "true"), [(t["name"], t["value"]) for t in page["terms"]])
        self.assertEqual("ESME_RINVDSTADR", page["refusals"][0]["status"])
        self.assertGreater(page["since_start"]["rejected"], 0)
        text = self.hub.ctl("client", "show", "demo", "--config", self.hub.config).stdout
        for word in ("BOUND_TRX", "CREDIT LIMIT", "rate_per_second", "ESME_RINVDSTADR"):
            self.assertIn(word, text)
        self.assertNotIn("999000111222", text)
        missing = self.hub.ctl("client", "show", "nobody", "--config", self.hub.config, check=False)
        self.assertEqual((3, ""), (missing.returncode, missing.stdout))

    def page(self, system_id):
        return json.loads(self.hub.ctl("client", "show", system_id, "-o", "json", "--config", self.hub.config).stdout)

    def id_of(self, system_id):
        return self.postgres.value(f"select client_id from crm.client where system_id = '{system_id}'")

    def wait_binds(self, system_id, count):
        def binds():
            return [b for b in json.loads(self.hub.live("binds", "-o", "json").stdout) if b["peer"] == system_id]
        children.wait_until(lambda: len(binds()) == count, 10, f"{count} binds of {system_id}")

    def test_it_says_why_the_others_are_not_it(self):
        said = self.explain("10000", f"win {SECRET}")
        fits = [(r["destination"], r["keyword"], r["client"], r["fit"]) for r in said["routes"]]
        self.assertEqual([("number 10000", "WIN", "penny", "has_it"), ("number 10000", "", "demo", "keyword_first"),
                          ("prefix 100", "", "penny", "keyword_first")],
                         [(d, k.upper(), c, f) for d, k, c, f in fits])
        self.assertEqual(0, said["routes_left_out"])
        self.assertGreater(said["other_destinations"], 0)
        for line in ("number 10000", "goes first", "penny"):
            self.assertIn(line, said["text"])
        table = self.hub.live("explain", "--mo", "--supplier", "beta", "--dst", "10000", "--text", f"win {SECRET}").stdout
        self.assertEqual(said["text"], table)
        self.assertNotIn(SECRET, said["text"])

    def test_what_is_no_question_is_refused(self):
        def code(*options):
            done = self.hub.live("explain", *options, check=False)
            self.assertNotIn(SECRET, done.stderr)
            return done.returncode
        self.assertEqual(3, code("--mo", "--supplier", "nobody", "--dst", "10000"))
        self.assertEqual(2, code("--mo", "--dst", "10000"))
        self.assertEqual(2, code("--mo", "--supplier", "beta", "--dst", "10000", "--client", "demo"))
        self.assertEqual(2, code("--supplier", "beta", "--dst", "10000"))
        self.assertEqual(2, code("--src", "X", "--dst", "10000"))
        self.assertEqual(2, code("--mo", "--supplier", "beta", "--dst", "10000", "--text", SECRET + "ż"))
        self.assertIn("hubctl explain --mo", self.hub.ctl("explain", "--help").stdout)

    def tearDown(self):
        for log in self.folder.glob("*.log"):
            self.assertNotIn(SECRET, log.read_text(errors="replace"), log)
        self.assertTrue(list(self.folder.glob("*.log")))


if __name__ == "__main__":
    case.main()
