// Mobile originated messages of a client that is away and wants them stored: on disk before the supplier is answered, then to the
// client in order, by way of the outbox.
#include <gtest/gtest.h>

#include <map>

#include "tests/scenario/relay/kept_rig.h"
#include "tests/scenario/relay/outbox_rig.h"

namespace hub::test {
namespace {

using namespace std::chrono_literals;
using enum smpp::CommandId;
using enum smpp::Status;

store::Catalog Storing() {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].mo_offline = store::MoOffline::kStore;
  catalog.mo_routes.emplace_back().prefix = "2000";
  catalog.mo_routes.back().client_id = 2;
  return catalog;
}

struct StoreRig : RelayRig {
  explicit StoreRig(relay::Limits with = {}, store::Catalog catalog = Storing())
      : RelayRig(std::move(catalog), with) {
    archive.refresh_receipts = [this] { Settle(*this); };
    alpha();
  }
  void Send(std::string_view text, std::string_view to = "1000") {
    alpha().Send(Message(deliver_sm, ++sequence, "4915112345678", to, text));
  }
  /// What alpha is told of an MO.
  smpp::Status Sent(std::string_view text, std::string_view to = "1000") {
    Send(text, to);
    return alpha().Next()->status();
  }
  /// The texts that came, "a b ", each answered.
  std::string Got(SmppPeer& client, smpp::Status status = ESME_ROK) {
    std::string texts;
    while (const auto pdu = client.Next()) {
      texts += std::string(smpp::AsText(pdu->view().short_message)) + " ";
      client.Answer(*pdu, status, "");
    }
    return texts;
  }
  std::size_t Ends(store::ReceiptEnd end) {
    std::size_t count = 0;
    for (const auto& each : All<store::ReceiptEndRecord>()) count += each.end == end ? 1 : 0;
    return count;
  }

  std::uint32_t sequence = 0;
};

TEST(MoStore, TheSupplierIsAnsweredWhenItIsDurableAndNotBefore) {
  StoreRig rig;
  rig.journal.slow = true;
  rig.Send("hello");
  EXPECT_FALSE(rig.alpha().Next());
  rig.SyncDisk();
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  const auto rows = rig.All<store::ReceiptRecord>();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].message_id, 0u);
  EXPECT_EQ(rows[0].client_id, 1);
  EXPECT_EQ(rows[0].supplier_id, 101);
  EXPECT_EQ(rows[0].expires_at_us - rows[0].received_at_us, 259'200'000'000);
  EXPECT_EQ(rig.Count(Metric::mo_stored_now), 1u);
}

TEST(MoStore, TheClientGetsThemInOrderWhenItBindsOctetForOctet) {
  StoreRig rig;
  const Octets first =
      Message(deliver_sm, 900, "4915112345678", "1000", "a", 0, {0x3f, 1, 0, 1, 7});
  rig.alpha().Send(first);
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_EQ(rig.Sent("b"), ESME_ROK);
  EXPECT_EQ(rig.Sent("c"), ESME_ROK);
  SmppPeer acme = rig.Customer();
  rig.network.Advance(1s);
  Pdu got = *acme.Next();
  acme.Answer(got, ESME_ROK, "");
  smpp::PatchSequenceNumber(got.octets.data(), 900);
  EXPECT_EQ(got.octets, first);
  EXPECT_EQ(rig.Got(acme), "b c ");
  rig.network.Advance(2s);
  EXPECT_FALSE(acme.Next());
  EXPECT_EQ(rig.Ends(store::ReceiptEnd::kDelivered), 3u);
  EXPECT_EQ(rig.Count(Metric::mo_delivered), 3u);
  EXPECT_EQ(rig.Count(Metric::receipts_delivered), 0u);
  EXPECT_EQ(rig.Count(Metric::mo_stored_now), 0u);
}

TEST(MoStore, WhileTheClientReceivesItsWordIsTheAnswerAndNothingIsStored) {
  StoreRig rig;
  SmppPeer acme = rig.Customer();
  rig.Send("live");
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_EQ(rig.Got(acme, ESME_RX_R_APPN), "live ");
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_RX_R_APPN);
  EXPECT_TRUE(rig.All<store::ReceiptRecord>().empty());
}

