// What a supplier gets of a message when it has a profile, and what its neighbour gets of the same message.
#include <gtest/gtest.h>

#include <functional>

#include "tests/scenario/relay/kept_rig.h"
#include "tests/support/profile_rules.h"

namespace hub::test {
namespace {

using store::SupplierTlvs;
using store::TlvAction;
using enum smpp::CommandId;
using enum smpp::Status;

// user_message_reference, and a vendor's.
const Octets kTlvs = {0x02, 0x04, 0, 2, 1, 2, 0x14, 0x01, 0, 1, 7};

Octets WithTlvs(std::uint32_t sequence_number, const Octets& tlvs = kTlvs) {
  return Message(submit_sm, sequence_number, "ACME", "4915112345678", "hello", 1, tlvs);
}

Octets Payload(std::size_t octets) {
  Octets tlv = {0x04, 0x24, static_cast<std::uint8_t>(octets >> 8),
                static_cast<std::uint8_t>(octets)};
  tlv.resize(4 + octets, 'x');
  return tlv;
}

Octets TlvsOf(const Pdu& pdu) {
  const smpp::Bytes tlvs = pdu.view().tlvs;
  return {tlvs.begin(), tlvs.end()};
}

store::Catalog WithProfile(const store::SupplierProfile& alpha) {
  store::Catalog catalog = TwoSuppliers();
  catalog.suppliers[0].profile = alpha;
  return catalog;
}

store::SupplierProfile Tlvs(SupplierTlvs tlvs) {
  store::SupplierProfile profile;
  profile.tlvs = tlvs;
  return profile;
}

struct ProfileRig : RelayRig {
  explicit ProfileRig(const store::Catalog& catalog) : RelayRig(catalog) {
    alpha();
    beta();
  }
  explicit ProfileRig(const store::SupplierProfile& profile) : ProfileRig(WithProfile(profile)) {}
  SmppPeer acme = Customer();
};

TEST(SupplierProfile, APlainSupplierGetsTheClientsOctets) {
  ProfileRig rig(store::SupplierProfile{});
  const Octets submit = WithTlvs(2);
  rig.acme.Send(submit);
  Octets got = rig.alpha().Next()->octets;
  smpp::WriteU32(got.data() + 12, 2);
  EXPECT_EQ(got, submit);
  EXPECT_EQ(rig.Count(Metric::submits_rewritten), 0u);
}

TEST(SupplierProfile, WhoTakesNoTlvsGetsNone) {
  ProfileRig rig(Tlvs(SupplierTlvs::kNone));
  rig.acme.Send(WithTlvs(2));
  const Pdu got = *rig.alpha().Next();
  EXPECT_TRUE(got.view().tlvs.empty());
  EXPECT_EQ(smpp::AsText(got.view().short_message), "hello");
  EXPECT_EQ(rig.Count(Metric::submits_rewritten), 1u);
  rig.alpha().Answer(got, ESME_ROK, "1");
  EXPECT_EQ(rig.acme.Next()->status(), ESME_ROK);
  rig.ExpectMoneyBalances();
}

TEST(SupplierProfile, ABindBelowV34HasNoTlvs) {
  store::Catalog catalog = TwoSuppliers();
  catalog.supplier_binds[0].interface_version = 0x33;
  ProfileRig rig(catalog);
  rig.acme.Send(WithTlvs(2));
  EXPECT_TRUE(rig.alpha().Next()->view().tlvs.empty());
}

// Binds as alpha does at the rig, but shows a version, or none.
SmppPeer Shows(RelayRig& rig, std::optional<std::uint8_t> version) {
  ScriptedPeer* newest = nullptr;
  for (ScriptedPeer* each : rig.network.peers()) {
    if (each->address().port == 1001 && !each->connected()) newest = each;
  }
  newest->Accept();
  SmppPeer peer(*newest);
  const Pdu bind = *peer.Next();
  Octets answer = IdAnswer(smpp::ResponseOf(bind.id()), ESME_ROK, bind.sequence_number(), "smsc");
  if (version) {
    answer.insert(answer.end(), {0x02, 0x10, 0, 1, *version});
    smpp::WriteU32(answer.data(), static_cast<std::uint32_t>(answer.size()));
  }
  peer.Send(answer);
  return peer;
}

TEST(SupplierProfile, WhoShowsNoVersionGetsTlvsBySetting) {
  struct Case {
    SupplierTlvs setting;
    std::optional<std::uint8_t> shows;
    bool gets_tlvs;
  };
  for (const Case& c :
       {Case{SupplierTlvs::kPass, std::nullopt, true}, Case{SupplierTlvs::kPass, 0x33, true},
        Case{SupplierTlvs::kShown, std::nullopt, false}, Case{SupplierTlvs::kShown, 0x33, false},
        Case{SupplierTlvs::kShown, 0x34, true}, Case{SupplierTlvs::kShown, 0x50, true},
        Case{SupplierTlvs::kNone, 0x50, false}}) {
    RelayRig rig(WithProfile(Tlvs(c.setting)));
    SmppPeer alpha = Shows(rig, c.shows);
    SmppPeer acme = rig.Customer();
    acme.Send(WithTlvs(2));
    EXPECT_EQ(!alpha.Next()->view().tlvs.empty(), c.gets_tlvs)
        << static_cast<int>(c.setting) << " shows " << c.shows.value_or(0);
  }
}

// One message, two suppliers: what the first one gets must not be what the second one gets.
TEST(SupplierProfile, FailOverSendsTheClientsOctetsToAPlainSupplier) {
  store::SupplierProfile profile = Tlvs(SupplierTlvs::kNone);
  profile.source_rules = {
      AddressSpec{.ton = 5, .action = store::AddressAction::kAddress, .to = "4670"}};
  profile.data_codings = {{0, 1}};
  ProfileRig rig(profile);
  const Octets submit = WithTlvs(2);
  rig.acme.Send(submit);
  const Pdu first = *rig.alpha().Next();
  EXPECT_EQ(first.view().source_addr, "4670");
  EXPECT_EQ(first.view().data_coding, 1);
  EXPECT_TRUE(first.view().tlvs.empty());
  rig.alpha().Answer(first, ESME_RSYSERR, "");
  Octets second = rig.beta().Next()->octets;
  smpp::WriteU32(second.data() + 12, 2);
  EXPECT_EQ(second, submit);
}

TEST(SupplierProfile, FailOverToASupplierWithAProfileAppliesIt) {
  store::Catalog catalog = TwoSuppliers();
  catalog.suppliers[1].profile = Tlvs(SupplierTlvs::kNone);
  ProfileRig rig(catalog);
  rig.acme.Send(WithTlvs(2));
  const Pdu first = *rig.alpha().Next();
  EXPECT_EQ(TlvsOf(first), kTlvs);
  rig.alpha().Answer(first, ESME_RSYSERR, "");
  EXPECT_TRUE(rig.beta().Next()->view().tlvs.empty());
}

TEST(SupplierProfile, WhatASupplierCannotBeSentGoesToTheNext) {
  ProfileRig rig(Tlvs(SupplierTlvs::kNone));
  rig.acme.Send(Message(submit_sm, 2, "ACME", "4915112345678", "", 1, Payload(255)));
  EXPECT_FALSE(rig.alpha().Next());
  const Pdu got = *rig.beta().Next();
  EXPECT_EQ(got.view().message_payload->size(), 255u);
  rig.beta().Answer(got, ESME_ROK, "1");
  EXPECT_EQ(rig.acme.Next()->status(), ESME_ROK);
  EXPECT_EQ(rig.Count(Metric::submits_unfit), 1u);
  EXPECT_EQ(rig.All<store::HandedRecord>().size(), 1u) << "alpha never may have had it";
  rig.ExpectMoneyBalances();
}

TEST(SupplierProfile, WhatNoSupplierCanBeSentIsRefused) {
  store::Catalog catalog = WithProfile(Tlvs(SupplierTlvs::kNone));
  catalog.suppliers[1].profile = Tlvs(SupplierTlvs::kNone);
  ProfileRig rig(catalog);
  rig.acme.Send(Message(submit_sm, 2, "ACME", "4915112345678", "", 1, Payload(255)));
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_FALSE(rig.beta().Next());
  EXPECT_EQ(rig.acme.Next()->status(), ESME_RINVMSGLEN);
  rig.ExpectMoneyBalances();
}

TEST(SupplierProfile, AMessageOfOursThatNobodyCanBeSentEndsAtOnce) {
  store::Catalog catalog = AlphaAlone();
  catalog.suppliers.pop_back();  // one that is drained may come back, and take it
  std::erase_if(catalog.supplier_binds, [&](const store::SupplierBindRow& bind) {
    return bind.supplier_id != catalog.suppliers[0].supplier_id;
  });
  catalog.suppliers[0].profile = Tlvs(SupplierTlvs::kNone);
  KeptRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.Accepted(acme, Message(submit_sm, 2, "ACME", "4915112345678", "", 1, Payload(255)));
  rig.SyncDisk();
  EXPECT_FALSE(rig.alpha().Next());
  const std::optional<Pdu> receipt = acme.Next();
  ASSERT_TRUE(receipt);
  EXPECT_EQ(StatIn(*receipt), "REJECTD");
  ASSERT_EQ(rig.All<store::OutcomeRecord>().size(), 1u);
  EXPECT_EQ(rig.All<store::OutcomeRecord>()[0].cause, store::OutcomeCause::kHubFault)
      << "no supplier refused it";
}

Octets TooLong(std::uint32_t sequence_number) {
  return Message(submit_sm, sequence_number, "ACME", "4915112345678", "", 1, Payload(255));
}

TEST(SupplierProfile, TheFirstThatCannotBeSentItSaysWhy) {
  store::Catalog catalog = TwoSuppliers();
  catalog.suppliers[0].profile.source_rules = {
      AddressSpec{.action = store::AddressAction::kRefuse}};
  catalog.suppliers[1].profile = Tlvs(SupplierTlvs::kNone);
  ProfileRig rig(catalog);
  rig.acme.Send(TooLong(2));
  EXPECT_EQ(rig.acme.Next()->status(), ESME_RINVSRCADR);
}

TEST(SupplierProfile, WhatOneThatIsDownMayTakeIsNotRefusedForGood) {
  RelayRig rig(WithProfile(Tlvs(SupplierTlvs::kNone)));
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(TooLong(2));
  EXPECT_EQ(acme.Next()->status(), ESME_RTHROTTLED);
  rig.beta();
  acme.Send(TooLong(3));
  EXPECT_TRUE(rig.beta().Next());
  EXPECT_FALSE(rig.alpha().Next());
}

TEST(SupplierProfile, AMessageOfOursWaitsForOneThatMayTakeIt) {
  store::Catalog catalog = Accepting();
  catalog.suppliers[0].profile = Tlvs(SupplierTlvs::kNone);
  KeptRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.Accepted(acme, TooLong(2));
  rig.SyncDisk();
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_TRUE(rig.All<store::OutcomeRecord>().empty()) << "it ended, though beta may come back";
  rig.beta();
  rig.network.Advance(std::chrono::seconds(5));
  EXPECT_TRUE(rig.Answers(rig.beta(), ESME_ROK));
  rig.SyncDisk();
  EXPECT_FALSE(acme.Next());
  EXPECT_TRUE(rig.Queue().empty());
}

// --- attempts_max -------------------------------------------------------------------------------------------------

store::Catalog OneAttempt() {
  store::Catalog catalog = WithProfile(Tlvs(SupplierTlvs::kNone));
  for (store::ClientRow& client : catalog.clients) client.attempts_max = 1;
  return catalog;
}

TEST(SupplierProfile, WhoCannotBeSentAMessageUsesUpNoAttempt) {
  ProfileRig rig(OneAttempt());
  rig.acme.Send(TooLong(2));
  const std::optional<Pdu> got = rig.beta().Next();
  ASSERT_TRUE(got);
  rig.beta().Answer(*got, ESME_ROK, "1");
  EXPECT_EQ(rig.acme.Next()->status(), ESME_ROK);
  EXPECT_FALSE(rig.alpha().Next());
  ASSERT_EQ(rig.All<store::MessageRecord>().size(), 1u);
  EXPECT_EQ(rig.All<store::MessageRecord>()[0].decision, "alpha 0.04 unfit; beta 0.06 #1");
  rig.acme.Send(Submit(3));
  const std::optional<Pdu> plain = rig.alpha().Next();
  ASSERT_TRUE(plain) << "a message that it can be sent";
  rig.alpha().Answer(*plain, ESME_ROK, "2");
  EXPECT_EQ(rig.acme.Next()->status(), ESME_ROK);
  rig.ExpectMoneyBalances();
}

TEST(SupplierProfile, AMessageOfOursGoesToWhoCanBeSentItToo) {
  store::Catalog catalog = OneAttempt();
  for (store::ClientRow& client : catalog.clients) client.answer = store::AnswerMode::kAccepted;
  KeptRig rig(catalog);
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  rig.Accepted(acme, TooLong(2));
  EXPECT_TRUE(rig.Answers(rig.beta(), ESME_ROK));
  EXPECT_FALSE(rig.alpha().Next());
}

TEST(SupplierProfile, FailOverGoesOnBehindWhoCannotBeSentIt) {
  store::Catalog catalog = OneAttempt();
  catalog.clients[0].attempts_max = 2;
  catalog.suppliers.push_back(catalog.suppliers[1]);
  catalog.suppliers[2].supplier_id = 103;
  catalog.suppliers[2].name = "gamma";
  catalog.suppliers[2].priority += 1;
  catalog.supplier_binds.push_back(catalog.supplier_binds[1]);
  catalog.supplier_binds[2].bind_id = 203;
  catalog.supplier_binds[2].supplier_id = 103;
  catalog.supplier_binds[2].port = 1003;
  ProfileRig rig(catalog);
  rig.Supplier(1003);
  rig.acme.Send(TooLong(2));
  rig.beta().Answer(*rig.beta().Next(), ESME_RSYSERR, "");
  const std::optional<Pdu> got = rig.Supplier(1003).Next();
  ASSERT_TRUE(got) << "the second attempt";
  rig.Supplier(1003).Answer(*got, ESME_ROK, "1");
  EXPECT_EQ(rig.acme.Next()->status(), ESME_ROK);
}

TEST(SupplierProfile, WhatNobodyCanBeSentFailsForGoodHoweverManyThereAre) {
  store::Catalog catalog = OneAttempt();
  catalog.suppliers[1].profile = Tlvs(SupplierTlvs::kNone);
  ProfileRig rig(catalog);
  rig.acme.Send(TooLong(2));
  EXPECT_EQ(rig.acme.Next()->status(), ESME_RINVMSGLEN);
  rig.ExpectMoneyBalances();
}

// Alpha has a bind that could have it, and that one is down.
TEST(SupplierProfile, ABindThatIsDownIsNoReasonForAPlace) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].attempts_max = 1;
  catalog.supplier_binds[0].interface_version = 0x33;
  catalog.supplier_binds.push_back(catalog.supplier_binds[0]);
  catalog.supplier_binds[2].bind_id = 203;
  catalog.supplier_binds[2].port = 1003;
  catalog.supplier_binds[2].interface_version = 0x34;
  ProfileRig rig(catalog);
  rig.acme.Send(TooLong(2));
  EXPECT_TRUE(rig.beta().Next());
  rig.Supplier(1003);
  rig.acme.Send(WithTlvs(3));
  EXPECT_TRUE(rig.alpha().Next() || rig.Supplier(1003).Next());
}

