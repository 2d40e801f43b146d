"""Everything that the hub says, decoded by tshark: each kind of answer, refusal and relayed message, in each mode and version."""

import json
import re

from support import capture, case, children, hub, smsc, wire

VECTORS = hub.ROOT / "tests/unit/protocol/vectors"
COMMAND_TABLE = hub.ROOT / "protocol/wire/command.def"
TLV_TABLE = hub.ROOT / "protocol/wire/tlv.def"
ROUTED = b"4915112345678"
MO_DEMO = b"4916012345"
DATA_MO = wire.Sm(dest=MO_DEMO, data_coding=4, tlvs=((wire.TLV_MESSAGE_PAYLOAD, b"data"), (0x3FFF, b"vendor")))
RCNTSUBDL, RINVNUMDESTS = 0x44, 0x33
MODES = (wire.BIND_TRANSMITTER, wire.BIND_RECEIVER, wire.BIND_TRANSCEIVER)
BINDS = {"BOUND_TRX": wire.BIND_TRANSCEIVER, "BOUND_RX": wire.BIND_RECEIVER}
UNOFFERED = ("broadcast_sm", "query_broadcast_sm", "cancel_broadcast_sm")

# Each relayed octet for octet, and each right by the specification; tshark 4.0 reads these otherwise.
EXPLAINED_TLVS = {
    "broadcast_rep_num": "two octets in v5.0 section 4.8.4.8; tshark reads one",
    "ms_validity": "one octet or v5.0's four; tshark reads one",
}

COMMANDS = {name: int(value, 16) for name, value in
            re.findall(r"^COMMAND\((\w+),\s*(0x\w+)\)", COMMAND_TABLE.read_text(), re.MULTILINE)}

# Of all commands there are, what the hub does not say, and why. It must be seen to say all others: who adds a command adds a step
# below that makes the hub say it, or a row here.
OF_AN_ESME = "a request that an ESME makes of an SMSC; to its clients the hub is the SMSC"
OF_AN_SMSC = "said by an SMSC; to its suppliers the hub is an ESME"
TO_AN_ESME = "answers what only an ESME asks; a supplier that asks it gets a generic_nack"
NO_PRICE = "broadcasts are not relayed: no deck has a price for an area"
NOT_TO_CLIENTS = {
    "bind_receiver": OF_AN_ESME, "bind_transmitter": OF_AN_ESME, "bind_transceiver": OF_AN_ESME, "submit_sm": OF_AN_ESME,
    "submit_multi": OF_AN_ESME, "query_sm": OF_AN_ESME, "cancel_sm": OF_AN_ESME, "replace_sm": OF_AN_ESME,
    "broadcast_sm": OF_AN_ESME, "query_broadcast_sm": OF_AN_ESME, "cancel_broadcast_sm": OF_AN_ESME,
    "outbind": "clients come by themselves; the hub connects to none",
}
NOT_TO_SUPPLIERS = {
    "bind_receiver_resp": TO_AN_ESME, "bind_transmitter_resp": TO_AN_ESME, "bind_transceiver_resp": TO_AN_ESME,
    "submit_sm_resp": TO_AN_ESME, "submit_multi_resp": TO_AN_ESME, "query_sm_resp": TO_AN_ESME, "cancel_sm_resp": TO_AN_ESME,
    "replace_sm_resp": TO_AN_ESME, "broadcast_sm_resp": TO_AN_ESME, "query_broadcast_sm_resp": TO_AN_ESME,
    "cancel_broadcast_sm_resp": TO_AN_ESME, "deliver_sm": OF_AN_SMSC, "alert_notification": OF_AN_SMSC, "outbind": OF_AN_SMSC,
    "broadcast_sm": NO_PRICE, "query_broadcast_sm": NO_PRICE, "cancel_broadcast_sm": NO_PRICE,
    "query_sm": "answered from the hub's own knowledge",
    "submit_multi": "split: each destination is a submit_sm",
}

