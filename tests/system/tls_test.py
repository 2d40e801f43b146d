"""SMPP over TLS on both legs, and behind a proxy: who is let in, who is not, and that nobody else notices."""

import json
import re
import shutil
import socket
import ssl
import struct
import subprocess
import warnings

from support import case, certificates, children, esme, foreign, hub, smsc, wire

TO_ALPHA = b"4915112345678"  # alpha first, beta second
LOCAL = "DNS:localhost,IP:127.0.0.1"
TLS_PORT, DOOR_PORT = children.free_ports(2)
CLIENT_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(189)


def with_tls(catalog, supplier, **fields):
    """The catalog, with these fields in the supplier's bind."""
    line = f'system_id = "hub-{supplier}"\n'
    if line not in catalog:
        raise AssertionError(f"no bind of {supplier}")
    return catalog.replace(line, line + "".join(f'{key} = "{value}"\n' for key, value in fields.items()))


class TlsCase(case.SystemCase):
    @classmethod
    def make_certificates(cls):
        cls.ours = certificates.Authority(cls.folder, "ours")
        cls.other = certificates.Authority(cls.folder, "other")
        cls.ours.sign("hub", LOCAL)
        cls.ours.sign("second", "DNS:second.example,DNS:*.wild.example")

    def logged(self, pattern):
        return children.wait_until(lambda: re.search(pattern, self.hub.child.output()), 10, f"{pattern} in the log")

    def assert_serves(self, client):
        self.assertEqual(wire.ROK, client.submit(dest=TO_ALPHA, text=b"x").status)