TEST(MoStore, NewOnesStandBehindThoseThatWait) {
  StoreRig rig;
  EXPECT_EQ(rig.Sent("a"), ESME_ROK);
  EXPECT_EQ(rig.Sent("b"), ESME_ROK);
  SmppPeer acme = rig.Customer();
  EXPECT_EQ(rig.Sent("c"), ESME_ROK) << "stored, though the client is here";
  rig.network.Advance(1s);
  EXPECT_EQ(rig.Got(acme), "a b c ");
  rig.network.Advance(2s);
  rig.Send("live again");
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_EQ(rig.Got(acme), "live again ");
}

TEST(MoStore, NothingGoesAheadOfOneThatIsOnItsWayToDisk) {
  StoreRig rig;
  rig.journal.slow = true;
  rig.Send("a");
  SmppPeer acme = rig.Customer();
  rig.Send("b");
  EXPECT_EQ(rig.Got(acme), "");
  rig.SyncDisk();
  rig.network.Advance(2s);
  rig.SyncDisk();
  EXPECT_EQ(rig.Got(acme), "a b ");
}

TEST(MoStore, AlongWithReceiptsInTheOrderInWhichTheyCame) {
  StoreRig rig;
  SmppPeer sender = rig.Customer("acme", bind_transmitter);
  Accepted(rig, sender, 1);
  EXPECT_EQ(rig.Sent("before"), ESME_ROK);
  rig.network.Advance(10ms);
  ReceiptComes(rig, 1);
  rig.network.Advance(10ms);
  EXPECT_EQ(rig.Sent("behind"), ESME_ROK);
  SmppPeer receiver = rig.Customer("acme", bind_receiver);
  rig.network.Advance(1s);
  const std::string got = rig.Got(receiver);
  EXPECT_TRUE(got.starts_with("before id:")) << got;
  EXPECT_TRUE(got.ends_with("behind ")) << got;
}

TEST(MoStore, IsTriedAgainWhenTheClientCannotTakeItNowAndEndsWhenItWillNot) {
  StoreRig rig;
  EXPECT_EQ(rig.Sent("a"), ESME_ROK);
  SmppPeer acme = rig.Customer();
  rig.network.Advance(1s);
  EXPECT_EQ(rig.Got(acme, ESME_RX_T_APPN), "a ");
  rig.network.Advance(3s);
  EXPECT_EQ(rig.Got(acme, ESME_RX_R_APPN), "a ");
  rig.network.Advance(10s);
  EXPECT_EQ(rig.Got(acme), "");
  EXPECT_EQ(rig.Ends(store::ReceiptEnd::kTriedAgain), 1u);
  EXPECT_EQ(rig.Ends(store::ReceiptEnd::kRefused), 1u);
  EXPECT_EQ(rig.Count(Metric::mo_stored_now), 0u);
}

TEST(MoStore, ABindLostBeforeItsAnswerGetsItAgain) {
  StoreRig rig;
  EXPECT_EQ(rig.Sent("a"), ESME_ROK);
  SmppPeer first = rig.Customer();
  rig.network.Advance(1s);
  EXPECT_TRUE(first.Next());
  first.raw().Hangup();
  rig.network.RunUntilQuiet();
  SmppPeer second = rig.Customer();
  rig.network.Advance(3s);
  EXPECT_EQ(rig.Got(second), "a ");
}

TEST(MoStore, BeyondTheClientsLimitTheSupplierKeepsThem) {
  relay::Limits limits;
  limits.mo_stored_max = 2;
  StoreRig rig(limits);
  EXPECT_EQ(rig.Sent("a"), ESME_ROK);
  EXPECT_EQ(rig.Sent("b"), ESME_ROK);
  EXPECT_EQ(rig.Sent("c"), ESME_RMSGQFUL);
  EXPECT_EQ(rig.Count(Metric::mo_store_full), 1u);
  SmppPeer acme = rig.Customer();
  rig.network.Advance(1s);
  EXPECT_EQ(rig.Got(acme), "a b ");
  rig.network.Advance(2s);
  acme.raw().Hangup();
  rig.network.RunUntilQuiet();
  EXPECT_EQ(rig.Sent("c"), ESME_ROK);
}

TEST(MoStore, BeyondTheLimitOfAllClientsToo) {
  relay::Limits limits;
  limits.mo_stored_total_max = 1;
  store::Catalog catalog = Storing();
  catalog.clients[1].mo_offline = store::MoOffline::kStore;
  StoreRig rig(limits, std::move(catalog));
  EXPECT_EQ(rig.Sent("a"), ESME_ROK);
  EXPECT_EQ(rig.Sent("b", "2000"), ESME_RMSGQFUL);
}

