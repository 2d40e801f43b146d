"""Writes the seeds of each corpus, from the golden vectors and a few lines of text: python3 tests/fuzz/seeds.py."""

import json
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parent / "unit/protocol/vectors"
PDU_TABLE = HERE.parents[1] / "protocol/pdu/pdu_table.def"
COMMAND_TABLE = HERE.parents[1] / "protocol/wire/command.def"
SEEDS_MAX = 40

RECEIPTS = [
    b"id:0439041101 sub:001 dlvrd:001 submit date:2611201200 done date:2611201201 stat:DELIVRD err:000 text:Hello",
    b"ID:1A2B3C4D Sub:001 stat:UNDELIV err: Text: id:5 stat:DELIVRD", b"stat:EXPIRED", b"text:id:1 stat:ENROUTE", b"id: 77",
]
TEXTS = ["hello", "@£$¥èé^{}\\[~]|€", "Ωλ 🙂", "ａｂ", "\u0000\u001b"]
IDS = ["1A2B3C4D", "0439041101", "00000000000000000001", "18446744073709551615", "e5f0c1aa-0b1c", "261120150930500+",
       "000001000000000R", "991231235959948-", "000000000000000R"]
TOMLS = [
    "[smpp]\nlisten = \"127.0.0.1:2775\"\n", "[session]\ninit_timeout_ms = 10_000\n", "a = 1\na = 2\n", "[[x]]\ny = [1, {z = 0x10}]\n",
    "when = 2026-11-20T12:00:00Z\nday = 2026-11-20\nhour = 12:00:00\n", "text = '''\na\n'''\nf = 1.5e3\nok = true\n", "[session\n",
    "[database]\nconninfo = { env = \"PGCONN\" }\n",
]


def vectors(*names):
    """(id, command name or "", octets) of each golden PDU of the named files."""
    for name in names:
        for vector in json.loads((VECTORS / f"{name}.json").read_text())["vectors"]:
            if "hex" in vector:
                yield vector["id"], vector.get("pdu", ""), bytes.fromhex(vector["hex"])


def column(path, macro):
    return re.findall(rf"^{macro}\((\w+)", path.read_text(), re.MULTILINE)


def spread(seeds):
    """At most SEEDS_MAX of them, from front to back."""
    seeds = list(seeds)
    step = max(1, -(-len(seeds) // SEEDS_MAX))
    return seeds[::step]


def decoders():
    """The first of each command, then others."""
    rows = column(PDU_TABLE, "PDU")
    valid = list(vectors("session", "submit", "deliver", "operations", "tlvs"))
    first = {}
    for name, pdu, octets in valid:
        first.setdefault(pdu, (name, bytes([rows.index(pdu)]) + octets[16:]))
    return list(first.values())


def message():
    rows = ["submit_sm", "deliver_sm", "data_sm"]
    edits = bytes([4]) + b"ACME" + bytes([13]) + b"4915112345678" + bytes([1]) + bytes(12)
    for name, pdu, octets in vectors("submit", "deliver", "operations", "tlvs"):
        if pdu in rows:
            yield name, bytes([rows.index(pdu)]) + edits + octets[16:]


def tails():
    """The TLVs of the golden PDUs, as raw streams."""
    for name in ("submit", "deliver", "operations", "tlvs"):
        for vector in json.loads((VECTORS / f"{name}.json").read_text())["vectors"]:
            if vector["tlvs"]:
                yield vector["id"], b"".join(bytes.fromhex(t["tag"][2:] + f"{len(t['hex']) // 2:04x}" + t["hex"])
                                             for t in vector["tlvs"])


def udh():
    for name, header in (("concat8", "050003aa0201"), ("concat16", "060804aabb0302"), ("ports", "0605040b8423f0"),
                         ("both", "0b05040b8423f0000301 0201"), ("torn", "ff0003"), ("zero", "00")):
        yield name, bytes([0, 0x40]) + bytes.fromhex(header.replace(" ", "")) + b"text"
        yield name + "-ucs2", bytes([8, 0x40]) + bytes.fromhex(header.replace(" ", "")) + "текст".encode("utf-16-be")


def streams():
    for name, _, octets in vectors("session", "malformed"):
        yield name, bytes([0x10, 0, 3]) + octets + octets


def session(bind):
    """Bind, then a PDU of each command by its row in command.def, then a tick: as session_script.h reads it."""
    rows = column(COMMAND_TABLE, "COMMAND")
    for row, name in enumerate(rows):
        act = lambda kind, how: bytes([kind, row, how, 2])
        yield name, bind + act(10, 0) + act(11, 1) + bytes([3]) + act(9, 2) + bytes([0x34, 2, 1, 200])
    yield "talk", bind + bytes([3, 3, 10, 7, 1, 2, 2, 1, 255, 10, rows.index("unbind"), 0, 9, 1, 200])


def proxy():
    """PROXY headers, version 2: command, family, addresses, TLVs."""
    v4 = bytes([203, 0, 113, 9, 192, 0, 2, 1]) + bytes.fromhex("12670dde")
    v6 = bytes.fromhex("20010db8" + "00" * 11 + "07" + "20010db8" + "00" * 11 + "01" + "12670dde")
    tlv = bytes.fromhex("03000461626364")
    for name, command, family, body in (
            ("v4", 0x21, 0x11, v4), ("v6", 0x21, 0x21, v6), ("tlv", 0x21, 0x11, v4 + tlv), ("tlv-torn", 0x21, 0x11, v4 + tlv[:-1]),
            ("local", 0x20, 0x00, b"anything"), ("unspecified", 0x21, 0x00, b""), ("udp", 0x21, 0x12, v4), ("unix", 0x21, 0x31, bytes(216)),
            ("command", 0x22, 0x11, v4), ("version", 0x11, 0x11, v4), ("short", 0x21, 0x21, v4)):
        header = b"\r\n\r\n\0\r\nQUIT\n" + bytes([command, family]) + len(body).to_bytes(2, "big") + body
        yield name, header
        yield name + "-smpp", header + bytes.fromhex("00000010000000150000000000000001")
    yield "long", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff" + v4
    yield "http", b"GET / HTTP/1.1\r\n\r\n"
    yield "v1", b"PROXY TCP4 203.0.113.9 192.0.2.1 4711 3550\r\n"


TARGETS = {
    "framer": streams(),
    "decoders": decoders(),
    "message": message(),
    "tlvs": tails(),
    "udh": udh(),
    "text": [(f"t{n}{coding}", bytes([n]) + text.encode(coding)) for n, text in enumerate(TEXTS) for coding in ("utf-8", "utf-16-be")],
    "receipts": [(f"r{n}", bytes([n, n // 2, 4, len(text)]) + text + bytes.fromhex("001e0004343200" "00" "0427000102"))
                 for n, text in enumerate(RECEIPTS)],
    "ids": [(f"i{n}", bytes(7) + bytes([n + 9]) + bytes.fromhex("69200000") + text.encode()) for n, text in enumerate(IDS)],
    "toml": [(f"c{n}", text.encode()) for n, text in enumerate(TOMLS)],
    "proxy": proxy(),
    "esme_session": session(bytes([1, 2, 1, 0, 0])),
    "smsc_session": session(bytes([0, 1, 0, 0])),
}


def main():
    for target, seeds in TARGETS.items():
        folder = HERE / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, octets in spread(seeds):
            (folder / f"seed-{name}").write_bytes(octets)
        print(f"{target:14} {len(list(folder.iterdir()))} files")


if __name__ == "__main__":
    main()
