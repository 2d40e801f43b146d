// What traffic.receipt_event says of receipts and stored MO that did not simply arrive: a stored MO has no message that says whose
// it was.
#include <gtest/gtest.h>

#include "tests/unit/server/store/batch_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;

class ReceiptEvents : public BatchRig {};

constexpr char kMoEvents[] =
    "SELECT string_agg(concat_ws(' ', e.what, e.tries, e.client_id, e.supplier_id, v.kind, "
    "v.client, "
    "v.supplier, v.accept_day = traffic.accept_day(e.receipt_id)), ', ' ORDER BY e.receipt_id) "
    "FROM traffic.receipt_event e JOIN bill.v_receipt_events v USING (receipt_id)";

ReceiptRecord Mo(MessageId id, std::int64_t client_id, std::int64_t supplier_id) {
  ReceiptRecord r;
  r.receipt_id = id;
  r.client_id = client_id;
  r.supplier_id = supplier_id;
  r.received_at_us = ToMicros(SystemClock().WallNow());
  r.expires_at_us = r.received_at_us + 60'000'000;
  return r;
}

TEST_F(ReceiptEvents, HowAStoredMoEndedSaysWhoseItWas) {
  const ReceiptRecord again = Mo(NewId(), 1, 2), refused = Mo(NewId(), 1, 1);
  MustSettle(again, refused, Ended(again, ReceiptEnd::kTriedAgain, 1));
  EXPECT_EQ(Sql("SELECT string_agg(supplier_id::text, ' ' ORDER BY receipt_id) FROM "
                "traffic.receipt"),
            "2 1");
  MustSettle(Ended(again, ReceiptEnd::kDelivered, 2), Ended(refused, ReceiptEnd::kRefused, 1));
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.receipt"), "0");
  EXPECT_EQ(Sql(kMoEvents), "delivered 2 1 2 mo acme beta t, refused 1 1 1 mo acme alpha t");
  EXPECT_EQ(Sql("SELECT concat_ws(' ', what, party, became, supplier) FROM bill.v_duplicates"),
            "mo acme delivered beta");
}

TEST_F(ReceiptEvents, HowAStoredMoEndedInItsBatchSaysSoToo) {
  const ReceiptRecord refused = Mo(NewId(), 1, 2);
  MustSettle(refused, Ended(refused, ReceiptEnd::kRefused, 1));
  EXPECT_EQ(Sql(kMoEvents), "refused 1 1 2 mo acme beta t");
}

// Sent anew: PostgreSQL took the batch, and the answer was lost.
TEST_F(ReceiptEvents, EventsOfABatchThatIsSentTwiceAreThereOnce) {
  const ReceiptRecord refused = Mo(NewId(), 1, 2);
  MustSettle(refused);
  MustSettle(Ended(refused, ReceiptEnd::kRefused, 1));
  EXPECT_TRUE(SettleBatch(pg_, batch_).ok());
  EXPECT_EQ(Sql(kMoEvents), "refused 1 1 2 mo acme beta t");
}

TEST_F(ReceiptEvents, AReceiptsEventNamesTheSupplierThatItsMessageKnows) {
  const MessageRecord m = Message({2});
  const ReceiptRecord receipt = Receipt(NewId(), m);
  MustSettle(m, Final(m, 2), receipt);
  MustSettle(Ended(receipt, ReceiptEnd::kRefused, 1));
  EXPECT_EQ(
      Sql("SELECT concat_ws(' ', kind, client, supplier, what, command_status, message_id = " +
          std::to_string(m.message_id) + ") FROM bill.v_receipt_events"),
      "receipt acme alpha refused 100 t");
}

// Written by the version before, found in PostgreSQL or in the journal by this one.
TEST_F(ReceiptEvents, AnMoOfTheVersionBeforeHasNoSupplier) {
  const ReceiptRecord mo = Mo(NewId(), 1, 0);
  MustSettle(ReceiptRecordV1{mo});
  MustSettle(Ended(mo, ReceiptEnd::kRefused, 1));
  EXPECT_EQ(Sql(kMoEvents), "refused 1 1 mo acme t");
}

// A million receipts may wait, and PostgreSQL may have no statistics of them.
TEST_F(ReceiptEvents, EventsReadTheReceiptsThatTheyAreOfHoweverManyWait) {
  Do("INSERT INTO traffic.receipt SELECT n, 0, 1, 1, 1, 0, false, 0, now(), 'infinity', '' FROM "
     "generate_series(1, 20000) n");
  const auto read = [this] {
    Do("SELECT pg_stat_force_next_flush()");
    return std::stoul(
        Sql("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'receipt'"));
  };
  const std::size_t before = read();
  ReceiptRecord mo = Mo(17, 1, 0);
  MustSettle(Ended(mo, ReceiptEnd::kRefused, 1));
  EXPECT_EQ(read(), before);
  EXPECT_EQ(Sql("SELECT client_id FROM traffic.receipt_event"), "1");
}

}  // namespace
}  // namespace hub::test
