"""`hubctl explain` says what the hub then does, message by message: refusal, price, plan, cost, and the way it went."""

import collections
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

    def explain(self, dest, text, message_id=None, options=()):
        options = [*options, "--message-id", message_id] if message_id else options
        text = text if isinstance(text, str) else text.decode()
        done = self.hub.live("explain", "--client", "demo", "--src", "TEST", "--dst", dest, "--text", text,
                             *options, "-o", "json")
        return json.loads(done.stdout)

    def refused_by_explain(self, *options):
        """exit code and stderr"""
        done = self.hub.live("explain", "--client", "demo", "--src", "TEST", "--dst", "447700900123", *options,
                             check=False)
        return done.returncode, done.stderr

    def attempts(self, message_id):
        return self.postgres.query(f"select s.name, a.result, a.cost, a.rate_id from traffic.attempt a "
                                   f"join crm.supplier s using (supplier_id) where message_id = {message_id} "
                                   "order by attempt_no")

    def read_books(self):
        """What PostgreSQL has of every message: by message_id, and of those refused by destination, the last one."""
        self.messages = {row[0]: row[1:] for row in self.postgres.query(
            "select message_id, amount, rate, rate_id, segments, destination_addr, s.name, attempts, script_version "
            "from traffic.message m join crm.supplier s using (supplier_id)")}
        self.ways = collections.defaultdict(list)
        for message_id, *attempt in self.postgres.query(
                "select message_id, s.name, a.result, a.cost, a.rate_id from traffic.attempt a join crm.supplier s "
                "using (supplier_id) order by message_id, attempt_no"):
            self.ways[message_id].append(attempt)
        self.rejects = {number: (int(message_id), reason) for number, message_id, reason in self.postgres.query(
            "select destination_addr, message_id, reason from traffic.reject order by message_id")}

    def check_refused(self, dest, text, answer):
        said = self.explain(dest, text)
        self.assertEqual(said["command_status"], answer.status, dest)
        _, reason = max(self.rejects[number] for number in (dest, said["number"]) if number in self.rejects)
        self.assertEqual(said["refusal"], reason, dest)

    def check_accepted(self, dest, text, answer):
        said = self.explain(dest, text, answer.message_id)
        self.assertEqual("", said["refusal"], dest)
        amount, rate, rate_id, segments, number, supplier, attempts, version = self.messages[answer.message_id]
        self.assertEqual(decimal.Decimal(said["sell_amount"]), decimal.Decimal(amount), dest)
        self.assertEqual(decimal.Decimal(said["sell_rate"]), decimal.Decimal(rate), dest)
        self.assertEqual([str(said[k]) for k in ("sell_rate_id", "segments", "number", "script_version")],
                         [rate_id, segments, number, version], dest)
        self.check_way(said, supplier, self.ways[answer.message_id], int(attempts))

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
        return [(dest, text, client.wait(lambda p, s=s: p.sequence == s)) for s, dest, text in sent]

    def test_it_agrees_with_the_hub_message_by_message(self):
        before = [int(self.postgres.value(f"select count(*) from traffic.{t}")) for t in ("message", "reject")]
        numbers = [prefix + f"{n:07d}" for prefix in DESTINATIONS for n in range(NUMBERS_OF_EACH)]
        answers = self.send_all(list(itertools.product(numbers + ODD_DESTINATIONS, TEXTS)))
        accepted = [a for *_, a in answers if a.status == wire.ROK]
        refused = [a for *_, a in answers if a.status != wire.ROK]
        self.settled("select count(*) from traffic.message", before[0] + len(accepted))
        self.settled("select count(*) from traffic.reject", before[1] + len(refused))
        self.read_books()
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

    def submit(self, sm):
        """the answer of the hub, once the message is settled"""
        client = self.client()
        sequence = client.send(wire.SUBMIT_SM, sm.encode())
        answer = client.wait(lambda p: p.sequence == sequence)
        self.assertEqual(wire.ROK, answer.status)
        self.settled(f"select count(*) from traffic.message where message_id = {answer.message_id}", 1)
        return answer.message_id

    def check_coded(self, text, coding, octets):
        """octets: short_message, or with `coding` too long for it message_payload"""
        in_payload = len(octets) > 254
        message_id = self.submit(wire.Sm(dest=b"447700900123", data_coding=coding, text=b"" if in_payload else octets,
                                         tlvs=((wire.TLV_MESSAGE_PAYLOAD, octets),) if in_payload else ()))
        charged = self.postgres.query(f"select segments, amount from traffic.message where message_id = {message_id}")
        said = self.explain("447700900123", text, message_id, ["--coding", str(coding)])
        self.assertEqual(str(said["segments"]), charged[0][0], (coding, len(text)))
        self.assertEqual(decimal.Decimal(said["sell_amount"]), decimal.Decimal(charged[0][1]))
        return said["segments"]

    def test_it_counts_a_text_in_its_coding(self):
        ucs2 = [("ż" * 70, 1), ("ż" * 71, 2), ("a" * 70, 1), ("a" * 71, 2), ("ż" * 134, 2), ("ż" * 135, 3),
                ("\U0001F600" * 35, 1), ("\U0001F600" * 36, 2)]
        for text, segments in ucs2:
            with self.subTest(coding=8, length=len(text)):
                self.assertEqual(segments, self.check_coded(text, 8, text.encode("utf-16-be")))
        for text, segments in (("é" * 140, 1), ("é" * 141, 2)):
            with self.subTest(coding=3, length=len(text)):
                self.assertEqual(segments, self.check_coded(text, 3, text.encode("latin-1")))
        for text, octets, segments in (("é" * 160, b"\x05" * 160, 1), ("é" * 161, b"\x05" * 161, 2),
                                       ("€" * 80, b"\x1b\x65" * 80, 1), ("€" * 81, b"\x1b\x65" * 81, 2)):
            with self.subTest(coding=0, length=len(text)):
                self.assertEqual(segments, self.check_coded(text, 0, octets))

    def test_a_text_that_its_coding_cannot_hold_is_refused_by_place(self):
        code, said = self.refused_by_explain("--text", "abcż")
        self.assertEqual(2, code)
        self.assertIn("character 4 of the text is not in data_coding 0", said)
        self.assertNotIn("ż", said)

    def test_it_takes_an_id_as_a_client_of_v33_has_it(self):
        digits = str((59_500_800_000 << 22) | 511)
        short = self.postgres.value(f"select bill.client_message_id({digits})")
        self.assertEqual(8, len(short))
        self.assertEqual(self.explain("447700900123", "hello", digits), self.explain("447700900123", "hello", short))

    def test_it_routes_the_parts_of_a_message_as_the_hub_does(self):
        dest, ways = "4915112345678", set()
        for ref in range(12):
            part = ["--ref", str(ref), "--total", "2", "--part"]
            said = [self.explain(dest, "x" * 153, options=[*part, str(n)]) for n in (1, 2)]
            self.assertEqual(said[0]["plan"], said[1]["plan"], "a fresh message id each, one way for both")
            self.assertEqual(1, said[0]["segments"])
            header = bytes([5, 0, 3, ref, 2, 1])
            message_id = self.submit(wire.Sm(dest=dest.encode(), esm_class=0x40, text=header + b"x" * 153))
            self.assertEqual(said[0]["plan"][0], self.attempts(message_id)[0][0], ref)
            ways.add(said[0]["plan"][0])
        self.assertEqual({"alpha", "beta"}, ways, "the rule splits")
        code, _ = self.refused_by_explain("--ref", "1")
        self.assertEqual(2, code)

    def test_the_ton_of_a_destination_counts(self):
        # 00 is the way out of a country, but not in a national number.
        self.assertEqual("447700900123", self.explain("00447700900123", b"x", options=["--ton", "0"])["number"])
        national = self.explain("00447700900123", b"x", options=["--ton", "2"])
        self.assertEqual("bad_number", national["refusal"])

    def test_a_time_whose_rates_are_gone_is_refused(self):
        code, said = self.refused_by_explain("--at", "2020-01-01")
        self.assertEqual(3, code)
        self.assertIn("are not in the catalog", said)

    def test_it_says_that_a_loop_leaves_the_script_alone(self):
        self.assertEqual(0, self.explain("447700900123", b"x")["script_bypassed_loops"])
        rule = self.folder / "rule.lua"
        rule.write_text("function on_submit(m) if m.segments == 2 then return m.nothing end end\n")
        self.addCleanup(self.hub.live, "reload")
        self.addCleanup(rule.write_text, RULE)
        self.hub.live("reload")
        self.send_all([("447700900123", b"x" * 200)] * 20)
        said = self.explain("447700900123", b"x")
        self.assertEqual(1, said["script_bypassed_loops"])
        self.assertIn("script bypassed on 1 loops", said["text"])
        self.hub.live("reload")
        self.assertEqual(0, self.explain("447700900123", b"x")["script_bypassed_loops"], "a new script, a new start")

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
