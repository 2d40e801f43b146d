// Receipts of suppliers that write them in a way of their own, and what their clients get.
#include <gtest/gtest.h>

#include "tests/scenario/relay/kept_rig.h"
#include "tests/support/profile_rules.h"

namespace hub::test {
namespace {

using store::AddressAction;
using store::AddressSide;
using enum smpp::CommandId;
using enum smpp::Status;

store::SupplierProfile Words() {
  store::SupplierProfile profile;
  profile.receipt_states = {{"OK", 2}, {"ACCEPTD", 1}};
  return profile;
}

struct ReceiptRig : RelayRig {
  explicit ReceiptRig(const store::SupplierProfile& profile,
                      store::Catalog catalog = TwoSuppliers())
      : RelayRig((catalog.suppliers[0].profile = profile, catalog)) {
    alpha();
    beta();
  }
  /// acme's next message is taken by alpha as `upstream_id`; its id.
  std::string Taken(std::string_view upstream_id, const Octets& submit) {
    acme.Send(submit);
    sent = *alpha().Next();
    alpha().Answer(sent, ESME_ROK, upstream_id);
    return acme.Next()->message_id();
  }
  SmppPeer acme = Customer();
  Pdu sent;
};

Octets WithEsmClass(Octets receipt, std::uint8_t esm_class) {
  const Pdu pdu{receipt};
  receipt[pdu.view().offsets.esm_class] = esm_class;
  return receipt;
}

TEST(ProfileReceipts, AVendorsWordBecomesTheSpecifications) {
  ReceiptRig rig(Words());
  const std::string id = rig.Taken("1", Submit(2));
  rig.alpha().Send(Receipt(900, "1", "4915112345678", "ACME", "ok"));
  const Pdu receipt = *rig.acme.Next();
  EXPECT_EQ(receipt.receipt_id(), id);
  EXPECT_EQ(StatIn(receipt), "DELIVRD");
  EXPECT_EQ(rig.All<store::OutcomeRecord>()[0].message_state, 2);
  rig.acme.Answer(receipt, ESME_ROK, "");
  const Pdu answer = *rig.alpha().Next();
  EXPECT_EQ(answer.status(), ESME_ROK);
  EXPECT_EQ(answer.sequence_number(), 900u);
}

TEST(ProfileReceipts, AWordMayMeanThatMoreIsToCome) {
  ReceiptRig rig(Words());
  rig.Taken("1", Submit(2));
  rig.alpha().Send(Receipt(900, "1", "4915112345678", "ACME", "ACCEPTD"));
  EXPECT_FALSE(rig.acme.Next()) << "it asked for the final one only";
  EXPECT_TRUE(rig.All<store::OutcomeRecord>().empty());
  rig.alpha().Send(Receipt(901, "1", "4915112345678", "ACME", "DELIVRD"));
  EXPECT_EQ(StatIn(*rig.acme.Next()), "DELIVRD");
}

TEST(ProfileReceipts, TheNeighboursWordsAreTheirOwn) {
  ReceiptRig rig(Words());
  rig.acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_RSYSERR, "");
  rig.beta().Answer(*rig.beta().Next(), ESME_ROK, "1");
  EXPECT_EQ(rig.acme.Next()->status(), ESME_ROK);
  rig.beta().Send(Receipt(900, "1", "4915112345678", "ACME", "ACCEPTD"));
  EXPECT_EQ(StatIn(*rig.acme.Next()), "ACCEPTD");
  EXPECT_EQ(rig.All<store::OutcomeRecord>()[0].message_state, 6);
}

TEST(ProfileReceipts, AReceiptThatIsFlaggedAsAMessageIsOne) {
  store::SupplierProfile profile;
  profile.receipts_by_text = true;
  ReceiptRig rig(profile);
  const std::string id = rig.Taken("1", Submit(2));
  rig.alpha().Send(WithEsmClass(Receipt(900, "1", "4915112345678", "ACME"), 0));
  const Pdu receipt = *rig.acme.Next();
  EXPECT_EQ(receipt.receipt_id(), id);
  EXPECT_TRUE(receipt.view().is_receipt());
  EXPECT_EQ(rig.Count(Metric::mo_received), 0u);
}

TEST(ProfileReceipts, ButOnlyOfASupplierThatSaysSo) {
  ReceiptRig rig(Words());
  rig.Taken("1", Submit(2));
  rig.alpha().Send(WithEsmClass(Receipt(900, "1", "4915112345678", "1000"), 0));
  EXPECT_FALSE(rig.acme.Next()->view().is_receipt());
  EXPECT_EQ(rig.Count(Metric::mo_received), 1u);
  EXPECT_EQ(rig.Count(Metric::receipts_received), 0u);
}

TEST(ProfileReceipts, AMessageStaysAMessage) {
  store::SupplierProfile profile;
  profile.receipts_by_text = true;
  ReceiptRig rig(profile);
  rig.alpha().Send(Message(deliver_sm, 900, "4915112345678", "1000", "id:5 is my number"));
  EXPECT_FALSE(rig.acme.Next()->view().is_receipt());
  EXPECT_EQ(rig.Count(Metric::mo_received), 1u);
}

store::SupplierProfile NationalForm() {
  store::SupplierProfile profile;
  profile.source_rules = {
      AddressSpec{.ton = 5, .action = AddressAction::kAddress, .to = "1234", .to_ton = 3}};
  profile.destination_rules = {AddressSpec{.side = AddressSide::kDestination,
                                           .prefix = "49",
                                           .action = AddressAction::kPrefix,
                                           .to = "0",
                                           .to_ton = 2,
                                           .to_npi = 8}};
  return profile;
}

void ExpectClientsAddresses(const Pdu& receipt, std::string_view destination = "4915112345678") {
  EXPECT_EQ(receipt.view().source_addr, destination);
  EXPECT_EQ(receipt.view().source_addr_ton, 1);
  EXPECT_EQ(receipt.view().source_addr_npi, 1);
  EXPECT_EQ(receipt.view().destination_addr, "ACME");
  EXPECT_EQ(receipt.view().dest_addr_ton, 5);
  EXPECT_EQ(receipt.view().dest_addr_npi, 0);
}

TEST(ProfileReceipts, NameTheAddressesThatTheClientSent) {
  ReceiptRig rig(NationalForm());
  const std::string id = rig.Taken("1", Submit(2));
  EXPECT_EQ(rig.sent.view().source_addr, "1234");
  EXPECT_EQ(rig.sent.view().destination_addr, "015112345678");
  EXPECT_EQ(rig.sent.view().dest_addr_ton, 2);
  rig.alpha().Send(Receipt(900, "1", "015112345678", "1234"));
  const Pdu receipt = *rig.acme.Next();
  EXPECT_EQ(receipt.receipt_id(), id);
  ExpectClientsAddresses(receipt);
}

TEST(ProfileReceipts, EvenWhereTheClientWroteAPlus) {
  store::SupplierProfile profile = NationalForm();
  profile.destination_rules[0].prefix = "+49";
  ReceiptRig rig(profile);
  rig.Taken("1", Submit(2, 1, "+4915112345678"));
  EXPECT_EQ(rig.sent.view().destination_addr, "015112345678");
  rig.alpha().Send(Receipt(900, "1", "015112345678", "1234"));
  ExpectClientsAddresses(*rig.acme.Next(), "+4915112345678");
}

// Read in another way, an id counts only for the number that the receipt is about: as the supplier writes it.
TEST(ProfileReceipts, AnotherReadingOfTheIdKnowsTheSuppliersNumber) {
  ReceiptRig rig(NationalForm());
  const std::string id = rig.Taken("FF", Submit(2));
  rig.alpha().Send(Receipt(900, "255", "015112345678", "1234"));
  const std::optional<Pdu> receipt = rig.acme.Next();
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->receipt_id(), id);
}

