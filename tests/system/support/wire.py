"""SMPP on the wire in plain Python, independent of the hub's codec: what the hub gets wrong shows here."""

import dataclasses
import struct

GENERIC_NACK = 0x80000000
BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER = 0x01, 0x02, 0x09
SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK, DATA_SM = 0x04, 0x05, 0x06, 0x15, 0x103
QUERY_SM, REPLACE_SM, CANCEL_SM, SUBMIT_MULTI, ALERT_NOTIFICATION = 0x03, 0x07, 0x08, 0x21, 0x102
RESP = 0x80000000

ROK, RINVCMDLEN, RINVBNDSTS, RSYSERR, RSUBMITFAIL = 0x00, 0x02, 0x04, 0x08, 0x45
RINVDSTADR, RINVPASWD, RTHROTTLED = 0x0B, 0x0E, 0x58

TLV_MESSAGE_PAYLOAD, TLV_RECEIPTED_MESSAGE_ID, TLV_MESSAGE_STATE = 0x0424, 0x001E, 0x0427


@dataclasses.dataclass
class Pdu:
    command_id: int
    status: int
    sequence: int
    body: bytes

    def encode(self):
        return struct.pack(">IIII", 16 + len(self.body), self.command_id, self.status, self.sequence) + self.body

    @property
    def message_id(self):
        """Of a submit_sm_resp or data_sm_resp."""
        return self.body.split(b"\0", 1)[0].decode()

    def sm(self):
        return Sm.decode(self.body, is_data=self.command_id == DATA_SM)


class FrameReader:
    """Feed it octets as they come; it gives whole PDUs."""

    def __init__(self):
        self._buffer = b""

    def feed(self, octets):
        self._buffer += octets
        while len(self._buffer) >= 16:
            length, command_id, status, sequence = struct.unpack_from(">IIII", self._buffer)
            if length < 16:
                raise ValueError(f"command_length {length}")
            if len(self._buffer) < length:
                return
            body, self._buffer = self._buffer[16:length], self._buffer[length:]
            yield Pdu(command_id, status, sequence, body)


def cstring(value):
    return (value.encode() if isinstance(value, str) else value) + b"\0"


def tlv(tag, value):
    return struct.pack(">HH", tag, len(value)) + value


def tlvs_of(octets):
    """[(tag, value)] in order; ValueError on a torn one."""
    found = []
    while octets:
        if len(octets) < 4:
            raise ValueError(f"{len(octets)} stray octets")
        tag, length = struct.unpack_from(">HH", octets)
        if len(octets) < 4 + length:
            raise ValueError(f"TLV {tag:#06x} is torn")
        found.append((tag, octets[4:4 + length]))
        octets = octets[4 + length:]
    return found


@dataclasses.dataclass
class Sm:
    """The body of submit_sm and deliver_sm, or of data_sm (which has fewer fields)."""
    service_type: bytes = b""
    source_ton: int = 5
    source_npi: int = 0
    source: bytes = b"TEST"
    dest_ton: int = 1
    dest_npi: int = 1
    dest: bytes = b""
    esm_class: int = 0
    protocol_id: int = 0
    priority: int = 0
    schedule: bytes = b""
    validity: bytes = b""
    registered: int = 0
    replace: int = 0
    data_coding: int = 0
    default_id: int = 0
    text: bytes = b""
    tlvs: tuple = ()

    def encode(self, is_data=False):
        head = (cstring(self.service_type) + bytes([self.source_ton, self.source_npi]) + cstring(self.source) +
                bytes([self.dest_ton, self.dest_npi]) + cstring(self.dest))
        tail = b"".join(tlv(tag, value) for tag, value in self.tlvs)
        if is_data:
            return head + bytes([self.esm_class, self.registered, self.data_coding]) + tail
        return (head + bytes([self.esm_class, self.protocol_id, self.priority]) + cstring(self.schedule) +
                cstring(self.validity) +
                bytes([self.registered, self.replace, self.data_coding, self.default_id, len(self.text)]) +
                self.text + tail)

    @classmethod
    def decode(cls, body, is_data=False):
        def string():
            nonlocal body
            value, body = body.split(b"\0", 1)
            return value

        def octets(count):
            nonlocal body
            value, body = body[:count], body[count:]
            return value

        sm = cls(service_type=string())
        (sm.source_ton, sm.source_npi), sm.source = octets(2), string()
        (sm.dest_ton, sm.dest_npi), sm.dest = octets(2), string()
        if is_data:
            sm.esm_class, sm.registered, sm.data_coding = octets(3)
        else:
            sm.esm_class, sm.protocol_id, sm.priority = octets(3)
            sm.schedule, sm.validity = string(), string()
            sm.registered, sm.replace, sm.data_coding, sm.default_id, length = octets(5)
            sm.text = octets(length)
        sm.tlvs = tuple(tlvs_of(body))
        return sm

    def tlv(self, tag):
        return dict(self.tlvs).get(tag)


def bind_body(system_id, password, version=0x34):
    return cstring(system_id) + cstring(password) + cstring("") + bytes([version, 0, 0]) + cstring("")


def multi_body(*numbers, lists=(), source=b"MULTI", text=b"to many"):
    """Of a submit_multi to numbers and distribution lists."""
    dests = b"".join(b"\x01\x01\x01" + cstring(number) for number in numbers) + b"".join(b"\x02" + cstring(name) for name in lists)
    return (b"\x00\x05\x00" + cstring(source) + bytes([len(numbers) + len(lists)]) + dests + b"\x00\x00\x00" + b"\x00\x00" +
            b"\x01\x00\x00\x00" + bytes([len(text)]) + text)


def receipt_text(message_id, stat="DELIVRD", err="000"):
    """SMPP v3.4 Appendix B."""
    return (f"id:{message_id} sub:001 dlvrd:001 submit date:2611200000 done date:2611200001 "
            f"stat:{stat} err:{err} text:").encode()
