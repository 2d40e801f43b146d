"""PostgreSQL missing, wrong or lost: a clear error at start; at run time nothing stops until leases run out."""

import collections
import socket
import time

from support import case, children, postgres, wire

ROUTED = b"4915112345678"
BATCH = 200


class AtStart(case.SystemCase):
    def refused(self, words):
        """The daemon ends by itself, soon, with an error that says so and holds no password."""
        child = self.hub.launch()
        self.addCleanup(child.stop)
        code = children.wait_until(lambda: None if child.running() else (child.wait(1),), 30, "smpphubd gives up")[0]
        self.assertNotEqual(0, code)
        text = child.output()
        for word in words:
            self.assertIn(word, text)
        self.assertNotIn(postgres.PASSWORD, text)

    def setUp(self):
        self.hub.stop()
        children.wait_until(lambda: not self.alpha.links and not self.beta.links, 10, "suppliers see the hub's end")
        self.addCleanup(self.hub.write_config, {})

    def test_missing_it_is_named_with_its_address(self):
        port = children.free_ports(1)[0]
        self.hub.write_config({"database": {"conninfo": self.postgres.conninfo().replace(
            str(self.postgres.port), str(port))}})
        self.refused(["hub.start_failed", str(port)])

    def test_a_wrong_password_is_told_and_not_shown(self):
        self.hub.write_config({"database": {"conninfo": self.postgres.conninfo().replace(
            postgres.PASSWORD, "wrong-secret")}})
        self.refused(["hub.start_failed", "password"])
        self.assertNotIn("wrong-secret", self.hub.folder.joinpath(f"smpphubd-{self.hub._runs}.log").read_text())

    def test_a_database_without_the_schema_says_what_to_run(self):
        self.postgres.query("create database empty", database="postgres")
        self.hub.write_config({"database": {"conninfo": self.postgres.conninfo("empty")}})
        self.refused(["hub.start_failed", "hubctl migrate"])

    def test_one_that_takes_connections_and_does_nothing_else_is_given_up(self):
        self.postgres.freeze()
        self.addCleanup(self.postgres.thaw)
        self.refused(["hub.start_failed", "timeout expired"])

    def test_nobody_is_let_in_before_the_control_socket_is_open(self):
        path = self.folder / "served.sock"
        other, plug = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        self.addCleanup(other.close)
        self.addCleanup(plug.close)
        other.bind(str(path))
        other.listen(0)
        plug.connect(str(path))  # the queue is full: whoever knocks next waits until we accept
        self.hub.write_config({"admin": {"socket": str(path)}})
        child = self.hub.launch()
        self.addCleanup(child.stop)
        children.wait_until(lambda: "ev=listen.opened" in child.output(), 20, "smpphubd listens")
        time.sleep(1)
        self.assertEqual([], self.alpha.bound_links(), "a supplier was bound by a hub that may fail to start")
        other.accept()[0].close()
        other.accept()[0].close()
        self.assertEqual(1, child.wait(children.PATIENCE_S))
        self.assertIn("another process serves it", child.output())
        self.assertIn("ev=hub.start_failed", [line for line in child.output().splitlines() if " ev=" in line][-1])


class Hanging(case.SystemCase):
    """A stopped server, or one whose disk is stuck: nothing is refused, nothing is answered."""
    STOP_S = 45  # twice node.drain_ms (customers, the rest of the journal), 5 s for the leases, and air for a slow machine

    def test_one_sigterm_ends_the_daemon_and_the_next_start_settles_everything(self):
        client = self.client()
        for _ in range(20):
            self.assertEqual(wire.ROK, client.submit(dest=ROUTED, text=b"x").status)
        self.postgres.freeze()
        self.addCleanup(self.postgres.thaw)
        for _ in range(20):
            self.assertEqual(wire.ROK, client.submit(dest=ROUTED, text=b"x").status)
        self.assertEqual(1, self.hub.stop(seconds=self.STOP_S), "something was left, and said so")
        self.postgres.thaw()
        self.hub.start()
        self.settled("select count(*) from traffic.message", 40)
        self.assert_books_balance()


class AtRunTime(case.SystemCase):
    def burst(self, client):
        """Statuses of BATCH messages sent at once."""
        body = wire.Sm(dest=ROUTED, text=b"x").encode()
        sent = [client.send(wire.SUBMIT_SM, body) for _ in range(BATCH)]
        return collections.Counter(client.wait(lambda p, s=s: p.sequence == s).status for s in sent)

    def test_traffic_goes_on_until_leases_run_out_then_throttles_then_recovers(self):
        client = self.client()
        seen = self.burst(client)
        self.assertEqual({wire.ROK: BATCH}, dict(seen))
        self.postgres.stop()
        deadline = time.monotonic() + 120
        while wire.RTHROTTLED not in seen:
            seen += self.burst(client)
            self.assertLess(time.monotonic(), deadline, "the lease never ends")
        self.assertEqual({wire.ROK, wire.RTHROTTLED}, set(seen), "a client is told to come again, nothing worse")
        self.assertGreater(seen[wire.ROK], BATCH, "the lease carried traffic")
        self.postgres.start()
        children.wait_until(lambda: self.counts_when_back(client, seen), 30, "the hub accepts again")
        self.settled("select count(*) from traffic.message", seen[wire.ROK], seconds=30)
        self.assert_books_balance()

    def counts_when_back(self, client, seen):
        status = client.submit(dest=ROUTED, text=b"x").status
        seen[status] += 1
        return status == wire.ROK


if __name__ == "__main__":
    case.main()
