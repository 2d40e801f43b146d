// Messages of ours that wait for room at their supplier: who goes first, and what happens when the supplier goes.
#include <gtest/gtest.h>

#include "tests/scenario/relay/kept_rig.h"

namespace hub::test {
namespace {

using enum smpp::Status;
using namespace std::chrono_literals;

// Alpha takes one at a time.
store::Catalog Narrow(store::Catalog catalog = AlphaAlone()) {
  catalog.supplier_binds[0].window_requests_max = 1;
  return catalog;
}

TEST(KeeperLanes, AnOtpIsTheVeryNextWhateverTheBacklogOfACampaign) {
  store::Catalog catalog = Narrow();
  catalog.clients[0].message_class = "promo";
  catalog.clients[1].message_class = "otp";
  KeptRig rig(catalog);
  rig.alpha();
  SmppPeer campaign = rig.Customer("acme"), bank = rig.Customer("other");
  for (std::uint32_t n = 0; n < 300; ++n) rig.Accepted(campaign, Submit(n + 2, 0, To(n)));
  EXPECT_EQ(rig.TakeNext(rig.alpha()), To(0));
  rig.Accepted(bank, Submit(2, 0, "4915199999999"));
  EXPECT_EQ(rig.TakeNext(rig.alpha()), To(1)) << "it was under way already";
  EXPECT_EQ(rig.TakeNext(rig.alpha()), "4915199999999");
  for (std::uint32_t n = 2; n < 300; ++n) ASSERT_EQ(rig.TakeNext(rig.alpha()), To(n));
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_TRUE(rig.Queue().empty());
  rig.ExpectMoneyBalances();
}

// What alpha puts off goes to beta, in beta's lanes: not into the queue of its link, where all are alike.
TEST(KeeperLanes, AFailOverWaitsInALaneTooAndAnOtpPassesIt) {
  store::Catalog catalog = Accepting();
  catalog.supplier_binds[1].window_requests_max = 1;
  catalog.clients[0].message_class = "promo";
  catalog.clients[1].message_class = "otp";
  KeptRig rig(catalog);
  rig.alpha();
  rig.beta();
  SmppPeer campaign = rig.Customer("acme"), bank = rig.Customer("other");
  for (std::uint32_t n = 0; n < 20; ++n) rig.Accepted(campaign, Submit(n + 2, 0, To(n)));
  for (std::uint32_t n = 0; n < 20; ++n) ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_RSYSERR));
  rig.Accepted(bank, Submit(2, 0, "4915199999999"));
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_RSYSERR));
  EXPECT_EQ(rig.Count(Metric::queue_messages), 0u) << "nobody stands in a link's queue";
  EXPECT_EQ(rig.TakeNext(rig.beta()), To(0)) << "it was under way already";
  EXPECT_EQ(rig.TakeNext(rig.beta()), "4915199999999");
  for (std::uint32_t n = 1; n < 20; ++n) ASSERT_EQ(rig.TakeNext(rig.beta()), To(n));
  EXPECT_TRUE(rig.Queue().empty());
}

TEST(KeeperLanes, WithinAClassTheUrgentOnesGoFirst) {
  KeptRig rig(Narrow());
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 4; ++n) {
    smpp::SubmitSm message;
    const std::string to = To(n);
    message.source_addr = "ACME";
    message.dest_addr_ton = message.dest_addr_npi = 1;
    message.destination_addr = to;
    message.priority_flag = n == 3 ? 3 : 0;
    rig.Accepted(acme, smpp::Encode(message, ESME_ROK, n + 2));
  }
  for (const std::uint32_t n : {0u, 3u, 1u, 2u}) EXPECT_EQ(rig.TakeNext(rig.alpha()), To(n));
}

