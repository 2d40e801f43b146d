// Receipts that nobody asked for: their messages are not remembered, until their supplier turns out to send such.
#include <gtest/gtest.h>

#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {
namespace {

using enum smpp::Status;
using namespace std::chrono_literals;

constexpr const char* kNumber = "4915112345678";

struct UnaskedRig : RelayRig {
  UnaskedRig() { alpha(); }

  /// A message that alpha took under this id; ours.
  MessageId Taken(const std::string& upstream_id, std::uint8_t registered_delivery = 0) {
    acme.Send(Submit(++sent_, registered_delivery));
    alpha().Answer(*alpha().Next(), ESME_ROK, upstream_id);
    return std::stoull(acme.Next()->message_id());
  }
  /// PostgreSQL has it.
  void Knows(const std::string& upstream_id, MessageId id) {
    store::FoundMessage found;
    found.asked = {101, upstream_id};
    found.message_id = id;
    found.client_id = 1;
    found.destination_addr = kNumber;
    found.taken_at_us = ToMicros(network.clock().WallNow());
    archive.known.push_back(found);
  }
  void SendReceipt(const std::string& upstream_id, const char* number = kNumber) {
    alpha().Send(Receipt(++said_, upstream_id, number, "ACME"));
  }
  std::vector<MessageId> Ended() {
    std::vector<MessageId> ids;
    for (const auto& each : All<store::OutcomeRecord>()) ids.push_back(each.message_id);
    return ids;
  }

  SmppPeer acme = Customer();

 private:
  std::uint32_t sent_ = 1, said_ = 900;
};

TEST(UnaskedReceipts, AreNotWaitedFor) {
  UnaskedRig rig;
  rig.Taken("1");
  EXPECT_EQ(rig.Count(Metric::receipts_correlated), 0u);
  rig.Taken("2", 1);
  EXPECT_EQ(rig.Count(Metric::receipts_correlated), 1u);
}

TEST(UnaskedReceipts, TheFirstIsPlacedByPostgreSqlAndTheNextFromMemory) {
  UnaskedRig rig;
  const MessageId first = rig.Taken("1");
  rig.Knows("1", first);
  rig.SendReceipt("1");
  EXPECT_FALSE(rig.alpha().Next()) << "answered before PostgreSQL was asked";
  rig.network.Advance(1s);
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_EQ(rig.Ended(), (std::vector{first}));
  EXPECT_FALSE(rig.acme.Next()) << "the client asked for none";

  const MessageId second = rig.Taken("2");
  const int asked = rig.archive.finds;
  rig.SendReceipt("2");
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_EQ(rig.Ended(), (std::vector{first, second}));
  EXPECT_EQ(rig.archive.finds, asked);
}

// It gave the id again, to a message that is not remembered.
TEST(UnaskedReceipts, OfALaterMessageWithTheSameIdIsNotTheEarlierOnes) {
  UnaskedRig rig;
  rig.Taken("1", 1);
  const MessageId later = rig.Taken("1");
  rig.Knows("1", later);
  rig.archive.known.back().destination_addr = "4915199999999";
  rig.SendReceipt("1", "4915199999999");
  rig.network.Advance(1s);
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_EQ(rig.Ended(), (std::vector{later}));
  EXPECT_FALSE(rig.acme.Next());
}

// And the next one, whose message was taken when not all was remembered.
TEST(UnaskedReceipts, OfALaterMessageTheNextOneIsNotTheEarlierOnesEither) {
  UnaskedRig rig;
  rig.Taken("1", 1);
  const MessageId later = rig.Taken("1");
  const MessageId other = rig.Taken("9");
  rig.Knows("9", other);
  rig.SendReceipt("9");
  rig.network.Advance(1s);
  rig.Knows("1", later);
  rig.archive.known.back().destination_addr = "4915199999999";
  rig.SendReceipt("1", "4915199999999");
  rig.network.Advance(1s);
  EXPECT_EQ(rig.Ended(), (std::vector{other, later}));
  EXPECT_FALSE(rig.acme.Next());
}

TEST(UnaskedReceipts, OnesInAFormOfTheirOwnWaitForTheirSuppliersFirst) {
  UnaskedRig rig;
  const MessageId first = rig.Taken("1", 1);
  rig.SendReceipt("1", "015112345678");
  rig.network.Advance(1s);
  EXPECT_FALSE(rig.acme.Next());
  rig.network.Advance(10s);
  EXPECT_EQ(rig.acme.Next()->receipt_id(), std::to_string(first));
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  const MessageId second = rig.Taken("2", 1);
  rig.SendReceipt("2", "015112345678");
  EXPECT_EQ(rig.acme.Next()->receipt_id(), std::to_string(second));
}

}  // namespace
}  // namespace hub::test
