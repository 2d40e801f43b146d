// The rows of a broadcast_sm: no destination, no network, no rate of a deck.
#include "tests/unit/server/store/batch_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;

class BroadcastRowsTest : public BatchRig {};

TEST_F(BroadcastRowsTest, ABroadcastHasNeitherDestinationNorNetworkAndAddsUp) {
  MessageRecord m = Message({500'000'000});
  m.network_id = 0;
  m.destination_addr = "";
  m.message_class = kBroadcastClass;
  m.segments = 1;
  m.rate = m.amount;
  m.registered_delivery = 0;
  MustSettle(m, Attempt(m, 1, AttemptResult::kAccepted, {200'000'000}));
  EXPECT_EQ(Sql("SELECT concat_ws('|', client, destination, country, network, class, segments, "
                "rate_id, amount, supplier, cost, margin, state, charge_state) FROM bill.v_cdr"),
            "acme||broadcast|1|0|0.500000000|alpha|0.200000000|0.300000000|none asked|charged");
  EXPECT_EQ(Sql("SELECT concat_ws('|', client, sold, cost) FROM bill.v_margin_daily"),
            "acme|0.500000000|0.200000000");
}

}  // namespace
}  // namespace hub::test
