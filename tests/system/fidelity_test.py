"""What the client sent is what the supplier gets, octet for octet, and what the supplier answers is what the client gets."""

import threading

from support import case, smsc, wire

ROUTED = b"4915112345678"     # alpha first
MO_DEMO, MO_PENNY = b"4916012345", b"4916112345"
LONGEST = (bytes(range(256)) * 256)[:65535]  # of a TLV

# Every field of submit_sm with a value of its own, and TLVs the hub knows nothing of: in no order, one twice, one empty.
ODD_TLVS = ((0x3FFF, b"\x00\xffvendor"), (0x1401, b""), (0x020A, b"\x12\x34"), (0x3FFF, b"again"), (0x0005, b"\x01"),
            (0xEEEE, bytes(range(256))))
FULL = wire.Sm(service_type=b"CMT", source_ton=3, source_npi=8, source=b"12345", dest_ton=1, dest_npi=1, dest=ROUTED,
               esm_class=0x80, protocol_id=0x41, priority=3, schedule=b"000000001000000R", validity=b"000002000000000R",
               registered=0x11, replace=1, data_coding=0xF5, default_id=7, text=b"\x00\x01\xfe\xff binary", tlvs=ODD_TLVS)


def only(requests):
    """The one PDU a supplier got."""
    assert len(requests) == 1, requests
    return requests[0][1]


class Fidelity(case.SystemCase):
    def setUp(self):
        self.wait_clients_gone()
        for supplier in (self.alpha, self.beta):
            supplier.received.clear()
            supplier.responses.clear()
            supplier.answer = supplier.accept

    def test_submit_sm_reaches_the_supplier_octet_for_octet(self):
        answer = self.client().request(wire.SUBMIT_SM, FULL.encode())
        self.assertEqual(wire.ROK, answer.status)
        self.assertEqual(FULL.encode(), only(self.alpha.received).body)

    def test_data_sm_reaches_the_supplier_octet_for_octet(self):
        body = wire.Sm(service_type=b"WAP", dest=ROUTED, registered=1, data_coding=4,
                       tlvs=((0x3001, b"x"), (wire.TLV_MESSAGE_PAYLOAD, b"payload" * 100))).encode(is_data=True)
        answer = self.client().request(wire.DATA_SM, body)
        self.assertEqual(wire.ROK, answer.status)
        got = only(self.alpha.received)
        self.assertEqual((wire.DATA_SM, body), (got.command_id, got.body))

    def test_the_longest_message_payload_passes_whole(self):
        client = self.client()
        for command in (wire.SUBMIT_SM, wire.DATA_SM):
            sm = wire.Sm(dest=ROUTED, data_coding=4, tlvs=((0x1401, b"before"), (wire.TLV_MESSAGE_PAYLOAD, LONGEST), (0x1402, b"behind")))
            body = sm.encode(is_data=command == wire.DATA_SM)
            self.alpha.received.clear()
            self.assertEqual(wire.ROK, client.request(command, body).status)
            got = only(self.alpha.received)
            self.assertEqual((command, body), (got.command_id, got.body))

    def test_octets_that_arrive_one_by_one_make_the_same_message(self):
        client = self.client()
        for octet in wire.Pdu(wire.SUBMIT_SM, 0, 77, FULL.encode()).encode():
            client.send_raw(bytes([octet]))
        self.assertEqual(wire.ROK, client.wait(lambda p: p.sequence == 77).status)
        self.assertEqual(FULL.encode(), only(self.alpha.received).body)

    def test_the_supplier_s_refusal_reaches_the_client_unchanged_and_costs_nothing(self):
        refused = 0x61  # ESME_RINVSCHED: of the message, so that no other supplier is asked
        self.alpha.answer = lambda _link, pdu: [smsc.Smsc.response(pdu, refused)]
        before = self.postgres.value("select count(*) from traffic.reject")
        answer = self.client().submit(dest=ROUTED, text=b"refused")
        self.assertEqual(refused, answer.status)
        self.assertEqual([], self.beta.received)
        self.settled("select count(*) from traffic.reject", int(before) + 1)
        self.assert_books_balance()

    def test_what_the_supplier_says_of_a_refusal_reaches_the_client(self):
        kept = wire.tlv(0x0423, b"\x03\x00\x08") + wire.tlv(0x0425, b"\x01") + wire.tlv(0x001D, b"no\0") + wire.tlv(0x3FFF, b"")
        of_one_hop = wire.tlv(0x0428, b"\x5a")
        self.alpha.answer = lambda _link, pdu: [wire.Pdu(pdu.command_id | wire.RESP, 0x61, pdu.sequence, b"\0" + of_one_hop + kept)]
        client = self.client()
        sm = wire.Sm(dest=ROUTED, tlvs=((wire.TLV_MESSAGE_PAYLOAD, b"x"),))
        for command in (wire.SUBMIT_SM, wire.DATA_SM):
            answer = client.request(command, sm.encode(is_data=command == wire.DATA_SM))
            self.assertEqual((command | wire.RESP, 0x61, b"\0" + kept), (answer.command_id, answer.status, answer.body))

    def test_the_id_the_client_gets_is_the_hub_s_and_the_receipt_carries_it(self):
        client = self.client()
        answer = client.submit(dest=ROUTED, source=b"SENDER", text=b"x", registered=1)
        self.alpha.answer = self.alpha.accept
        supplier_id = self.supplier_id_of(answer.message_id)
        self.assertNotEqual(supplier_id, answer.message_id)
        sequence = self.alpha.deliver_receipt(supplier_id, ROUTED, b"SENDER", "UNDELIV")
        got = client.take_delivery().sm()
        self.assertEqual(wire.receipt_text(answer.message_id, "UNDELIV"), got.text)
        self.assertEqual(wire.cstring(answer.message_id), got.tlv(wire.TLV_RECEIPTED_MESSAGE_ID))
        self.assertEqual(b"\x05", got.tlv(wire.TLV_MESSAGE_STATE))
        self.assertEqual((0x04, ROUTED, b"SENDER"), (got.esm_class, got.source, got.dest))
        self.assertEqual(wire.ROK, self.alpha.wait_response(sequence).status)
        self.settled(f"select message_state from traffic.outcome where message_id = {answer.message_id}", 5)

    def supplier_id_of(self, message_id):
        self.settled(f"select count(*) from traffic.attempt where message_id = {message_id}", 1)
        return self.postgres.value(f"select upstream_id from traffic.attempt where message_id = {message_id}")

    def test_a_receipt_that_overtakes_its_response_is_not_lost(self):
        def receipt_first(link, pdu):
            sm = pdu.sm()
            self.alpha.deliver_receipt("early-1", sm.dest, sm.source, link=link)
            timer = threading.Timer(0.3, link.send, [smsc.Smsc.response(pdu, 0, "early-1")])
            timer.start()
            self.addCleanup(timer.join)
            return []
        self.alpha.answer = receipt_first
        client = self.client()
        answer = client.submit(dest=ROUTED, text=b"x", registered=1)
        self.assertEqual(wire.ROK, answer.status)
        self.assertEqual(wire.receipt_text(answer.message_id), client.take_delivery().sm().text)

    def test_a_receipt_finds_the_receiver_of_a_client_bound_twice(self):
        transmitter = self.client(mode=wire.BIND_TRANSMITTER)
        receiver = self.client(mode=wire.BIND_RECEIVER)
        answer = transmitter.submit(dest=ROUTED, text=b"x", registered=1)
        self.alpha.deliver_receipt(self.supplier_id_of(answer.message_id), ROUTED, b"TEST")
        self.assertEqual(wire.receipt_text(answer.message_id), receiver.take_delivery().sm().text)
        transmitter.pump(0.2)
        self.assertEqual([], transmitter.inbox)
        self.assertEqual(wire.RINVBNDSTS, receiver.submit(dest=ROUTED, text=b"x").status)