TEST(ProfileReceipts, OfAMessageInPostgreSqlToo) {
  ReceiptRig rig(NationalForm());
  store::FoundMessage found;
  found.asked = {101, "77", true};
  found.message_id =
      MessageIdSource(1, 9, 0).Next(rig.network.clock().WallNow() - std::chrono::minutes(1));
  found.client_id = 1;
  found.registered_delivery = 1;
  found.taken_at_us = ToMicros(rig.network.clock().WallNow());
  found.source_addr = "ACME";
  found.source_addr_ton = 5;
  found.destination_addr = "4915112345678";
  found.dest_addr_ton = found.dest_addr_npi = 1;
  rig.archive.known = {found};
  rig.alpha().Send(Receipt(900, "77", "015112345678", "1234"));
  rig.network.Advance(std::chrono::seconds(1));
  const std::optional<Pdu> receipt = rig.acme.Next();
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->receipt_id(), std::to_string(found.message_id));
  ExpectClientsAddresses(*receipt);
}

TEST(ProfileReceipts, OfAMessageOfOurs) {
  store::Catalog catalog = AlphaAlone();
  catalog.suppliers[0].profile = NationalForm();
  KeptRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Submit(2));
  const Pdu sent = *rig.alpha().Next();
  EXPECT_EQ(sent.view().destination_addr, "015112345678");
  rig.alpha().Answer(sent, ESME_ROK, "1");
  rig.alpha().Send(Receipt(900, "1", "015112345678", "1234"));
  rig.SyncDisk();
  const std::optional<Pdu> receipt = acme.Next();
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->receipt_id(), id);
  ExpectClientsAddresses(*receipt);
}

