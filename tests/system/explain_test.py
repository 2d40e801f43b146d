"""`hubctl explain` says what the hub then does, message by message: refusal, price, plan, cost, and the way it went."""

import decimal
import itertools
import json

from support import case, smsc, wire

# Every network of the demo's catalog, one nobody knows, and numbers that are none.
DESTINATIONS = ["49151", "49152", "4915299", "49160", "4477", "336", "43660", "346", "999"]
ODD_DESTINATIONS = ["12", "+4915112345678", "00447712345678", "49151abc", "0151234567"]
NUMBERS_OF_EACH = 12
TEXTS = [b"one segment", b"x" * 200]  # without UDH, 200 septets are two segments

RULE = """
function on_submit(m)
  if m.dst.country == "AT" then return reject("austria", "closed by the rule") end
end

function on_route(m, c)
  if m.net.mcc == "262" and m.net.mnc == "01" then
    return c:split{ alpha = 70, beta = 30, salt = "test" }
  end
  return c:order("cost")
end
"""


class Explain(case.SystemCase):
    settings = {"routing": {"script": "rule.lua"}}

    @classmethod
    def prepare(cls):
        (cls.folder / "rule.lua").write_text(RULE)

    def setUp(self):
        self.alpha.answer = self.refuse_some

    def refuse_some(self, link, pdu):
        """alpha refuses 4915299 as the demo's simulator does: those fail over."""
        if pdu.sm().dest.startswith(b"4915299"):
            return [smsc.Smsc.response(pdu, wire.RSYSERR)]
        return self.alpha.accept(link, pdu)

    def explain(self, dest, text, message_id=None):
        options = ["--message-id", message_id] if message_id else []
        done = self.hub.live("explain", "--client", "demo", "--src", "TEST", "--dst", dest, "--text", text.decode(),
                             *options, "-o", "json")
        return json.loads(done.stdout)

    def attempts(self, message_id):
        return self.postgres.query(f"select s.name, a.result, a.cost, a.rate_id from traffic.attempt a "
                                   f"join crm.supplier s using (supplier_id) where message_id = {message_id} "
                                   "order by attempt_no")

    def check_refused(self, dest, text, answer):
        said = self.explain(dest, text)
        self.assertEqual(said["command_status"], answer.status, dest)
        reason = self.postgres.query("select reason from traffic.reject where destination_addr in "
                                     f"('{dest}', '{said['number']}') order by message_id desc limit 1")
        self.assertEqual([[said["refusal"]]], reason, dest)

    def check_accepted(self, dest, text, answer):
        said = self.explain(dest, text, answer.message_id)
        self.assertEqual("", said["refusal"], dest)
        row = self.postgres.query("select amount, rate, rate_id, segments, destination_addr, s.name, attempts, "
                                  "script_version from traffic.message m join crm.supplier s using (supplier_id) "
                                  f"where message_id = {answer.message_id}")[0]
        amount, rate, rate_id, segments, number, supplier, attempts, version = row
        self.assertEqual(decimal.Decimal(said["sell_amount"]), decimal.Decimal(amount), dest)
        self.assertEqual(decimal.Decimal(said["sell_rate"]), decimal.Decimal(rate), dest)
        self.assertEqual([str(said[k]) for k in ("sell_rate_id", "segments", "number", "script_version")],
                         [rate_id, segments, number, version], dest)
        self.check_way(said, supplier, self.attempts(answer.message_id), int(attempts))

    def check_way(self, said, supplier, attempts, count):
        """The attempts are the plan's beginning, the last one took it, and it cost what explain says."""
        self.assertEqual(count, len(attempts))
        self.assertEqual(said["plan"][:count], [name for name, *_ in attempts])
        self.assertEqual(supplier, attempts[-1][0])
        candidates = {c["supplier"]: c for c in said["candidates"]}
        for name, result, cost, _ in attempts:
            wanted = candidates[name]["cost"] if result == "accepted" else "0"
            self.assertEqual(decimal.Decimal(wanted), decimal.Decimal(cost), said)

    def send_all(self, cases):
        client = self.client()
        sent = [(client.send(wire.SUBMIT_SM, wire.Sm(dest=dest.encode(), text=text).encode()), dest, text)
                for dest, text in cases]
        return [(dest, text, client.wait(lambda p, s=s: p.sequence == s, 20)) for s, dest, text in sent]

    def test_it_agrees_with_the_hub_message_by_message(self):
        before = [int(self.postgres.value(f"select count(*) from traffic.{t}")) for t in ("message", "reject")]
        numbers = [prefix + f"{n:07d}" for prefix in DESTINATIONS for n in range(NUMBERS_OF_EACH)]
        answers = self.send_all(list(itertools.product(numbers + ODD_DESTINATIONS, TEXTS)))
        accepted = [a for *_, a in answers if a.status == wire.ROK]
        refused = [a for *_, a in answers if a.status != wire.ROK]
        self.settled("select count(*) from traffic.message", before[0] + len(accepted))
        self.settled("select count(*) from traffic.reject", before[1] + len(refused))
        for dest, text, answer in answers:
            with self.subTest(dest, segments=len(text)):
                check = self.check_accepted if answer.status == wire.ROK else self.check_refused
                check(dest, text, answer)
        self.check_variety(accepted, refused)

    def check_variety(self, accepted, refused):
        """The comparison means something: both suppliers, fail-overs and several reasons took part."""
        self.assertGreater(len(accepted), 100)
        self.assertGreater(len(refused), 40)
        by_supplier = dict(self.postgres.query("select s.name, count(*) from traffic.message join crm.supplier s "
                                               "using (supplier_id) join ref.network using (network_id) "
                                               "where mcc = '262' and mnc = '01' group by 1"))
        self.assertEqual({"alpha", "beta"}, set(by_supplier), "the rule splits")
        self.assertLess("0", self.postgres.value("select count(*) from traffic.message where attempts = 2"))
        reasons = {r for (r,) in self.postgres.query("select distinct reason from traffic.reject")}
        self.assertLessEqual({"no_route", "no_network", "bad_number", "script"}, reasons)
        self.assert_books_balance()

    def test_a_reload_changes_what_it_says_and_what_the_hub_does(self):
        dest = "447700900123"
        self.assertEqual(["beta", "alpha"], self.explain(dest, b"x")["plan"])
        rule = self.folder / "rule.lua"
        rule.write_text("function on_route(m, c) return c:without{ supplier = 'beta' } end\n")
        self.addCleanup(self.hub.live, "reload")
        self.addCleanup(rule.write_text, RULE)
        self.hub.live("reload")
        self.assertEqual(["alpha"], self.explain(dest, b"x")["plan"])
        (_, _, answer), = self.send_all([(dest, b"x")])
        self.settled(f"select count(*) from traffic.attempt where message_id = {answer.message_id}", 1)
        self.assertEqual("alpha", self.attempts(answer.message_id)[0][0])


if __name__ == "__main__":
    case.main()
