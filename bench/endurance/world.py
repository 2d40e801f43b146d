"""Who sends in bench/soak, to whom, at which price."""

import dataclasses
import decimal
import math

import rig
from comparison.running import TEXT

PREFIX = "49151"
CAMPAIGN = ("campaign", "soak-pw")
OTP = tuple((f"otp-{number}", "soak-pw") for number in (1, 2, 3))
PRICE = {"promo": decimal.Decimal("0.0123"), "otp": decimal.Decimal("0.0231")}
TOPUP = decimal.Decimal(10_000_000)  # rig.client_toml books it
CAMPAIGN_SHARE, OTP_SHARE = 0.7, 0.3  # of --tps, on average; the second of all OTP clients together
CLIENT_SESSIONS, CLIENT_WINDOW = 4, 1000
SUPPLIER_SESSIONS, ANSWER_MS, RECEIPT_MS = 4, 100, 500
HEADROOM = 1.4  # what the supplier's windows carry, of --tps: less than comes while OTPs burst, so that the campaign waits behind them
RECEIPTS_WAIT_S = 600  # longest wait for the last receipt


@dataclasses.dataclass(frozen=True)
class Load:
    """tps: on average, of all clients. Every burst_every seconds OTP clients send for burst_seconds."""
    tps: int
    seconds: int
    burst_seconds: int = 20
    burst_every: int = 60

    @property
    def campaign_rate(self):
        return round(self.tps * CAMPAIGN_SHARE)

    @property
    def otp_rate(self):
        """Of one of them, within a burst."""
        return round(self.tps * OTP_SHARE / len(OTP) * self.burst_every / self.burst_seconds)

    @property
    def peak(self):
        return self.campaign_rate + self.otp_rate * len(OTP)

    @property
    def messages(self):
        """In all."""
        bursts, rest = divmod(self.seconds, self.burst_every)
        return self.campaign_rate * self.seconds + self.otp_rate * len(OTP) * (bursts * self.burst_seconds + min(rest, self.burst_seconds))


def class_of(name):
    """Of a client's messages."""
    return "promo" if name == CAMPAIGN[0] else "otp"


def supplier_window(load):
    return max(2, math.ceil(HEADROOM * load.tps * ANSWER_MS / 1000 / SUPPLIER_SESSIONS))


def catalog(load, port):
    rates = "".join(f'  {{ mcc = "262", price = "{price}", class = "{name}" }},\n' for name, price in PRICE.items())
    retail = f'[[deck]]\nname = "retail"\ncurrency = "EUR"\nunit = "segment"\nrates = [\n{rates}]\n\n'
    clients = "".join(rig.client_toml(account, **{"class": class_of(account[0])}, answer="accepted", window_requests_max=CLIENT_WINDOW)
                      for account in (CAMPAIGN, *OTP))
    return (rig.network_toml(0, PREFIX) + retail + rig.deck_toml("cost", {0: "0.005"}) + clients
            + rig.supplier_toml("alpha", "cost", port, sessions=SUPPLIER_SESSIONS, window_requests_max=supplier_window(load)))


def settings():
    return {"session": {"window_requests_max": CLIENT_WINDOW}}


def simulated():
    return {"response_delay_ms": ANSWER_MS, "receipt_delay_ms": RECEIPT_MS, "receipt_window": 1000}


def started(load, port, folder):
    """{account's name: (esmeload, its timeline)}, all of them under way."""
    def start(account, **options):
        path = folder / f"{account[0]}.jsonl"
        return rig.Load(port, account, text=TEXT, dest_prefix=PREFIX, sessions=CLIENT_SESSIONS, window=CLIENT_WINDOW, seconds=load.seconds,
                        registered_delivery=1, wait_receipts=RECEIPTS_WAIT_S, timeline=path, **options), path
    loads = {CAMPAIGN[0]: start(CAMPAIGN, rate=load.campaign_rate)}
    for account in OTP:
        loads[account[0]] = start(account, rate=load.otp_rate, burst_seconds=load.burst_seconds, burst_every=load.burst_every)
    return loads