# Beta's two more binds: the demo has transceivers alone.
ONE_WAY_BINDS = """
[[supplier.bind]]
host = "127.0.0.1"
port = {port}
system_id = "hub-beta-tx"
password = "beta-pw"
mode = "tx"

[[supplier.bind]]
host = "127.0.0.1"
port = {port}
system_id = "hub-beta-rx"
password = "beta-pw"
mode = "rx"

"""


def vector_pdus(file, *commands):
    """The octets of the file's PDUs of these commands."""
    for vector in json.loads((VECTORS / file).read_text())["vectors"]:
        if vector["pdu"] in commands:
            yield bytes.fromhex(vector["hex"])


def tlv_rows():
    """(name, tag, octets) of each row of the table, at its shortest and its longest."""
    for name, tag, low, high in re.findall(r"^TLV\((\w+),\s*(0x\w+),\s*(\d+),\s*(\d+)\)", TLV_TABLE.read_text(), re.MULTILINE):
        for octets in sorted({int(low), min(int(high), 200)}):
            yield name, int(tag, 16), octets


class Emitted(case.SystemCase):
    settings = {"session": {"enquire_link_ms": 1000}, "supplier": {"enquire_link_ms": 1000}}

    @classmethod
    def prepare(cls):
        catalog = hub.demo_catalog({"alpha": cls.alpha.port, "beta": cls.beta.port})
        cls.hub.apply(catalog.replace("[[mo_route]]", ONE_WAY_BINDS.format(port=cls.beta.port) + "[[mo_route]]", 1))
        cls.capture = capture.Capture(cls.folder, [cls.hub.port, cls.alpha.port, cls.beta.port])
        cls.addClassCleanup(cls.capture.child.stop)

    @classmethod
    def wait_suppliers(cls, alpha=1):
        super().wait_suppliers(alpha=2)
        cls.beta.wait_bound(3)

    def test_tshark_reads_all_of_it_and_finds_nothing_wrong(self):
        self.bind_in_every_way()
        self.send_every_malformed_vector()
        self.relay_every_tlv()
        self.relay_every_kind_of_message()
        self.submit_to_many()
        self.ask_about_messages()
        self.deliver_every_kind()
        self.deliver_to_a_client_of_v33()
        self.let_a_supplier_ask_and_leave()
        self.stop_with_an_idle_client()
        says = f"tcp.srcport == {self.hub.port} || tcp.dstport == {self.alpha.port} || tcp.dstport == {self.beta.port}"
        self.assertEqual([], self.capture.wrong(says))
        suppliers = (self.capture.commands(self.alpha.port, "tcp.dstport") + self.capture.commands(self.beta.port, "tcp.dstport"))
        self.check_what_is_said(NOT_TO_CLIENTS, self.capture.commands(self.hub.port, "tcp.srcport"))
        self.check_what_is_said(NOT_TO_SUPPLIERS, suppliers)
        self.assertEqual(self.submitted, suppliers[wire.SUBMIT_SM])
        self.check_unsuccess()

    def check_what_is_said(self, never, found):
        self.assertLessEqual(set(never), set(COMMANDS), "no such command")
        said = {name for name, command in COMMANDS.items() if found[command]}
        self.assertEqual(set(COMMANDS) - set(never), said)
        self.assertEqual(set(), set(found) - set(COMMANDS.values()), "commands that SMPP does not have")

    def check_unsuccess(self):
        """tshark finds the same entries in the body of the submit_multi_resp as are there."""
        rows = self.capture.decode(f"tcp.srcport == {self.hub.port} && smpp.command_id == {COMMANDS['submit_multi_resp']:#x} && "
                                   "smpp.error_status_code", "smpp.destination_addr", "smpp.error_status_code")
        self.assertEqual([["99900012345,staff", f"{wire.RINVDSTADR},{RCNTSUBDL}"]],
                         [[numbers, ",".join(str(int(word, 0)) for word in statuses.split(","))] for numbers, statuses in rows])

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
        for vector in json.loads((VECTORS / "malformed.json").read_text())["vectors"]:
            bound = vector["state"] in BINDS
            client = self.client(case.DEMO_CLIENT if bound else (None, None),
                                 **({"mode": BINDS[vector["state"]]} if bound else {}))
            client.send_raw(bytes.fromhex(vector["hex"]))
            if vector["expected"]["response"] != "none":
                client.wait(lambda _: True)
            client.close()
        client = self.client()
        for name in UNOFFERED:  # a bad one is answered as what it is, a good one by a generic_nack
            self.assertEqual(wire.RINVCMDLEN, client.request(COMMANDS[name]).status)
        for octets in vector_pdus("operations.json", *UNOFFERED):
            client.send_raw(octets)
            self.assertEqual(wire.GENERIC_NACK, client.wait(lambda _: True).command_id)
        client.close()
        self.send_to_the_wrong_side()

    def send_to_the_wrong_side(self):
        """What only an SMSC says, said by a client."""
        client = self.client()
        self.assertEqual(wire.RINVBNDSTS, client.request(wire.DELIVER_SM, wire.Sm(dest=ROUTED, text=b"x").encode()).status)
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
        why = b"\0" + wire.tlv(0x0423, b"\x03\x00\x08") + wire.tlv(0x0425, b"\x01") + wire.tlv(0x001D, b"no\0")
        self.alpha.answer = lambda _link, pdu: [wire.Pdu(pdu.command_id | wire.RESP, 0x61, pdu.sequence, why)]
        self.assertEqual(why, client.submit(dest=ROUTED, text=b"refused, and why").body)
        self.submitted += 1
        self.assertEqual(why, client.request(wire.DATA_SM, body).body)
        self.alpha.answer = self.alpha.accept
        client.close()

    def submit_to_many(self):
        client = self.client()
        body = wire.multi_body(ROUTED, b"4915112345670", b"99900012345", lists=(b"staff",))
        answer = client.request(wire.SUBMIT_MULTI, body)
        self.submitted += 2
        self.assertEqual((wire.ROK, 2), (answer.status, answer.body[len(answer.message_id) + 1]))
        self.assertEqual(RINVNUMDESTS, client.request(wire.SUBMIT_MULTI, wire.multi_body()).status)
        client.close()

    def upstream_id(self, message_id):
        of_it = f"from traffic.attempt where message_id = bill.message_id_of('{message_id}')"
        self.settled(f"select count(*) {of_it}", 1)
        return self.postgres.value(f"select upstream_id {of_it}")

    def ask_about_messages(self):
        """query_sm while it is on its way and at its end; cancel_sm and replace_sm of one that a supplier has, and of none."""
        client = self.client()
        answer = self.submit(client, text=b"x", registered=1)
        upstream = self.upstream_id(answer.message_id)
        named, source = wire.cstring(answer.message_id), b"\x05\0TEST\0"
        cancel, replace = b"\0" + named + source + b"\0\0\0", named + source + b"\0\0\0\0\x05other"
        self.assertEqual(wire.ROK, client.request(wire.QUERY_SM, named + source).status)
        self.assertEqual(wire.ROK, client.request(wire.REPLACE_SM, replace).status)
        self.assertEqual(wire.ROK, client.request(wire.CANCEL_SM, cancel).status)
        self.alpha.deliver_receipt(upstream, ROUTED, b"TEST", "DELIVRD")
        client.take_delivery()
        self.settled(f"select count(*) from traffic.outcome where message_id = {answer.message_id}", 1)
        self.assertEqual(b"\x02\0", client.request(wire.QUERY_SM, named + source).body[-2:])
        nobodys = wire.cstring("4711")
        for command, body in ((wire.QUERY_SM, nobodys + source), (wire.CANCEL_SM, b"\0" + nobodys + source + b"\0\0\0"),
                              (wire.REPLACE_SM, nobodys + source + b"\0\0\0\0\0")):
            self.assertNotEqual(wire.ROK, client.request(command, body).status)
        client.close()

    def deliver_every_kind(self):
        self.wait_clients_gone()
        client = self.client()
        for stat in ("DELIVRD", "UNDELIV"):
            answer = self.submit(client, text=b"x", registered=1)
            sequence = self.alpha.deliver_receipt(self.upstream_id(answer.message_id), ROUTED, b"TEST", stat)
            client.take_delivery()
            self.assertEqual(wire.ROK, self.alpha.wait_response(sequence).status)
        for dest in (MO_DEMO, b"99912345"):
            sequence = self.alpha.deliver(wire.Sm(dest=dest, text=b"mo", tlvs=((0x3FFF, b"vendor"),)))
            if dest == MO_DEMO:
                client.take_delivery()
            self.alpha.wait_response(sequence)
        for answer, tlvs in ((wire.ROK, b""), (0x65, wire.tlv(0x0423, b"\x03\x00\x08") + wire.tlv(0x0425, b"\x01"))):
            sequence = self.alpha.deliver(DATA_MO, command_id=wire.DATA_SM)
            self.assertEqual(wire.DATA_SM, client.take_delivery(answer=answer, tlvs=tlvs).command_id)
            self.assertEqual(tlvs, self.alpha.wait_response(sequence).body[1:])
        alert = b"\x01\x01" + wire.cstring(ROUTED) + b"\x01\x01" + wire.cstring(MO_DEMO) + wire.tlv(0x0422, b"\0")
        self.alpha.bound_links()[0].send(wire.Pdu(wire.ALERT_NOTIFICATION, 0, 4710, alert))
        self.assertEqual(alert, client.wait(lambda p: p.command_id == wire.ALERT_NOTIFICATION).body)
        for link in self.alpha.bound_links():
            link.send(wire.Pdu(wire.ENQUIRE_LINK, 0, 4711, b""))
        client.unbind()

    def deliver_to_a_client_of_v33(self):
        """A receipt with TLVs, an MO with some, an MO as data_sm: it gets deliver_sm without any."""
        self.wait_clients_gone()
        client = self.client((None, None))
        self.assertEqual(wire.ROK, client.request(wire.BIND_TRANSCEIVER, wire.bind_body(*case.DEMO_CLIENT, version=0x33)).status)
        answer = self.submit(client, text=b"x", registered=1)
        sequences = [self.alpha.deliver_receipt(self.upstream_id(answer.message_id), ROUTED, b"TEST")]
        sequences.append(self.alpha.deliver(wire.Sm(dest=MO_DEMO, tlvs=((0x3FFF, b"x"), (wire.TLV_MESSAGE_PAYLOAD, b"mo")))))
        sequences.append(self.alpha.deliver(DATA_MO, command_id=wire.DATA_SM))
        for got in [client.take_delivery() for _ in sequences]:
            self.assertEqual((wire.DELIVER_SM, ()), (got.command_id, got.sm().tlvs))
        for sequence in sequences:
            self.assertEqual(wire.ROK, self.alpha.wait_response(sequence).status)
        client.unbind()

    def let_a_supplier_ask_and_leave(self):
        link = self.beta.bound_links()[0]
        link.send(wire.Pdu(0x00010200, 0, 4712, b""))
        self.assertEqual(wire.GENERIC_NACK, self.beta.wait_response(4712).command_id)
        link.send(wire.Pdu(wire.UNBIND, 0, 4713, b""))
        self.assertEqual(wire.UNBIND | wire.RESP, self.beta.wait_response(4713).command_id)
        children.wait_until(lambda: link not in self.beta.links, 10, "the hub leaves the supplier that sent it away")
        self.beta.wait_bound(3)

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
                self.capture.wait_for(port, direction, wire.UNBIND, count)
        self.capture.stop()


if __name__ == "__main__":
    case.main()
