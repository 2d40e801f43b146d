"""Everything that the hub says, decoded by tshark: each kind of answer, refusal and relayed message, in each mode and version."""

import json
import re

from support import capture, case, children, hub, smsc, wire

VECTORS = hub.ROOT / "tests/unit/protocol/vectors/malformed.json"
TLV_TABLE = hub.ROOT / "protocol/wire/tlv.def"
ROUTED = b"4915112345678"
MO_DEMO = b"4916012345"
MODES = (wire.BIND_TRANSMITTER, wire.BIND_RECEIVER, wire.BIND_TRANSCEIVER)
BINDS = {"BOUND_TRX": wire.BIND_TRANSCEIVER, "BOUND_RX": wire.BIND_RECEIVER}
UNOFFERED = {"submit_multi": 0x21, "query_sm": 0x03}

# Each relayed octet for octet, and each right by the specification; tshark 4.0 reads these otherwise.
EXPLAINED_TLVS = {
    "broadcast_rep_num": "two octets in v5.0 section 4.8.4.8; tshark reads one",
    "ms_validity": "one octet or v5.0's four; tshark reads one",
}

SAYS_TO_CLIENTS = {"bind_receiver_resp": 0x80000001, "bind_transmitter_resp": 0x80000002, "bind_transceiver_resp": 0x80000009,
                   "submit_sm_resp": 0x80000004, "data_sm_resp": 0x80000103, "deliver_sm": 0x05, "enquire_link": 0x15,
                   "enquire_link_resp": 0x80000015, "unbind": 0x06, "unbind_resp": 0x80000006, "generic_nack": 0x80000000,
                   "deliver_sm_resp": 0x80000005, "submit_multi_resp": 0x80000021}
SAYS_TO_SUPPLIERS = {"bind_transceiver": 0x09, "submit_sm": 0x04, "data_sm": 0x103, "deliver_sm_resp": 0x80000005,
                     "enquire_link": 0x15, "enquire_link_resp": 0x80000015, "unbind": 0x06}


def tlv_rows():
    """(name, tag, octets) of each row of the table, at its shortest and its longest."""
    for name, tag, low, high in re.findall(r"^TLV\((\w+),\s*(0x\w+),\s*(\d+),\s*(\d+)\)", TLV_TABLE.read_text(), re.MULTILINE):
        for octets in sorted({int(low), min(int(high), 200)}):
            yield name, int(tag, 16), octets


