"""Every malformed vector, sent to the running hub: it is answered as the vector says, nothing is relayed, the hub serves on."""

import dataclasses
import json

from support import case, hub, wire

VECTORS = hub.ROOT / "tests/unit/protocol/vectors/malformed.json"

COMMANDS = {"generic_nack": 0x80000000, "submit_sm_resp": 0x80000004, "bind_transceiver_resp": 0x80000009,
            "deliver_sm_resp": 0x80000005, "submit_multi_resp": 0x80000021, "data_sm_resp": 0x80000103,
            "enquire_link_resp": 0x80000015}
BINDS = {"BOUND_TRX": wire.BIND_TRANSCEIVER, "BOUND_RX": wire.BIND_RECEIVER}


def status_of(name):
    """ESME_RINVCMDLEN -> 2, from the vectors' own '0x02 ESME_RINVCMDLEN'."""
    table = {"ESME_RINVCMDLEN": 0x02, "ESME_RINVCMDID": 0x03, "ESME_RINVBNDSTS": 0x04}
    return table[name]


@dataclasses.dataclass
class Seen:
    """What came back: the first answer, if any, and whether the connection is closed."""
    answer: wire.Pdu | None
    closed: bool


def is_expected(expected, seen):
    """None when the reaction is one that the vector allows, else what is wrong with it."""
    also = expected["also"]
    if seen.answer is None:
        silent = expected["response"] == "none" or {"close without a reply", "close"} & set(also)
        return None if silent else "no answer"
    sequences = {expected["sequence_number"]} | ({0} if "sequence_number 0" in also else set())
    if seen.answer.sequence not in sequences:
        return f"sequence_number {seen.answer.sequence}, wanted {sequences}"
    command, status = seen.answer.command_id, seen.answer.status
    if command == COMMANDS.get(expected["response"]):
        listed = [int(s.split()[0], 16) for s in expected["status"]]
        if status in listed or any(w.startswith(("relay unchanged", "accept if")) for w in also):
            return None
        if status != 0 and {"any other error status", "any error status"} & set(also):
            return None
    for words in (w.split() for w in also if w.startswith("generic_nack")):
        if (command, status) == (COMMANDS["generic_nack"], status_of(words[1])):
            return None
    return f"answer {command:#010x} with status {status:#x}"


class BadPdus(case.SystemCase):
    settings = {"session": {"init_timeout_ms": 3000}}  # of a peer that never says a whole bind

    def setUp(self):
        self.alpha.received.clear()
        self.beta.received.clear()

    def react(self, vector):
        account = case.DEMO_CLIENT if vector["state"] in BINDS else (None, None)
        client = self.client(account, **({"mode": BINDS[vector["state"]]} if vector["state"] in BINDS else {}))
        client.send_raw(bytes.fromhex(vector["hex"]))
        answer = self.no_answer(client) if vector["expected"]["response"] == "none" else self.first_answer(client)
        closed = vector["expected"]["session"] == "close" and client.wait_closed()
        return client, Seen(answer, closed)

    def no_answer(self, client):
        """None when nothing came before the answer to what was sent behind it: the hub answers in order."""
        client.request(wire.ENQUIRE_LINK)
        return client.inbox.pop(0) if client.inbox else None

    def first_answer(self, client):
        """None when the connection was closed instead."""
        try:
            return client.wait(lambda _: True)
        except AssertionError:
            if client.closed:
                return None
            raise

    def check(self, vector):
        client, seen = self.react(vector)
        problem = is_expected(vector["expected"], seen)
        self.assertIsNone(problem, f"{vector['id']} {vector['name']}: {problem}")
        if vector["expected"]["session"] == "close":
            self.assertTrue(seen.closed, f"{vector['id']}: the session must be closed")
        elif not client.closed:
            self.assertEqual(wire.ROK, client.request(wire.ENQUIRE_LINK).status, "the session must live")
            self.assertEqual([], client.inbox, f"{vector['id']}: one answer only")
        else:
            self.assertIn("close", vector["expected"]["also"], f"{vector['id']}: the session must live")

    def test_every_vector_is_answered_as_it_says(self):
        vectors = json.loads(VECTORS.read_text())["vectors"]
        self.assertGreater(len(vectors), 40)
        for vector in vectors:
            with self.subTest(vector["id"]):
                self.check(vector)
        self.assertEqual([], self.alpha.received + self.beta.received, "nothing of it is relayed")
        self.assertEqual(wire.ROK, self.client().submit(dest=b"4915112345678", text=b"the hub serves").status)
        self.assertEqual(1, len(self.alpha.received))
        self.assert_books_balance()

    def test_a_thousand_broken_strangers_hurt_nobody(self):
        honest = self.client()
        for number in range(1000):
            stranger = self.client((None, None))
            stranger.send_raw(bytes([number & 0xFF, number >> 8, 0xFF, 0x00]) * 5)
            stranger.close()
            if number % 100 == 0:
                self.assertEqual(wire.ROK, honest.request(wire.ENQUIRE_LINK).status)
        self.assertEqual(wire.ROK, honest.submit(dest=b"4915112345678", text=b"x").status)


if __name__ == "__main__":
    case.main()
