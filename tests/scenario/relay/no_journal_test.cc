// journal.durability = "none": what nobody here would keep stays with its supplier.
#include <gtest/gtest.h>

#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;

struct NoJournalRig : RelayRig {
  explicit NoJournalRig(store::Catalog catalog = TwoSuppliers())
      : RelayRig(std::move(catalog), {}, NoGuard(), false) {
    alpha();
  }
  /// A first message waits for its credit, and that for the next turn.
  Pdu Submitted(SmppPeer& client) {
    client.Send(Submit(2, 1));
    network.Advance(std::chrono::milliseconds(1));
    return *alpha().Next();
  }
};

TEST(NoJournal, AMessageAndItsReceiptGoThroughAndNoRecordIsMade) {
  NoJournalRig rig;
  SmppPeer acme = rig.Customer();
  rig.alpha().Answer(rig.Submitted(acme), ESME_ROK, "1");
  const Pdu answer = *acme.Next();
  EXPECT_EQ(answer.status(), ESME_ROK);
  rig.alpha().Send(Receipt(900, "1", "4915112345678", "ACME"));
  EXPECT_EQ(acme.Next()->receipt_id(), answer.message_id());
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_EQ(rig.journal.frames(), 0u);
}

TEST(NoJournal, AReceiptOfAClientThatIsAwayStaysWithItsSupplier) {
  NoJournalRig rig;
  SmppPeer transmitter = rig.Customer("acme", bind_transmitter);
  rig.alpha().Answer(rig.Submitted(transmitter), ESME_ROK, "1");
  const std::string id(transmitter.Next()->message_id());
  rig.alpha().Send(Receipt(900, "1", "4915112345678", "ACME"));
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_RX_T_APPN);
  SmppPeer receiver = rig.Customer("acme", bind_receiver);
  rig.alpha().Send(Receipt(901, "1", "4915112345678", "ACME"));
  EXPECT_EQ(receiver.Next()->receipt_id(), id);
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
}

TEST(NoJournal, WhatOnlyPostgreSqlKnowsIsLeftAsItIs) {
  NoJournalRig rig;
  SmppPeer acme = rig.Customer();
  store::FoundMessage found;
  found.asked = {101, "7"};
  found.message_id = 42;
  found.client_id = 1;
  found.registered_delivery = 1;
  found.destination_addr = "4915112345678";
  rig.archive.known = {found};
  rig.alpha().Send(Receipt(900, "7", "4915112345678", "ACME"));
  rig.network.Advance(std::chrono::seconds(1));
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_RX_T_APPN);
  EXPECT_FALSE(acme.Next());
}

TEST(NoJournal, NoMoIsStored) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].mo_offline = store::MoOffline::kStore;
  NoJournalRig rig(catalog);
  rig.alpha().Send(Message(deliver_sm, 7, "4915112345678", "1000", "hello"));
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_RX_T_APPN);
  SmppPeer acme = rig.Customer();
  EXPECT_FALSE(acme.Next());
  rig.alpha().Send(Message(deliver_sm, 8, "4915112345678", "1000", "again"));
  EXPECT_EQ(smpp::AsText(acme.Next()->view().short_message), "again");
}

}  // namespace
}  // namespace hub::test