class Emitted(case.SystemCase):
    settings = {"session": {"enquire_link_ms": 1000}, "supplier": {"enquire_link_ms": 1000}}

    @classmethod
    def prepare(cls):
        cls.capture = capture.Capture(cls.folder, [cls.hub.port, cls.alpha.port, cls.beta.port])
        cls.addClassCleanup(cls.capture.child.stop)

    def test_tshark_reads_all_of_it_and_finds_nothing_wrong(self):
        self.bind_in_every_way()
        self.send_every_malformed_vector()
        self.relay_every_tlv()
        self.relay_every_kind_of_message()
        self.deliver_every_kind()
        self.stop_with_an_idle_client()
        says = f"tcp.srcport == {self.hub.port} || tcp.dstport == {self.alpha.port} || tcp.dstport == {self.beta.port}"
        self.assertEqual([], self.capture.wrong(says))
        self.check_that_tshark_saw(SAYS_TO_CLIENTS, self.capture.commands(self.hub.port, "tcp.srcport"))
        suppliers = (self.capture.commands(self.alpha.port, "tcp.dstport") + self.capture.commands(self.beta.port, "tcp.dstport"))
        self.check_that_tshark_saw(SAYS_TO_SUPPLIERS, suppliers)
        self.assertEqual(self.submitted, suppliers[wire.SUBMIT_SM])

    def check_that_tshark_saw(self, wanted, found):
        self.assertEqual([], [name for name, command in wanted.items() if not found[command]])

    # -- one kind each

    def bind_in_every_way(self):
        for mode in MODES:
            for version in (0x00, 0x33, 0x34, 0x50, 0x99):
                client = self.client((None, None))
                self.assertEqual(wire.ROK, client.request(mode, wire.bind_body(*case.DEMO_CLIENT, version=version)).status)
                self.assertNotEqual(wire.ROK, client.request(mode, wire.bind_body(*case.DEMO_CLIENT)).status)
                client.unbind()
                client.close()
            client = self.client((None, None))
            self.assertNotEqual(wire.ROK, client.bind("nobody", "wrong", mode).status)

    def send_every_malformed_vector(self):
        for vector in json.loads(VECTORS.read_text())["vectors"]:
            bound = vector["state"] in BINDS
            client = self.client(case.DEMO_CLIENT if bound else (None, None),
                                 **({"mode": BINDS[vector["state"]]} if bound else {}))
            client.send_raw(bytes.fromhex(vector["hex"]))
            if vector["expected"]["response"] != "none":
                client.wait(lambda _: True)
            client.close()
        client = self.client()
        for command in UNOFFERED.values():
            client.send(command, b"")
            client.wait(lambda _: True)
        client.close()

    def relay_every_tlv(self):
        self.submitted = 0
        self.wait_clients_gone()
        client = self.client()
        for name, tag, octets in tlv_rows():
            if name in EXPLAINED_TLVS:
                continue
            value = b"\x01" * max(octets - 1, 0) + b"\x00" * min(octets, 1)
            self.submit(client, tlvs=((tag, value), (0x1499, b"vendor")), text=b"" if tag == wire.TLV_MESSAGE_PAYLOAD else b"x")
        client.close()

    def submit(self, client, **fields):
        answer = client.submit(dest=ROUTED, **fields)
        self.assertEqual(wire.ROK, answer.status, fields)
        self.submitted += 1
        return answer

    def relay_every_kind_of_message(self):
        client = self.client()
        self.submit(client, text=b"\x05\x00\x03\x07\x02\x01part", esm_class=0x40)
        self.submit(client, text="текст".encode("utf-16-be"), data_coding=8)
        self.submit(client, text=bytes(range(255)), data_coding=4, schedule=b"000000001000000R", validity=b"000002000000000R")
        self.submit(client, tlvs=((wire.TLV_MESSAGE_PAYLOAD, bytes(range(256)) * 200),))
        body = wire.Sm(dest=ROUTED, tlvs=((wire.TLV_MESSAGE_PAYLOAD, b"data"),)).encode(is_data=True)
        self.assertEqual(wire.ROK, client.request(wire.DATA_SM, body).status)
        self.assertNotEqual(wire.ROK, client.submit(dest=b"99900012345", text=b"no route").status)
        self.alpha.answer = lambda _link, pdu: [smsc.Smsc.response(pdu, 0x61)]
        self.assertEqual(0x61, client.submit(dest=ROUTED, text=b"refused").status)
        self.submitted += 1
        self.alpha.answer = self.alpha.accept
        client.close()

    def deliver_every_kind(self):
        self.wait_clients_gone()
        client = self.client()
        for stat in ("DELIVRD", "UNDELIV"):
            answer = self.submit(client, text=b"x", registered=1)
            query = f"select count(*) from traffic.attempt where message_id = {answer.message_id}"
            self.settled(query, 1)
            upstream = self.postgres.value(f"select upstream_id from traffic.attempt where message_id = {answer.message_id}")
            sequence = self.alpha.deliver_receipt(upstream, ROUTED, b"TEST", stat)
            client.take_delivery()
            self.assertEqual(wire.ROK, self.alpha.wait_response(sequence).status)
        for dest in (MO_DEMO, b"99912345"):
            sequence = self.alpha.deliver(wire.Sm(dest=dest, text=b"mo", tlvs=((0x3FFF, b"vendor"),)))
            if dest == MO_DEMO:
                client.take_delivery()
            self.alpha.wait_response(sequence)
        for link in self.alpha.bound_links():
            link.send(wire.Pdu(wire.ENQUIRE_LINK, 0, 4711, b""))
        client.unbind()

    def stop_with_an_idle_client(self):
        client = self.client()

        def asked_on_both_sides():
            client.pump(0.2)
            return client.enquired and self.alpha.enquired and self.beta.enquired
        children.wait_until(asked_on_both_sides, 10, "enquire_link on both sides")
        self.assertEqual(wire.ROK, client.request(wire.ENQUIRE_LINK).status)
        links = {"tcp.srcport": [(self.hub.port, 1)],
                 "tcp.dstport": [(supplier.port, len(supplier.bound_links())) for supplier in (self.alpha, self.beta)]}
        self.hub.stop()
        # The last that the hub says on each leg. What tshark has not written when it is stopped is lost.
        for direction, ends in links.items():
            for port, count in ends:
                self.capture.wait_for(port, direction, SAYS_TO_SUPPLIERS["unbind"], count)
        self.capture.stop()


if __name__ == "__main__":
    case.main()
