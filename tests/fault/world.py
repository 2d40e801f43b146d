"""The world of a run: customers, suppliers, prices; as a table here, and as TOML for `hubctl apply`.

Eight customers and three suppliers, so that both ways to answer, the three charge bases and the three policies for an unknown
outcome all carry traffic at once. Prices have nine decimals: a sum that is off shows in the last digit.
"""

import dataclasses
import decimal


@dataclasses.dataclass(frozen=True)
class Network:
    prefix: str
    mcc: str
    mnc: str
    country: str
    price: str          # that customers pay; "0": free, so that traffic needs no credit while PostgreSQL is away
    costs: tuple        # of alpha, beta, gamma: the cheapest is asked first


@dataclasses.dataclass(frozen=True)
class Client:
    name: str
    answer: str         # upstream: a supplier's answer is the client's; accepted: answered when durable
    basis: str          # when a message is charged
    share: float        # of the load
    topup: str
    registered: float = 0.9  # share of messages that ask for a final receipt
    refund_on_upstream_reject: bool = False
    poor: bool = False

    @property
    def password(self):
        return f"{self.name}-pw"


@dataclasses.dataclass(frozen=True)
class Supplier:
    name: str
    on_unknown: str     # hold, resend, fail
    id_form: str        # how the ids of answers and receipts relate
    sessions: int = 2


NETWORKS = (
    Network("49151", "262", "01", "DE", "0.012345679", ("0.003", "0.004", "0.005")),
    Network("44770", "234", "15", "GB", "0.020000001", ("0.005", "0.003", "0.004")),
    Network("33600", "208", "01", "FR", "0", ("0.004", "0.005", "0.003")),
)

CLIENTS = (
    Client("ann", "accepted", "submit", 0.27, "1000000", refund_on_upstream_reject=True),
    Client("bob", "upstream", "upstream_ack", 0.17, "1000000"),
    Client("eve", "accepted", "upstream_ack", 0.17, "1000000"),
    # Whoever pays for deliveries asks for every receipt.
    Client("cid", "accepted", "delivered", 0.22, "1000000", registered=1.0),
    # Soon poor, and fed in crumbs: the limit is reached again and again, on each charge basis and with both ways to answer.
    Client("dan", "upstream", "submit", 0.05, "5.5", poor=True),
    Client("fay", "upstream", "upstream_ack", 0.04, "3", poor=True),
    Client("gus", "upstream", "delivered", 0.04, "3", registered=1.0, poor=True),
    Client("hal", "accepted", "submit", 0.04, "3", poor=True),
)
POOR = tuple(c.name for c in CLIENTS if c.poor)

SUPPLIERS = (
    Supplier("alpha", "resend", "same"),
    Supplier("beta", "hold", "hex_to_dec"),
    Supplier("gamma", "fail", "auto"),
)

RESPONSE_TIMEOUT_MS = 1000
RETRY_AFTER_S = (1, 2, 5)


def client(name):
    return next(c for c in CLIENTS if c.name == name)


def supplier(name):
    return next(s for s in SUPPLIERS if s.name == name)


def price(prefix):
    return decimal.Decimal(next(n.price for n in NETWORKS if n.prefix == prefix))


def _value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_value(v)}" for k, v in value.items()) + " }"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _table(name, fields):
    return "\n".join([f"[[{name}]]", *(f"{key} = {_value(value)}" for key, value in fields.items())])


def _network(network):
    return _table("network", {"mcc": network.mcc, "mnc": network.mnc, "country": network.country,
                              "name": f"net {network.prefix}", "prefixes": [network.prefix]})


def _deck(name, prices, **fields):
    rates = [{"mcc": n.mcc, "price": price} for n, price in zip(NETWORKS, prices)]
    return _table("deck", {"name": name, "currency": "EUR", "unit": "segment", **fields, "rates": rates})


def _client(one):
    return _table("client", {
        "system_id": one.name, "password": one.password, "currency": "EUR", "deck": f"pays-{one.basis}",
        "topup": {"ref": f"opening-{one.name}", "amount": one.topup}, "binds_max": 100, "window_requests_max": 1000,
        "guard": "off", "answer": one.answer, "refund_on_upstream_reject": one.refund_on_upstream_reject})


def _supplier(one, port):
    return "\n".join([
        _table("supplier", {"name": one.name, "currency": "EUR", "deck": f"{one.name}-cost", "id_form": one.id_form,
                            "response_timeout_ms": RESPONSE_TIMEOUT_MS, "on_unknown": one.on_unknown,
                            "retry_after_s": RETRY_AFTER_S}),
        _table("supplier.bind", {"host": "127.0.0.1", "port": port, "system_id": f"hub-{one.name}",
                                 "password": "hub-pw", "sessions": one.sessions, "window_requests_max": 500})])


def catalog(ports):
    """The text for `hubctl apply`; `ports` of the suppliers by name."""
    bases = sorted({c.basis for c in CLIENTS})
    return "\n\n".join([
        *(_network(n) for n in NETWORKS),
        *(_deck(f"pays-{basis}", [n.price for n in NETWORKS], charge_basis=basis) for basis in bases),
        *(_deck(f"{s.name}-cost", [n.costs[i] for n in NETWORKS]) for i, s in enumerate(SUPPLIERS)),
        *(_client(c) for c in CLIENTS),
        *(_supplier(s, ports[s.name]) for s in SUPPLIERS)]) + "\n"