// Planned with beta, whose bind is another one when its turn comes.
TEST(SupplierProfile, ABindThatHasNotShownWhatItTakesRefusesNothing) {
  const auto other_window = [](store::SupplierBindRow& bind) { ++bind.window_requests_max; };
  const auto none = [](store::SupplierBindRow& bind) { bind.enabled = false; };
  const auto receives = [](store::SupplierBindRow& bind) { bind.mode = "rx"; };
  for (const std::function<void(store::SupplierBindRow&)>& change :
       {std::function<void(store::SupplierBindRow&)>(other_window), {none}, {receives}}) {
    store::Catalog catalog = WithProfile(Tlvs(SupplierTlvs::kNone));
    catalog.suppliers[1].profile = Tlvs(SupplierTlvs::kShown);
    ProfileRig rig(catalog);
    rig.desk.answer_now = false;
    rig.acme.Send(TooLong(2));
    change(catalog.supplier_binds[1]);
    rig.Use(catalog);
    rig.desk.AnswerAll();
    rig.network.RunUntilQuiet();
    const std::optional<Pdu> answer = rig.acme.Next();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status(), ESME_RTHROTTLED);
  }
}

TEST(SupplierProfile, PartsGoWithAHeaderInstead) {
  ProfileRig rig(Tlvs(SupplierTlvs::kNone));
  rig.acme.Send(WithTlvs(2, {0x02, 0x0C, 0, 2, 0, 9, 0x02, 0x0E, 0, 1, 2, 0x02, 0x0F, 0, 1, 1}));
  const Pdu got = *rig.alpha().Next();
  EXPECT_TRUE(got.view().has_udhi());
  EXPECT_EQ(smpp::AsText(got.view().short_message), std::string("\5\0\3\11\2\1hello", 11));
  EXPECT_TRUE(got.view().tlvs.empty());
}

