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
};

TEST(NoJournal, AMessageAndItsReceiptGoThroughAndNoRecordIsMade) {
  NoJournalRig rig;
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2, 1));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "1");
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
  transmitter.Send(Submit(2, 1));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "1");
  const std::string id(transmitter.Next()->message_id());
  rig.alpha().Send(Receipt(900, "1", "4915112345678", "ACME"));
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_RX_T_APPN);
  SmppPeer receiver = rig.Customer("acme", bind_receiver);
  rig.alpha().Send(Receipt(901, "1", "4915112345678", "ACME"));
  EXPECT_EQ(receiver.Next()->receipt_id(), id);
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
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
