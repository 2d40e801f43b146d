"""MO of a client that is away and has mo_offline = store: kept over kill -9, in order to a client nobody here wrote."""

import json
import subprocess

from support import case, children, foreign, hub, wire

HANDSET, NUMBER = b"4915199999", b"4916012345"
TEMPORARY, FULL = 0x64, 0x14  # ESME_RX_T_APPN, ESME_RMSGQFUL
NODE_MO = ["node", str(foreign.CLIENTS / "node/node_mo.js")]
WAITING = "select count(*) from traffic.receipt where message_id = 0"


class MoStore(case.SystemCase):
    settings = {"relay": {"mo_stored_max": 5}}

    @classmethod
    def prepare(cls):
        ports = {"alpha": cls.alpha.port, "beta": cls.beta.port}
        text = hub.demo_catalog(ports)
        text = text.replace('system_id = "demo"\n', 'system_id = "demo"\nmo_offline = "store"\nmo_ttl_s = 3600\n', 1)
        cls.hub.apply(text, "store.toml")

    def answer_to(self, text, dest=NUMBER):
        """What beta is told of an MO."""
        self.beta.wait_bound()
        return self.beta.wait_response(self.beta.deliver(wire.Sm(source=HANDSET, dest=dest, text=text))).status

    def run_node(self, count):
        """What node-smpp took."""
        done = subprocess.run([*NODE_MO, "127.0.0.1", str(self.hub.port), *case.DEMO_CLIENT, str(count)], capture_output=True,
                              text=True, timeout=120, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def setUp(self):
        # An MO to a client of the test before, whose end the hub has not seen yet, would be offered to it.
        self.wait_clients_gone()

    def tearDown(self):
        self.settled(WAITING, 0)
        children.wait_until(lambda: self.counters()["clients_with_stored_receipts"] == 0, 60, "all was told")
        self.assert_books_balance()

    def test_what_was_answered_survives_kill_9_and_comes_in_order(self):
        texts = [b"one", b"two", b"three", b"four", b"five"]
        for text in texts[:3]:
            self.assertEqual(wire.ROK, self.answer_to(text))
        self.kill_hub()  # perhaps before anything is settled
        self.hub.start()
        for text in texts[3:]:
            self.assertEqual(wire.ROK, self.answer_to(text))
        self.assertEqual(FULL, self.answer_to(b"six"), "those of the run before count")
        self.settled(WAITING, 5)
        self.kill_hub()
        self.hub.start()
        got = self.run_node(5)
        self.assertEqual([text.decode() for text in texts], [one["text"] for one in got])
        self.assertEqual({(HANDSET.decode(), NUMBER.decode())}, {(one["from"], one["to"]) for one in got})
        self.settled(WAITING, 0)

    def test_one_that_was_offered_and_not_answered_comes_again_after_kill_9(self):
        self.assertEqual(wire.ROK, self.answer_to(b"once"))
        client = self.client()
        client.wait(lambda p: p.command_id == wire.DELIVER_SM, what="the MO")
        self.kill_hub()
        self.hub.start()
        self.assertEqual([b"once"], [self.client().take_delivery().sm().text])
        self.settled(WAITING, 0)
        # It has no message that says whose it was.
        self.settled("select string_agg(distinct concat_ws(' ', party, became, supplier), ', ') from bill.v_duplicates"
                     " where what = 'mo'", "demo delivered beta")

    def test_a_client_that_is_here_answers_itself(self):
        client = self.client()
        sequence = self.beta.deliver(wire.Sm(source=HANDSET, dest=NUMBER, text=b"x"))
        client.take_delivery(answer=0x65)
        self.assertEqual(0x65, self.beta.wait_response(sequence).status)

    def test_of_another_client_the_supplier_keeps_it(self):
        self.assertEqual(TEMPORARY, self.answer_to(b"x", dest=b"4916112345"))


if __name__ == "__main__":
    case.main()