TEST(KeeperLanes, ALateComerDoesNotOvertakeThoseThatWait) {
  KeptRig rig(Narrow());
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 3; ++n) rig.Accepted(acme, Submit(n + 2, 0, To(n)));
  const Pdu first = *rig.alpha().Next();
  rig.journal.slow = true;
  acme.Send(Submit(5, 0, To(3)));
  rig.journal.slow = false;
  rig.journal.Sync();                        // it is accepted in the very turn
  rig.alpha().Answer(first, ESME_ROK, "1");  // in which there is room again
  for (std::uint32_t n = 1; n < 4; ++n) EXPECT_EQ(rig.TakeNext(rig.alpha()), To(n));
}

TEST(KeeperLanes, RoomThatAnotherLoopLeftIsFound) {
  KeptRig rig(Narrow());
  rig.alpha();
  SmppPeer acme = rig.Customer();
  // Another loop's message is on its way to the link, and its end is told to that loop alone.
  relay::LinkState& link = *rig.relay->front().snapshot()->suppliers[0].links[0];
  link.promised = 1;
  rig.Accepted(acme, Submit(2));
  EXPECT_FALSE(rig.alpha().Next());
  link.promised = 0;
  const std::optional<TimePoint> wakes = rig.network.timers().next();
  ASSERT_TRUE(wakes && *wakes <= rig.network.clock().Now() + 10ms) << "it wakes by itself";
  rig.network.Advance(10ms);
  EXPECT_TRUE(rig.alpha().Next());
}

// Its loop may have much to do before it opens its mail: nobody may take the place meanwhile.
TEST(KeeperLanes, APlaceIsPromisedUntilTheLinkHasTheMessage) {
  KeptRig rig(Narrow());
  rig.alpha();
  const std::shared_ptr<relay::LinkState> link =
      rig.relay->front().snapshot()->suppliers[0].links[0];
  link->promised = 1;
  relay::SubmitJob job;  // as it comes from another loop
  job.link = link;
  job.command_id = smpp::CommandId::submit_sm;
  job.pdu = Slice::CopyOf(Submit(2));
  rig.post.Send(0, 0, std::move(job));
  EXPECT_EQ(link->promised, 1);
  rig.network.Advance(10ms);
  EXPECT_TRUE(rig.alpha().Next());
  EXPECT_EQ(link->promised, 0);
  EXPECT_EQ(link->load, 1);
}

TEST(KeeperLanes, WhatWaitsForASupplierThatGoesTakesTheNextRoute) {
  KeptRig rig(Narrow(Accepting()));
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 10; ++n) rig.Accepted(acme, Submit(n + 2, 0, To(n)));
  EXPECT_EQ(rig.TakeNext(rig.alpha()), To(0));
  EXPECT_FALSE(rig.beta().Next()) << "a full window is no reason to pay more";
  rig.alpha().raw().Break();
  rig.network.RunUntilQuiet();
  for (std::uint32_t n = 2; n < 10; ++n) EXPECT_EQ(rig.TakeNext(rig.beta()), To(n));
  EXPECT_FALSE(rig.beta().Next());
  ASSERT_EQ(rig.Queue().size(), 1u) << "the one that alpha may have";
  EXPECT_EQ(rig.Queue()[0].next_at_us, INT64_MAX);
}

TEST(KeeperLanes, WhatWaitsForASupplierThatGoesWaitsForTheNextOneWhenThatIsFullToo) {
  store::Catalog catalog = Narrow(Accepting());
  catalog.supplier_binds[1].window_requests_max = 1;
  KeptRig rig(catalog);
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 5; ++n) rig.Accepted(acme, Submit(n + 2, 0, To(n)));
  EXPECT_EQ(rig.TakeNext(rig.alpha()), To(0));
  rig.alpha().raw().Break();
  rig.network.RunUntilQuiet();
  for (std::uint32_t n = 2; n < 5; ++n) EXPECT_EQ(rig.TakeNext(rig.beta()), To(n));
  EXPECT_FALSE(rig.beta().Next());
}