// Planned before a reload, sent behind it: what it was sent as is what is remembered of it.
struct LateRig : ReceiptRig {
  explicit LateRig(const store::SupplierProfile& before) : ReceiptRig(before) {
    desk.answer_now = false;
    acme.Send(Submit(2));
  }
  /// The id of the message; alpha took it as `upstream_id`.
  std::string Goes(SmppPeer& supplier, std::string_view upstream_id) {
    desk.AnswerAll();
    network.RunUntilQuiet();
    sent = *supplier.Next();
    supplier.Answer(sent, ESME_ROK, upstream_id);
    return acme.Next()->message_id();
  }
};

TEST(ProfileReceipts, NameTheClientsAddressesWhereAReloadBroughtTheRules) {
  LateRig rig({});
  store::Catalog catalog = TwoSuppliers();
  catalog.suppliers[0].profile = NationalForm();
  rig.Use(catalog);
  const std::string id = rig.Goes(rig.alpha(), "1");
  EXPECT_EQ(rig.sent.view().destination_addr, "015112345678");
  rig.alpha().Send(Receipt(900, "1", "015112345678", "1234"));
  const Pdu receipt = *rig.acme.Next();
  EXPECT_EQ(receipt.receipt_id(), id);
  ExpectClientsAddresses(receipt);
}

TEST(ProfileReceipts, AnIdIsKnownByTheFormInForceWhereItIsTaken) {
  LateRig rig({});
  store::Catalog catalog = TwoSuppliers();
  catalog.suppliers[0].id_form = store::IdForm::kHexToDec;  // the bind is another one, too
  rig.Use(catalog);
  ScriptedPeer& successor = *rig.network.peers().back();
  successor.Accept();
  SmppPeer alpha(successor);
  const Pdu bind = *alpha.Next();
  alpha.Send(IdAnswer(bind_transceiver_resp, ESME_ROK, bind.sequence_number(), "smsc"));
  const std::string id = rig.Goes(alpha, "10");
  ASSERT_EQ(rig.All<store::AttemptRecord>().size(), 1u);
  EXPECT_EQ(rig.All<store::AttemptRecord>()[0].upstream_key, "16");
  alpha.Send(Receipt(900, "16", "4915112345678", "ACME"));
  const std::optional<Pdu> receipt = rig.acme.Next();
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->receipt_id(), id);
}

TEST(ProfileReceipts, OfAPlainSupplierStayAsTheyCame) {
  ReceiptRig rig(NationalForm());
  rig.acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_RSYSERR, "");
  rig.beta().Answer(*rig.beta().Next(), ESME_ROK, "1");
  EXPECT_EQ(rig.acme.Next()->status(), ESME_ROK);
  rig.beta().Send(Receipt(900, "1", "015112345678", "1234"));
  // It speaks of another number than its message: PostgreSQL is asked, and knows nothing.
  rig.network.Advance(std::chrono::seconds(10));
  const Pdu receipt = *rig.acme.Next();
  EXPECT_EQ(receipt.view().source_addr, "015112345678");
  EXPECT_EQ(receipt.view().destination_addr, "1234");
}

}  // namespace
}  // namespace hub::test
