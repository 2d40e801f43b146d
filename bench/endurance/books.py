"""The accounts at the end: to the last digit."""

import dataclasses
import decimal

from . import world

ACCOUNTS = """
select c.system_id, a.balance, a.held,
       (select coalesce(sum(e.amount), 0) from money.ledger_entry e where e.account_id = a.account_id),
       (select coalesce(-sum(e.amount), 0) from money.ledger_entry e where e.account_id = a.account_id and e.kind = 'usage'),
       coalesce(m.messages, 0), coalesce(m.amount, 0)
from crm.client c join money.account a using (account_id)
left join (select account_id, count(*) as messages, sum(amount) as amount from traffic.message group by account_id) m using (account_id)
order by 1"""

# From the moment when the message was ours to its supplier's answer, in us. A message has one row of each here: nothing is sent twice.
DELIVERY_US = """
select m.class, percentile_disc(array[0.5, 0.99, 0.999, 1]) within group (order by (extract(epoch from t.ended_at - m.accepted_at) * 1e6)::bigint)
from traffic.message m join traffic.attempt t using (accept_day, message_id)
where t.result = 'accepted' group by m.class order by 1"""


@dataclasses.dataclass(frozen=True)
class Account:
    """Money as PostgreSQL has it; accepted: ESME_ROK that its client got."""
    name: str
    balance: decimal.Decimal
    held: decimal.Decimal
    ledger: decimal.Decimal
    usage: decimal.Decimal
    messages: int
    amount: decimal.Decimal
    accepted: int

    @property
    def wanted(self):
        """Σ price x accepted."""
        return self.accepted * world.PRICE[world.class_of(self.name)]

    def exact(self):
        return (self.balance == world.TOPUP - self.wanted == self.ledger and self.usage == self.amount == self.wanted
                and self.messages == self.accepted and self.held == 0)


def accounts(database, accepted):
    """accepted: by the client's name."""
    return [Account(name, *(decimal.Decimal(value) for value in (balance, held, ledger, usage)), int(messages), decimal.Decimal(amount),
                    accepted[name])
            for name, balance, held, ledger, usage, messages, amount in database.query(ACCOUNTS)]


def delivery_us(database):
    """By class: p50, p99, p99.9, max."""
    return {name: [int(value) for value in values.strip("{}").split(",")] for name, values in database.query(DELIVERY_US)}


def broken(database):
    """Names of the views of broken invariants that are not empty."""
    views = database.query("select viewname from pg_views where schemaname = 'bill' and viewname ~ '^v_broken_' order by 1")
    return [view for (view,) in views if database.query(f"select 1 from bill.{view} limit 1")]
