// Batches of node 1 against a small world: acme (account 1) has a lease of all its 10.00.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "server/store/apply.h"
#include "server/store/batch.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {

inline constexpr char kJournal[] = "00000000-0000-4000-8000-000000000001";

class BatchRig : public testing::Test {
 protected:
  BatchRig() {
    auto applied = store::Apply(database_, SmallWorld(), false);
    EXPECT_TRUE(applied.ok()) << applied.error().Text();
    EXPECT_TRUE(store::PrepareToSettle(pg_).ok());
    Do("SELECT money.node_start(1, '" + std::string(kJournal) + "')");
    Do("SELECT money.lease_grant(1, 1, 1, 10, 10, 1)");
  }
  void TearDown() override { EXPECT_EQ(BrokenInvariants(database_), ""); }

  void Do(const std::string& sql) {
    auto ran = pg_.RunFile("test", sql);
    EXPECT_TRUE(ran.ok()) << ran.error().Text();
  }
  std::string Sql(const std::string& sql) { return Scalar(pg_, sql); }
  std::string Account() {
    return Sql(
        "SELECT concat_ws(' ', trim_scale(balance), trim_scale(held), trim_scale(leased))"
        " FROM money.account WHERE account_id = 1");
  }

  MessageId NewId() { return ids_.Next(SystemClock().WallNow()); }
  store::MessageRecord Message(Nano amount,
                               store::ChargeBasis basis = store::ChargeBasis::kSubmit) {
    store::MessageRecord m;
    m.message_id = NewId();
    m.client_id = 1;
    m.account_id = 1;
    m.network_id = 1;
    m.source_addr = "ACME";
    m.destination_addr = "447700900123";
    m.message_class = "otp";
    m.segments = 2;
    m.rate = {amount.units / 2};
    m.amount = amount;
    m.basis = basis;
    m.accepted_at_us = ToMicros(SystemClock().WallNow());
    m.supplier_id = 1;
    m.registered_delivery = 1;
    m.decision = "alpha 0.024 taken";
    return m;
  }
  // Of answer = accepted: queued, no supplier yet.
  store::MessageRecord Queued(Nano amount, store::ChargeBasis basis = store::ChargeBasis::kSubmit) {
    static constexpr std::uint8_t kPdu[] = {0, 0, 0, 16, 0, 0, 0, 4, 0, 0xff, '\\', '\n'};
    store::MessageRecord m = Message(amount, basis);
    m.supplier_id = 0;
    m.attempts = 0;
    m.pdu = kPdu;
    m.next_at_us = m.accepted_at_us;
    m.expires_at_us = m.accepted_at_us + 60'000'000;
    return m;
  }
  store::AttemptRecord Attempt(const store::MessageRecord& m, std::int16_t no,
                               store::AttemptResult result, Nano rate = {}) {
    store::AttemptRecord a;
    a.message_id = m.message_id;
    a.attempt_no = no;
    a.supplier_id = no;
    a.result = result;
    a.upstream_id = "Up-1";
    a.upstream_key = "up-1";
    a.sent_at_us = a.ended_at_us = m.accepted_at_us;
    a.rate = rate;
    a.segments = m.segments;
    if (result == store::AttemptResult::kAccepted) {
      a.cost = {rate.units * m.segments};
      a.resolves_hold = m.basis == store::ChargeBasis::kUpstreamAck;
    }
    return a;
  }
  store::OutcomeRecord Final(const store::MessageRecord& m, std::uint8_t state,
                             store::OutcomeCause cause = store::OutcomeCause::kReceipt) {
    store::OutcomeRecord o;
    o.message_id = m.message_id;
    o.supplier_id = 1;
    o.message_state = state;
    o.cause = cause;
    o.moves_money = true;
    o.error = "000";
    o.received_at_us = m.accepted_at_us + 5;
    return o;
  }

  static store::ReceiptRecord Receipt(MessageId id, const store::MessageRecord& m) {
    static constexpr std::uint8_t kPdu[] = {5, 0, 0xff};
    store::ReceiptRecord r;
    r.receipt_id = id;
    r.message_id = m.message_id;
    r.client_id = m.client_id;
    r.message_state = 2;
    r.is_final = true;
    r.received_at_us = m.accepted_at_us;
    r.expires_at_us = m.accepted_at_us + 1'000'000;
    r.pdu = kPdu;
    return r;
  }
  static store::ReceiptEndRecord Ended(const store::ReceiptRecord& r, store::ReceiptEnd end,
                                       std::int32_t tries) {
    store::ReceiptEndRecord e;
    e.receipt_id = r.receipt_id;
    e.message_id = r.message_id;
    e.end = end;
    e.tries = tries;
    e.is_final = r.is_final;
    e.possible_duplicate = tries > 1;
    e.command_status = end == store::ReceiptEnd::kRefused ? 0x64 : 0;
    e.at_us = r.received_at_us + 3;
    return e;
  }

  // The next batch of the journal: these records, and PostgreSQL's answer.
  template <class... Records>
  Outcome<Done> Settle(const Records&... records) {
    Fill(batch_, from_, from_ + 100, records...);
    auto settled = store::SettleBatch(pg_, batch_);
    if (settled) from_ += 100;
    return settled;
  }
  template <class... Records>
  void MustSettle(const Records&... records) {
    auto settled = Settle(records...);
    ASSERT_TRUE(settled.ok()) << settled.error().Text();
  }
  template <class... Records>
  static void Fill(store::Batch& batch, journal::Position from, journal::Position to,
                   const Records&... records) {
    batch.Begin(1, from);
    (batch.Add(records), ...);
    batch.End(to);
  }

  const std::string database_ = PostgresServer::Get().NewDatabase();
  store::Pg pg_ = Connect(database_);
  store::Batch batch_{1, kJournal};
  journal::Position from_ = 0;
  MessageIdSource ids_{1, 0, 0};
};

}  // namespace hub::test