TEST(MoStore, WhatWaitedInPostgresCountsFromTheStart) {
  relay::Limits limits;
  limits.mo_stored_max = 1;
  StoreRig rig(limits);
  rig.relay->OnMoWaiting({1, 7, ToMicros(rig.network.clock().WallNow()) + 3'600'000'000});
  EXPECT_EQ(rig.Count(Metric::mo_stored_now), 1u);
  EXPECT_EQ(rig.Sent("a"), ESME_RMSGQFUL);
}

TEST(MoStore, WhoseTimeIsOverMakesRoomAndIsCounted) {
  relay::Limits limits;
  limits.mo_stored_max = 1;
  store::Catalog catalog = Storing();
  catalog.clients[0].mo_ttl_s = 60;
  StoreRig rig(limits, std::move(catalog));
  EXPECT_EQ(rig.Sent("a"), ESME_ROK);
  rig.network.Advance(179s);
  EXPECT_EQ(rig.Count(Metric::mo_expired), 0u) << "it may be with the client, who answers late";
  rig.network.Advance(61s);
  EXPECT_EQ(rig.Count(Metric::mo_expired), 1u);
  EXPECT_EQ(rig.Count(Metric::mo_stored_now), 0u);
}

TEST(MoStore, WhatCannotBeStoredStaysWithTheSupplier) {
  StoreRig rig;
  rig.journal.room = false;
  EXPECT_EQ(rig.Sent("a"), ESME_RX_T_APPN);
  EXPECT_TRUE(rig.All<store::ReceiptRecord>().empty());
}

TEST(MoStore, AClientThatDoesNotWantItIsRefusedAsEver) {
  StoreRig rig;
  EXPECT_EQ(rig.Sent("a", "2000"), ESME_RX_T_APPN);
  EXPECT_TRUE(rig.All<store::ReceiptRecord>().empty());
}

TEST(MoStore, PartsOfALongOneGoToOneBindInOrder) {
  StoreRig rig;
  for (char ref = 1; ref <= 6; ++ref) {
    for (char n = 1; n <= 3; ++n) {
      const std::string text = {5, 0, 3, ref, 3, n, 'x'};
      smpp::DeliverSm mo;
      mo.source_addr = "4915112345678";
      mo.destination_addr = "1000";
      mo.esm_class = 0x40;
      mo.short_message = smpp::AsBytes(text);
      rig.alpha().Send(smpp::Encode(mo, ESME_ROK, ++rig.sequence));
      EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
    }
  }
  SmppPeer first = rig.Customer(), second = rig.Customer();
  rig.network.Advance(1s);
  std::size_t messages = 0;
  for (SmppPeer* bind : {&first, &second}) {
    std::map<std::uint8_t, std::string> got;
    while (const auto pdu = bind->Next()) {
      const smpp::Bytes text = pdu->view().short_message;
      got[text[3]] += std::to_string(text[5]);
    }
    for (const auto& [ref, parts] : got) EXPECT_EQ(parts, "123");
    messages += got.size();
  }
  EXPECT_EQ(messages, 6u);
}

// Of v3.3 it cannot be told: no short_message holds it, and there is no message_payload.
Octets LongMo(std::uint32_t sequence_number) {
  Octets tlv = FromHex("0424012c");
  tlv.insert(tlv.end(), 300, 'x');
  return Message(deliver_sm, sequence_number, "4915112345678", "1000", "", 0, tlv);
}

TEST(MoStore, WhatAnOldBindCannotBeToldWaitsForANewerOne) {
  StoreRig rig(Patient());
  rig.alpha().Send(LongMo(7));
  ASSERT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  SmppPeer old = rig.Customer("acme", bind_transceiver, 0x33);
  rig.network.Advance(20s);
  EXPECT_FALSE(old.Next());
  EXPECT_EQ(rig.Ends(store::ReceiptEnd::kRefused), 0u) << "its supplier has our word";
  SmppPeer newer = rig.Customer();
  rig.network.Advance(2min);
  const std::optional<Pdu> got = newer.Next();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->view().text().size(), 300u);
  EXPECT_FALSE(old.Next());
}

}  // namespace
}  // namespace hub::test