class MobileOriginated(case.SystemCase):
    def setUp(self):
        self.wait_clients_gone()

    def test_it_goes_to_the_client_that_owns_the_number_octet_for_octet(self):
        demo, penny = self.client(), self.client(case.POOR_CLIENT)
        for dest, owner, other in ((MO_DEMO, demo, penny), (MO_PENNY, penny, demo)):
            sm = wire.Sm(source_ton=1, source=b"4915199999", dest=dest, data_coding=8, text=b"\x04\x1f", tlvs=ODD_TLVS)
            sequence = self.beta.deliver(sm)
            self.assertEqual(sm.encode(), owner.take_delivery().body)
            self.assertEqual(wire.ROK, self.beta.wait_response(sequence).status)
            other.pump(0.2)
            self.assertEqual([], other.inbox)

    def test_the_longest_message_payload_passes_whole(self):
        client = self.client()
        for command in (wire.DELIVER_SM, wire.DATA_SM):
            sm = wire.Sm(dest=MO_DEMO, data_coding=4, tlvs=((wire.TLV_MESSAGE_PAYLOAD, LONGEST), (0x1402, b"behind")))
            sequence = self.beta.deliver(sm, command_id=command)
            got = client.take_delivery()
            self.assertEqual((command, sm.encode(is_data=command == wire.DATA_SM)), (got.command_id, got.body))
            answer = self.beta.wait_response(sequence)
            self.assertEqual((command | wire.RESP, wire.ROK, b"\0"), (answer.command_id, answer.status, answer.body))

    def test_what_the_client_says_besides_its_status_reaches_the_supplier(self):
        client = self.client()
        kept = wire.tlv(0x0423, b"\x03\x00\x08") + wire.tlv(0x0425, b"\x01") + wire.tlv(0x001D, b"busy\0") + wire.tlv(0x3FFF, b"")
        of_one_hop = wire.tlv(0x0428, b"\x5a") + wire.tlv(0x0210, b"\x50")
        self.alpha.wait_bound(2)
        for link in self.alpha.bound_links():  # one on each loop: the client is on one of them
            for command, status in ((wire.DELIVER_SM, wire.ROK), (wire.DELIVER_SM, 0x65), (wire.DATA_SM, 0x64)):
                sm = wire.Sm(dest=MO_DEMO, tlvs=((wire.TLV_MESSAGE_PAYLOAD, b"x"),))
                sequence = self.alpha.deliver(sm, link, command)
                client.take_delivery(answer=status, tlvs=of_one_hop + kept)
                answer = self.alpha.wait_response(sequence)
                self.assertEqual((command | wire.RESP, status, b"\0" + kept), (answer.command_id, answer.status, answer.body))

    def test_the_client_s_refusal_reaches_the_supplier(self):
        client = self.client()
        sequence = self.beta.deliver(wire.Sm(dest=MO_DEMO, text=b"x"))
        client.take_delivery(answer=0x64)  # ESME_RX_T_APPN
        self.assertEqual(0x64, self.beta.wait_response(sequence).status)

    def test_without_a_client_that_could_take_it_the_supplier_keeps_it(self):
        sequence = self.beta.deliver(wire.Sm(dest=MO_PENNY, text=b"x"))
        self.assertNotEqual(wire.ROK, self.beta.wait_response(sequence).status)

    def test_a_number_of_nobody_s_is_refused(self):
        self.client()
        sequence = self.beta.deliver(wire.Sm(dest=b"99912345", text=b"x"))
        self.assertNotEqual(wire.ROK, self.beta.wait_response(sequence).status)


if __name__ == "__main__":
    case.main()