TEST(SupplierProfile, RulesChangeTlvs) {
  store::SupplierProfile profile;
  profile.tlv_rules = {
      TlvSpec{.tag = 0x0204, .action = TlvAction::kDrop},
      TlvSpec{.tag = 0x1401, .action = TlvAction::kMap, .to_tag = 0x1402},
      TlvSpec{.tag = 0x1500, .action = TlvAction::kAdd, .has_value = true, .value = {1}}};
  ProfileRig rig(profile);
  rig.acme.Send(WithTlvs(2));
  EXPECT_EQ(TlvsOf(*rig.alpha().Next()), (Octets{0x14, 0x02, 0, 1, 7, 0x15, 0x00, 0, 1, 1}));
}

// The supplier is asked; the client hears what it asked for.
TEST(SupplierProfile, ReceiptsMayBeForced) {
  store::SupplierProfile profile;
  profile.force_receipts = true;
  ProfileRig rig(profile);
  rig.acme.Send(Submit(2, 0));
  const Pdu got = *rig.alpha().Next();
  EXPECT_EQ(got.view().registered_delivery, 1);
  rig.alpha().Answer(got, ESME_ROK, "1");
  EXPECT_EQ(rig.acme.Next()->status(), ESME_ROK);
  rig.alpha().Send(Receipt(900, "1", "4915112345678", "ACME"));
  EXPECT_FALSE(rig.acme.Next());
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_EQ(rig.All<store::OutcomeRecord>().size(), 1u);
}