TEST(KeeperLanes, WhatWaitsForASupplierThatIsRemovedTakesTheNextRoute) {
  KeptRig rig(Narrow(Accepting()));
  SmppPeer alpha = rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 4; ++n) rig.Accepted(acme, Submit(n + 2, 0, To(n)));
  store::Catalog catalog = Accepting();
  catalog.suppliers.erase(catalog.suppliers.begin());
  catalog.supplier_binds.erase(catalog.supplier_binds.begin());
  rig.Use(catalog);
  EXPECT_EQ(rig.TakeAll(rig.beta(), 1s), (std::vector{To(1), To(2), To(3)}));
  EXPECT_EQ(rig.TakeNext(alpha), To(0)) << "it has that one, and may answer";
  EXPECT_TRUE(rig.Queue().empty());
}

TEST(KeeperLanes, WhatWaitsForAClientThatIsRemovedGoesNowhereAndExpires) {
  KeptRig rig(Narrow());
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 4; ++n) rig.Accepted(acme, Submit(n + 2, 0, To(n)));
  store::Catalog catalog = Narrow();
  catalog.clients.erase(catalog.clients.begin());
  catalog.mo_routes.clear();
  rig.Use(catalog);
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 10s), std::vector{To(0)});
  rig.network.Advance(49h);
  EXPECT_EQ(rig.All<store::OutcomeRecord>().size(), 3u);
  EXPECT_TRUE(rig.Queue().empty());
}

TEST(KeeperLanes, WhatWaitsGoesByANewBindOfItsSupplierToo) {
  store::Catalog catalog = Narrow();
  store::SupplierBindRow second = catalog.supplier_binds[0];
  second.bind_id = 203;
  second.port = 1003;
  catalog.supplier_binds.push_back(second);
  KeptRig rig(catalog);
  rig.alpha();
  rig.Supplier(1003);
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 4; ++n) rig.Accepted(acme, Submit(n + 2, 0, To(n)));
  ASSERT_TRUE(rig.alpha().Next() && rig.Supplier(1003).Next()) << "both windows are full";
  catalog.supplier_binds.back().window_requests_max = 2;
  rig.Use(catalog);
  ScriptedPeer& connection = *rig.network.peers().back();
  ASSERT_EQ(connection.address().port, 1003);
  connection.Accept();
  SmppPeer renewed(connection);
  renewed.Answer(*renewed.Next(), ESME_ROK, "smsc");
  EXPECT_EQ(rig.TakeNext(renewed), To(2));
}

TEST(KeeperLanes, ALinkWithoutRoomIsNotChosenWhileAnotherHasSome) {
  store::Catalog catalog = Narrow();
  store::SupplierBindRow wide = catalog.supplier_binds[0];
  wide.bind_id = 203;
  wide.port = 1003;
  wide.window_requests_max = 10;
  catalog.supplier_binds.push_back(wide);
  KeptRig rig(catalog);
  rig.alpha();
  rig.Supplier(1003);
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 11; ++n) rig.Accepted(acme, Submit(n + 2, 0, To(n)));
  std::size_t at_the_wide_one = 0;
  while (rig.Supplier(1003).Next()) ++at_the_wide_one;
  EXPECT_EQ(at_the_wide_one, 10u) << "one with alpha's narrow bind, none behind it";
}

TEST(KeeperLanes, AReloadMovesNobodyOutOfTheQueueOfASupplierThatStays) {
  relay::Limits limits = Patient();
  limits.kept_due_per_turn_max = 2;
  KeptRig rig(Narrow(), limits);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 6; ++n) rig.Accepted(acme, Submit(n + 2, 0, To(n)));
  store::Catalog catalog = Narrow();
  catalog.version = 2;
  rig.Use(catalog);
  for (std::uint32_t n = 0; n < 6; ++n) EXPECT_EQ(rig.TakeNext(rig.alpha()), To(n));
}

}  // namespace
}  // namespace hub::test
