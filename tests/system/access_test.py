"""Who may come in: addresses, guessers, places, passwords that change; and no secret in anything that the programs write."""

from support import case, children, esme, hub, postgres, wire

RBINDFAIL, RALYBND = 0x0D, 0x05
GUESSER, OWNER, STRANGER = "127.0.0.66", "127.0.0.10", "127.0.0.99"


def status_of(port, system_id, password, source):
    """The answer to one bind, which is then closed; None when the connection was closed instead."""
    peer = None
    try:
        peer = esme.Esme(port, source=source)
        return peer.bind(system_id, password).status
    except ConnectionError:
        return None
    except AssertionError:
        if not peer.closed:
            raise
        return None
    finally:
        if peer:
            peer.close()


class Access(case.SystemCase):
    settings = {"access": {"unlimited_from": "", "failures_per_minute_address": 3, "unbound_per_address_max": 4,
                           "accepts_per_second_address": 1000, "ban_ms": 8000, "addresses_max": 32},
                "session": {"init_timeout_ms": 60_000},  # who stays silent is not closed for that
                "log": {"level": "debug"}}

    def bind(self, source, account=case.DEMO_CLIENT):
        return status_of(self.hub.port, *account, source)

    def reload(self, sql):
        self.postgres.query(sql)
        self.hub.live("reload")

    def test_a_guesser_is_banned_for_a_while_and_its_victim_is_not(self):
        self.assertEqual(wire.ROK, self.bind(OWNER))
        for _ in range(4):
            self.assertEqual(RBINDFAIL, self.bind(GUESSER, ("demo", "guess")))
        self.assertIsNone(self.bind(GUESSER), "closed at once")
        self.assertEqual(wire.ROK, self.bind(OWNER))
        children.wait_until(lambda: self.bind(GUESSER) == wire.ROK, 30, "the ban ends", every=0.5)
        self.assertGreaterEqual(self.counters()["connections_banned"], 1)

    def test_an_address_has_so_many_connections_that_do_not_bind(self):
        # Two loops accept: which of the five is judged last is not the order of their connects.
        silent = [esme.Esme(self.hub.port, source="127.0.0.20") for _ in range(5)]
        for peer in silent:
            self.addCleanup(peer.close)
        children.wait_until(lambda: sum(peer.wait_closed(0.01) for peer in silent), 5, "one is closed")
        self.assertEqual(1, self.counters()["connections_unbound_per_address"])
        self.assertEqual(1, sum(peer.wait_closed(0.1) for peer in silent))
        self.assertEqual(wire.ROK, self.bind("127.0.0.21"))

    def test_a_list_of_networks_is_kept_to_and_a_reload_is_enough(self):
        try:
            self.reload("update crm.client set allow_from = '{127.0.0.8/29}' where system_id = 'demo'")
            self.assertEqual(wire.ROK, self.bind(OWNER))
            self.assertEqual(RBINDFAIL, self.bind(STRANGER))
            children.wait_until(lambda: "why=address" in self.hub.child.output(), 5, "the log says why")
        finally:
            self.reload("update crm.client set allow_from = '{}' where system_id = 'demo'")
        self.assertEqual(wire.ROK, self.bind(STRANGER))

    def test_a_place_is_free_at_once(self):
        try:
            self.reload("update crm.client set binds_max = 1 where system_id = 'demo'")
            for turn in range(100):
                peer = esme.Esme(self.hub.port, *case.DEMO_CLIENT, source=OWNER)
                if turn == 0:
                    self.assertEqual(RALYBND, self.bind(OWNER))
                peer.unbind()
                again = esme.Esme(self.hub.port, *case.DEMO_CLIENT, source=OWNER)
                again.unbind()
                peer.close()
                again.close()
        finally:
            self.reload("update crm.client set binds_max = 100 where system_id = 'demo'")

    def test_a_client_that_comes_back_costs_no_hash(self):
        self.assertEqual(wire.ROK, self.bind(OWNER))
        before = self.counters()
        for _ in range(20):
            self.assertEqual(wire.ROK, self.bind(OWNER))
        after = self.counters()
        self.assertEqual(before["passwords_hashed"], after["passwords_hashed"])
        self.assertEqual(before["passwords_remembered"] + 20, after["passwords_remembered"])

    def test_a_password_changes_over_and_the_old_one_ends(self):
        old = case.POOR_CLIENT
        new = ("penny", self.passwd("penny", "--overlap-h", "1"))
        self.assertEqual(wire.ROK, self.bind(OWNER, old))
        self.assertEqual(wire.ROK, self.bind(OWNER, new))
        self.reload("update crm.client set previous_password_until = now() where system_id = 'penny'")
        self.assertEqual(RBINDFAIL, self.bind(OWNER, old), "also when it was remembered as right")
        self.assertEqual(wire.ROK, self.bind(OWNER, new))
        self.reload("update crm.client set password_valid_until = now() where system_id = 'penny'")
        self.assertEqual(RBINDFAIL, self.bind(OWNER, new), "also when it was remembered as right")
        self.assertEqual(3, self.hub.ctl("client", "passwd", "nobody", "--config", self.hub.config, check=False).returncode)

    def test_what_is_remembered_of_strangers_is_bounded(self):
        before = self.counters()["access_forgotten"]
        for number in range(33):
            self.assertEqual(RBINDFAIL, self.bind(f"127.0.1.{number}", (f"nobody{number}", "guess")))
        after = self.counters()
        self.assertGreater(after["access_forgotten"], before)
        self.assertLessEqual(after["access_entries"], 5 * 32, "in each of its tables")

    def passwd(self, system_id, *arguments):
        done = self.hub.ctl("client", "passwd", system_id, *arguments, "--config", self.hub.config)
        password = done.stdout.strip()
        self.assertRegex(password, "^[A-Za-z0-9]{8}$")
        self.assertNotIn(password, done.stderr)
        return password