TEST(SupplierProfile, ClientsSeeAnotherStatus) {
  store::Catalog catalog = TwoSuppliers();
  catalog.suppliers[0].statuses = {{0x401, store::StatusClass::kPermanent},
                                   {0x0b, store::StatusClass::kDefault}};
  catalog.suppliers[0].profile.client_statuses = {{0x401, 0x45}};
  ProfileRig rig(catalog);
  rig.acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), smpp::Status{0x401}, "");
  EXPECT_EQ(rig.acme.Next()->status(), ESME_RSUBMITFAIL);
  EXPECT_EQ(rig.All<store::AttemptRecord>()[0].command_status, 0x401u) << "as the supplier said it";
  rig.acme.Send(Submit(3));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_RINVDSTADR, "");
  EXPECT_EQ(rig.acme.Next()->status(), ESME_RINVDSTADR) << "default: permanent, and its own word";
  EXPECT_FALSE(rig.beta().Next());
}

TEST(SupplierProfile, AReloadHoldsForTheNextMessage) {
  ProfileRig rig(store::SupplierProfile{});
  rig.acme.Send(WithTlvs(2));
  EXPECT_EQ(TlvsOf(*rig.alpha().Next()), kTlvs);
  rig.Use(WithProfile(Tlvs(SupplierTlvs::kNone)));
  rig.acme.Send(WithTlvs(3));
  EXPECT_TRUE(rig.alpha().Next()->view().tlvs.empty()) << "over the bind that stands";
}

}  // namespace
}  // namespace hub::test
