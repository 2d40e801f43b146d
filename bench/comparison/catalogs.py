"""Catalogs that grow: descriptions for hubctl apply, each on top of the smaller one of its kind."""

import rig

from .running import ACCOUNT, PREFIX, SESSIONS, WINDOW_MAX

COUNTRY = "49"  # prefixes of one size share out all of its numbers
NETWORKS_MAX = 1000  # an mnc has three digits
PRICING_SUPPLIERS = 10
BINDS_A_CLIENT = 1000  # what a client may have
# Of no password that anybody has: those clients stand in the table and never bind.
NOBODYS_HASH = "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7"


def _sender(**fields):
    return rig.client_toml(ACCOUNT, window_requests_max=WINDOW_MAX, **fields)


def _main_supplier(port, deck="cost"):
    return rig.supplier_toml("alpha", deck, port, sessions=SESSIONS, window_requests_max=WINDOW_MAX)


def _plain():
    return rig.network_toml(0, PREFIX) + rig.deck_toml("retail", {0: "0.01"}) + rig.deck_toml("cost", {0: "0.005"})


# --- sessions

def accounts(sessions):
    """(account, sessions) of the clients that share them."""
    return [((f"compare-{i}", "load-pw"), min(BINDS_A_CLIENT, sessions - i * BINDS_A_CLIENT)) for i in range(-(-sessions // BINDS_A_CLIENT))]


def for_sessions(sessions, port):
    clients = "".join(rig.client_toml(account, window_requests_max=WINDOW_MAX, binds_max=BINDS_A_CLIENT) for account, _ in accounts(sessions))
    return _plain() + clients + _main_supplier(port)


# --- prefixes

def for_prefixes(size, port):
    """size: a power of ten, for then they are all numbers of so many digits."""
    digits, networks = len(str(size)) - 1, min(size, NETWORKS_MAX)
    text = []
    for network in range(networks):
        prefixes = ", ".join(f'"{COUNTRY}{number:0{digits}}"' for number in range(network, size, networks))
        text.append(f'[[network]]\nmcc = "262"\nmnc = "{network:03}"\ncountry = "DE"\nname = "Net {network}"\nprefixes = [{prefixes}]\n')
    for deck, price in (("retail", "0.01"), ("cost", "0.005")):
        rates = "".join(f'  {{ mcc = "262", mnc = "{network:03}", price = "{price}" }},\n' for network in range(networks))
        text.append(f'[[deck]]\nname = "{deck}"\ncurrency = "EUR"\nunit = "segment"\nrates = [\n{rates}]\n')
    return "\n".join(text) + _sender() + _main_supplier(port)


# --- suppliers

def _for_suppliers(size, port, pricing):
    """All are bound; those behind the first `pricing` have a price for another network only. alpha is the cheapest."""
    text = [rig.network_toml(0, PREFIX), rig.network_toml(1, "4477"), rig.deck_toml("retail", {0: "0.01"}), _sender()]
    text += [rig.deck_toml("cost", {0: "0.005"}), _main_supplier(port)]
    for number in range(1, size):
        text.append(rig.deck_toml(f"cost-{number}", {0 if number < pricing else 1: f"0.006{number:03}"}))
        text.append(rig.supplier_toml(f"s{number}", f"cost-{number}", port))
    return "".join(text)


def for_suppliers_that_all_price(size, port):
    return _for_suppliers(size, port, size)


def for_suppliers_of_whom_ten_price(size, port):
    return _for_suppliers(size, port, PRICING_SUPPLIERS)


# --- clients

def for_clients(size, port):
    """One of them sends."""
    others = "".join(f'[[client]]\nsystem_id = "other-{number}"\npassword_hash = "{NOBODYS_HASH}"\ncurrency = "EUR"\ndeck = "retail"\n\n'
                     for number in range(1, size))
    return _plain() + _sender() + others + _main_supplier(port)