class Canaries(case.SystemCase):
    """Every secret of a run is a word that nothing else is, and no program writes it anywhere."""

    settings = {"log": {"level": "debug"}}
    CLIENT, SUPPLIER, WRONG = "cnryclnt", "cnrysupp", "cnrywrng"

    @classmethod
    def prepare(cls):
        """The demo's world, but with words of our own; what hubctl says of it is the first of what we look at."""
        text = hub.demo_catalog({"alpha": cls.alpha.port, "beta": cls.beta.port})
        text = text.replace('"demo-pw"', f'"{cls.CLIENT}"').replace('"alpha-pw"', f'"{cls.SUPPLIER}"')
        cls.said = []
        for arguments in (["--dry-run"], []):
            cls.note(cls.apply(text, arguments))
        bad = text.replace(f'"{cls.CLIENT}"', f'"{cls.CLIENT}-much-too-long"')
        cls.note(cls.apply(bad, [], check=False))
        cls.note(cls.apply(text.replace(f'password = "{cls.CLIENT}"', f'password_hash = "{cls.CLIENT}"'), [], check=False))
        cls.note(cls.apply(text.replace(f'password = "{cls.SUPPLIER}"', f'pasword = "{cls.SUPPLIER}"'), [], check=False))

    @classmethod
    def apply(cls, text, arguments, check=True):
        path = cls.folder / "canary.toml"
        path.write_text(text)
        return cls.hub.ctl("apply", path, *arguments, "--config", cls.hub.config, check=check)

    @classmethod
    def note(cls, done):
        cls.said.append(done.stdout + done.stderr)
        return done

    def live_through_a_day(self):
        client = self.client(("demo", self.CLIENT))
        self.assertEqual(wire.ROK, client.submit(dest=b"4915112345678", text=b"hello").status)
        for account in (("demo", self.WRONG), ("nobody", self.WRONG), ("demo", self.CLIENT + "-and-more")):
            self.assertNotEqual(wire.ROK, status_of(self.hub.port, *account, OWNER))
        broken = self.client((None, None))
        broken.send_raw(wire.Pdu(wire.BIND_TRANSCEIVER, 0, 1, f"demo\0{self.WRONG}".encode()).encode())
        self.assertTrue(broken.wait_closed())
        client.unbind()

    def test_no_secret_stands_in_anything_that_is_written(self):
        self.live_through_a_day()
        new = self.hub.ctl("client", "passwd", "penny", "--config", self.hub.config)
        self.said.append(new.stderr)  # stdout is the one place for it
        for command in (["status"], ["status", "-o", "json"], ["binds"], ["binds", "-o", "json"], ["reload"],
                        ["explain", "--client", "demo", "--src", "A", "--dst", "4915112345678"]):
            self.note(self.hub.live(*command))
        for command in (["balances"], ["client", "show", "demo"], ["client", "show", "demo", "-o", "json"], ["nodes", "-o", "json"],
                        ["check-config", self.hub.config, "--show"]):
            self.note(self.hub.ctl(*command, "--config", self.hub.config, check=False))
        self.note(self.hub.ctl("balances", "--database", self.postgres.conninfo() + "&nonsense=1", check=False))
        hashes = [row[0] for row in self.postgres.query(
            "select password_hash from crm.client union select previous_password_hash from crm.client "
            "where previous_password_hash is not null")]
        self.hub.stop()
        for log in self.folder.glob("smpphubd-*.log"):
            self.said.append(log.read_text())
        self.assertIn("bind.refused", self.said[-1], "we look at the right thing")
        everything = "\n".join(self.said)
        secrets = [self.CLIENT, self.SUPPLIER, self.WRONG, new.stdout.strip(), postgres.PASSWORD, *hashes,
                   *[h.rsplit("$", 1)[1] for h in hashes]]
        for secret in secrets:
            self.assertTrue(secret)
            where = everything.find(secret)
            self.assertEqual(-1, where, f"a secret of {len(secret)} characters follows "
                                        f"{everything[max(where - 200, 0):where]!r}")


if __name__ == "__main__":
    case.main()