class Tls(TlsCase):
    settings = {"smpp": {"tls_listen": f"127.0.0.1:{TLS_PORT}", "tls_certificate": "hub.pem, second.pem",
                         "tls_key": "hub.key, second.key"},
                "session": {"init_timeout_ms": 3000}}

    @classmethod
    def start_suppliers(cls):
        cls.make_certificates()
        cls.alpha = smsc.Smsc(tls=cls.ours.server("alpha", "DNS:alpha.example"))
        cls.beta = smsc.Smsc(tls=cls.other.server("beta", LOCAL))  # signed by somebody whom the hub does not trust
        for supplier in (cls.alpha, cls.beta):
            cls.addClassCleanup(supplier.close)
        return {"alpha": cls.alpha.port, "beta": cls.beta.port}

    @classmethod
    def prepare(cls):
        catalog = (cls.folder / "catalog.toml").read_text()
        catalog = with_tls(catalog, "alpha", tls="verify", tls_ca=cls.ours.ca, tls_server_name="alpha.example")
        cls.catalog = with_tls(catalog, "beta", tls="verify", tls_ca=cls.ours.ca)
        cls.hub.apply(cls.catalog)

    @classmethod
    def wait_suppliers(cls):
        """beta is not to be trusted."""
        cls.alpha.wait_bound(2)
        children.wait_until(lambda: cls.counters()["binds_smsc"] == 2, 20, "the hub knows alpha's binds")

    def setUp(self):
        self.wait_clients_gone()

    def test_a_message_and_its_receipt_go_over_tls_on_both_legs(self):
        client = self.over_tls()
        self.assertEqual("TLSv1.3", client.tls()[0])
        answer = client.submit(dest=TO_ALPHA, text=b"over TLS", source=b"ACME", registered=1)
        self.assertEqual(wire.ROK, answer.status)
        link, pdu = self.alpha.received[-1]
        self.assertEqual(b"over TLS", pdu.sm().text)
        self.assertEqual("TLSv1.3", link.socket.version())
        self.assertEqual({"alpha.example"}, set(self.alpha.sni))
        self.alpha.deliver_receipt(f"s{len(self.alpha.received)}", TO_ALPHA, b"ACME")
        self.assertIn(b"id:" + answer.message_id.encode(), client.take_delivery().sm().text)
        self.logged(r"ev=bind.accepted .* tls=TLSv1.3 cipher=TLS_AES")
        self.logged(r"ev=supplier.bound .* tls=TLSv1.3 cipher=TLS_AES")
        binds = json.loads(self.hub.live("binds", "-o", "json").stdout)
        up = [b for b in binds if b["state"].startswith("BOUND")]
        self.assertGreaterEqual(len(up), 3)
        self.assertEqual({True}, {b["tls"].startswith("TLSv1.3 TLS_") for b in up}, up)
        self.assertEqual(f"127.0.0.1:{TLS_PORT}", json.loads(self.hub.live("status", "-o", "json").stdout)["listen_tls"])
        counters = self.counters()
        self.assertGreaterEqual(counters["tls_handshakes"], 3)
        self.assertGreater(counters["tls_certificate_ends_s"], 1_700_000_000)

    def test_node_smpp_binds_over_tls(self):
        script = ("const smpp = require('smpp'); const [port, ca, id, password] = process.argv.slice(2);"
                  "const s = smpp.connect({url: `ssmpp://localhost:${port}`, ca: require('fs').readFileSync(ca)});"
                  "s.on('error', (e) => { console.error(e.message); process.exit(1); });"
                  "s.on('secureConnect', () => s.bind_transceiver({system_id: id, password}, (p) => "
                  "{ console.log(p.command_status); process.exit(0); }));")
        node = foreign.CLIENTS / "node"
        path = self.folder / "tls.js"
        path.write_text(script)
        done = subprocess.run(["node", path, str(TLS_PORT), self.ours.ca, *case.DEMO_CLIENT], capture_output=True,
                              text=True, timeout=120, check=False, env={"NODE_PATH": str(node / "node_modules"), "PATH": "/usr/bin:/bin"})
        self.assertEqual((0, "0"), (done.returncode, done.stdout.strip()), done.stderr)

    def test_many_messages_in_a_row_keep_their_order_and_answers(self):
        client, count = self.over_tls(), 2000
        before = len(self.alpha.received)
        sequences = [client.send(wire.SUBMIT_SM, wire.Sm(dest=TO_ALPHA, text=b"%d" % i).encode()) for i in range(count)]
        answers = [client.wait(lambda p, s=s: p.sequence == s, what=f"the answer to {s}") for s in sequences]
        self.assertEqual({wire.ROK}, {a.status for a in answers})
        self.assertEqual(count, len({a.message_id for a in answers}))
        self.assertEqual(count, len(self.alpha.received) - before)

    def test_a_client_that_trusts_another_authority_goes_away_and_nobody_else(self):
        client = self.over_tls()
        failed = self.counters()["tls_handshakes_failed"]
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.over_tls(self.other)
        children.wait_until(lambda: self.counters()["tls_handshakes_failed"] > failed, 10, "the failure is counted")
        self.logged(r"ev=tls.failed .* why=\".*alert unknown ca")
        self.assert_serves(client)

    def test_tls_1_1_is_refused_and_1_2_is_not(self):
        old = self.ours.client()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        with self.assertRaisesRegex(ssl.SSLError, "protocol"):
            esme.Esme(TLS_PORT, *case.DEMO_CLIENT, tls=old)
        older = self.ours.client()
        older.maximum_version = ssl.TLSVersion.TLSv1_2
        client = esme.Esme(TLS_PORT, *case.DEMO_CLIENT, tls=older)
        self.addCleanup(client.close)
        self.assertEqual("TLSv1.2", client.tls()[0])
        self.assert_serves(client)

    def test_octets_of_the_other_kind_on_either_port_end_their_connection_only(self):
        plain, secret = self.client(), self.over_tls()
        for port, octets in ((TLS_PORT, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), (self.hub.port, CLIENT_HELLO),
                             (TLS_PORT, wire.Pdu(wire.ENQUIRE_LINK, 0, 1, b"").encode()), (TLS_PORT, bytes(5000))):
            peer = esme.Esme(port)
            self.addCleanup(peer.close)
            peer.send_raw(octets)
            self.assertTrue(peer.wait_closed(), octets[:8])
        self.assert_serves(plain)
        self.assert_serves(secret)

    def test_who_never_finishes_the_handshake_is_closed_in_time(self):
        peer = esme.Esme(TLS_PORT)
        self.addCleanup(peer.close)
        peer.send_raw(CLIENT_HELLO[:20])
        self.assertTrue(peer.wait_closed())
        self.logged(r"ev=bind.timeout")

    def test_a_supplier_that_cannot_be_verified_gets_no_bind_until_it_can(self):
        self.logged(r"ev=tls.failed .*s-beta.* why=\"certificate verify failed: unable to get local issuer certificate")
        self.logged(r"ev=supplier.connect_failed .*s-beta.* why=tls_failed failures=[2-9]")
        self.assertEqual([], self.beta.bound_links())
        self.addCleanup(self.apply, self.catalog)
        line = 'tls = "verify"\ntls_ca = '
        begin = self.catalog.index("hub-beta")
        self.assertIn(line, self.catalog[begin:])
        self.apply(self.catalog[:begin] + self.catalog[begin:].replace(str(self.ours.ca), str(self.other.ca), 1))
        self.beta.wait_bound()
        self.apply(self.catalog)
        children.wait_until(lambda: not self.beta.bound_links(), 10, "beta is left")
        self.apply(self.catalog[:begin] + self.catalog[begin:].replace('tls = "verify"', 'tls = "insecure"', 1))
        self.beta.wait_bound()

    def test_a_bind_whose_files_are_missing_stays_down_and_its_neighbours_up(self):
        self.addCleanup(self.apply, self.catalog)
        begin = self.catalog.index("hub-beta")
        missing = self.folder / "missing.pem"
        self.apply(self.catalog[:begin] + self.catalog[begin:].replace(str(self.ours.ca), str(missing), 1))
        self.logged(rf"ev=supplier.tls_unusable supplier=beta why=\".*tls_ca: read {missing}: No such file")
        self.assert_serves(self.over_tls())

    def apply(self, text):
        self.hub.apply(text)
        self.hub.live("reload")

    def test_a_new_certificate_is_for_new_connections_and_a_bad_one_for_none(self):
        old = self.over_tls()
        files = {name: (self.folder / name).read_bytes() for name in ("hub.pem", "hub.key")}
        self.addCleanup(self.put_back, files)
        self.other.sign("new", LOCAL)
        for end in ("pem", "key"):
            shutil.copy(self.folder / f"new.{end}", self.folder / f"hub.{end}")
        self.hub.live("reload")
        self.assert_serves(old)
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.over_tls(self.ours)
        self.assert_serves(self.over_tls(self.other))
        (self.folder / "hub.pem").write_text("no certificate\n")
        refused = self.hub.live("reload", check=False)
        self.assertNotEqual(0, refused.returncode)
        self.assertIn(f"smpp.tls_certificate: read {self.folder}/hub.pem: ", refused.stdout + refused.stderr)
        self.assert_serves(self.over_tls(self.other))
        self.assert_serves(old)

    def test_each_name_gets_its_certificate_and_a_reload_ends_no_session(self):
        """Python's ssl asks for a name and judges the answer itself."""
        self.assertEqual("hub", self.shown("localhost"), "it stands in the first one")
        self.assertEqual("second", self.shown("second.example"))
        self.assertEqual("second", self.shown("a.wild.example"))
        self.assertEqual("hub", self.shown("nobody.example", check=False), "the first one, for whoever asks for another name")
        self.assertEqual("hub", self.shown(None, check=False))
        old = self.over_tls(name="second.example")
        self.assert_serves(old)
        files = {name: (self.folder / name).read_bytes() for name in ("second.pem", "second.key")}
        self.addCleanup(self.put_back, files)
        self.ours.sign("third", "DNS:second.example")
        for end in ("pem", "key"):
            shutil.copy(self.folder / f"third.{end}", self.folder / f"second.{end}")
        self.hub.live("reload")
        self.assertEqual("third", self.shown("second.example"))
        self.assertEqual("hub", self.shown("localhost"))
        self.assert_serves(old)

    def shown(self, name, check=True):
        """The CN of the certificate that who asks for this name is shown."""
        context = self.ours.client()
        context.check_hostname = check
        with socket.create_connection(("127.0.0.1", TLS_PORT), timeout=children.PATIENCE_S) as plain:
            with context.wrap_socket(plain, server_hostname=name) as secure:
                return dict(pair[0] for pair in secure.getpeercert()["subject"])["commonName"]

    def put_back(self, files):
        for name, octets in files.items():
            (self.folder / name).write_bytes(octets)
        self.hub.live("reload")

    def test_a_start_with_bad_files_says_which_and_ends(self):
        text = self.hub.config.read_text()
        for setting, file in (("tls_certificate", "hub.pem"), ("tls_key", "hub.key")):
            bad = self.folder / "bad.toml"
            bad.write_text(text.replace(f'"{file}, ', '"missing.pem, '))
            daemon = subprocess.run([hub.BIN / "smpphubd", "--config", bad], capture_output=True, text=True, timeout=120,
                                    check=False)
            self.assertEqual(1, daemon.returncode)
            self.assertIn(f"smpp.{setting}: read {self.folder}/missing.pem: No such file or directory", daemon.stderr)

    def over_tls(self, authority=None, **options):
        peer = esme.Esme(TLS_PORT, *case.DEMO_CLIENT, tls=(authority or self.ours).client(), **options)
        self.addCleanup(peer.close)
        return peer


def proxy_header(source, port, tlvs=b""):
    """PROXY protocol, version 2: TCP over v4."""
    body = socket.inet_aton(source) + socket.inet_aton("192.0.2.1") + struct.pack("!HH", port, 3550) + tlvs
    return b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack("!H", len(body)) + body


class Door(TlsCase):
    """Behind a proxy, and clients show certificates."""
    settings = {"smpp": {"tls_listen": f"127.0.0.1:{DOOR_PORT}", "tls_certificate": "hub.pem", "tls_key": "hub.key",
                         "tls_client_ca": "ours.pem", "tls_client_verify": "required", "proxy_protocol": "v2",
                         "tls_proxy_protocol": "v2"},
                "session": {"init_timeout_ms": 3000}}

    @classmethod
    def start_suppliers(cls):
        cls.make_certificates()
        cls.known = cls.ours.client(*cls.ours.sign("esme", "DNS:esme"))
        return super().start_suppliers()

    def enter(self, port, **options):
        peer = esme.Esme(port, *case.DEMO_CLIENT, **options)
        self.addCleanup(peer.close)
        return peer

    def test_the_address_is_whom_the_proxy_names(self):
        tlv = b"\x03\x00\x04abcd"
        self.assert_serves(self.enter(self.hub.port, preface=proxy_header("203.0.113.9", 4711, tlv)))
        self.logged(r"ev=bind.accepted .*peer=203.0.113.9:4711 ")
        self.assert_serves(self.enter(DOOR_PORT, preface=proxy_header("203.0.113.10", 4712), tls=self.known))
        self.logged(r"ev=bind.accepted .*peer=203.0.113.10:4712 .*tls=TLSv1.3")

    def test_a_client_without_a_certificate_does_not_come_in(self):
        strangers = self.other.client(*self.other.sign("stranger", "DNS:x"))
        strangers.load_verify_locations(self.ours.ca)
        for context in (self.ours.client(), strangers):
            with self.assertRaises((ssl.SSLError, OSError, AssertionError)):
                self.enter(DOOR_PORT, preface=proxy_header("203.0.113.9", 4711), tls=context)
        self.logged(r"ev=tls.failed .* why=\"?peer did not return a certificate")

    def test_without_a_header_nobody_comes_in(self):
        client = self.enter(self.hub.port, preface=proxy_header("203.0.113.9", 4711))
        refused = self.counters()["proxy_refused"]
        bind = wire.Pdu(wire.BIND_TRANSCEIVER, 0, 1, wire.bind_body(*case.DEMO_CLIENT)).encode()
        for preface in (bind, b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n", proxy_header("203.0.113.9", 1)[:20]):
            peer = esme.Esme(self.hub.port, preface=preface)
            self.addCleanup(peer.close)
            self.assertTrue(peer.wait_closed(), preface)
            self.assertEqual([], peer.inbox)
        children.wait_until(lambda: self.counters()["proxy_refused"] == refused + 3, 10, "all three are counted")
        self.assert_serves(client)


if __name__ == "__main__":
    case.main()
