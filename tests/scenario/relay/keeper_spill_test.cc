// Messages of ours beyond memory: PostgreSQL keeps them, pages of it bring them back, each once. And the end of a run.
#include <gtest/gtest.h>

#include "tests/scenario/relay/kept_rig.h"

namespace hub::test {
namespace {

using enum smpp::Status;
using namespace std::chrono_literals;

// Alpha takes one message at a time, and the hub keeps few of a class.
struct SpillRig : KeptRig {
  explicit SpillRig(std::size_t kept_messages_max, std::int32_t kept_page = 100,
                    std::size_t recent_ends_max = 1'000)
      : KeptRig(Catalog(), With(kept_messages_max, kept_page, recent_ends_max)) {
    alpha();
  }
  static store::Catalog Catalog() {
    store::Catalog catalog = AlphaAlone();
    catalog.supplier_binds[0].window_requests_max = 1;
    return catalog;
  }
  static relay::Limits With(std::size_t kept, std::int32_t page, std::size_t recent) {
    relay::Limits limits = Patient();
    limits.kept_messages_max = kept;
    limits.kept_page = page;
    limits.recent_ends_max = recent;
    return limits;
  }
  // To(0), To(1), ...: the first is with alpha then.
  void Accept(std::uint32_t count) {
    SmppPeer acme = Customer();
    for (std::uint32_t n = 0; n < count; ++n) Accepted(acme, Submit(n + 2, 1, To(n)));
  }
  std::uint64_t spilled() const { return Count(Metric::kept_spilled); }
};

std::vector<std::string> Numbers(std::uint32_t first, std::uint32_t end) {
  std::vector<std::string> numbers;
  for (std::uint32_t n = first; n < end; ++n) numbers.push_back(To(n));
  return numbers;
}

TEST(KeeperSpill, WhatHasNoRoomComesBackFromPostgreSqlOnce) {
  SpillRig rig(4, 3);
  rig.Accept(50);
  EXPECT_EQ(rig.spilled(), 45u) << "one is with alpha, four wait";
  EXPECT_EQ(rig.Count(Metric::kept_messages), 5u);
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 5s), Numbers(0, 50));
  EXPECT_TRUE(rig.Queue().empty());
  EXPECT_EQ(rig.All<store::HandedRecord>().size(), 50u);
  EXPECT_EQ(rig.All<store::MessageRecord>().size(), 50u) << "charged once";
  rig.ExpectMoneyBalances();
}

TEST(KeeperSpill, OneClassCrowdsOutNoOther) {
  store::Catalog catalog = SpillRig::Catalog();
  catalog.clients[0].message_class = "promo";
  KeptRig rig(catalog, SpillRig::With(4, 3, 1'000));
  rig.alpha();
  SmppPeer acme = rig.Customer("acme"), other = rig.Customer("other");
  for (std::uint32_t n = 0; n < 10; ++n) rig.Accepted(acme, Submit(n + 2, 1, To(n)));
  const std::uint64_t before = rig.Count(Metric::kept_spilled);
  rig.Accepted(other, Submit(2, 1, To(10)));
  EXPECT_EQ(rig.Count(Metric::kept_spilled), before);
}

TEST(KeeperSpill, APageThatStillShowsWhatIsHereOrHasEndedBringsNothingTwice) {
  SpillRig rig(2);
  rig.Accept(5);
  EXPECT_EQ(rig.spilled(), 2u);
  rig.FreezePostgreSql();  // it goes on showing all five
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 1min), Numbers(0, 5));
  EXPECT_EQ(rig.All<store::HandedRecord>().size(), 5u);
  EXPECT_EQ(rig.All<store::QueueEndRecord>().size(), 5u);
}

TEST(KeeperSpill, APageThatIsOlderThanWhatWasForgottenIsOfNoUse) {
  SpillRig rig(2, 100, 1);  // ids of one ended message at most
  rig.Accept(5);
  rig.FreezePostgreSql();
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 1min), Numbers(0, 3)) << "the spilled ones wait";
  rig.ThawPostgreSql();
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 1min), Numbers(3, 5));
}

TEST(KeeperSpill, APageThatWouldBeOfNoUseIsNotAskedFor) {
  SpillRig rig(2, 100, 1);
  rig.Accept(5);
  rig.FreezePostgreSql();
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 1s), Numbers(0, 3));
  const int asked = rig.archive.message_pages;
  rig.network.Advance(1min);
  EXPECT_EQ(rig.archive.message_pages, asked);
  rig.ThawPostgreSql();
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 1s), Numbers(3, 5)) << "and then within a moment";
}

TEST(KeeperSpill, WhatPostgreSqlDoesNotShowYetIsNotForgotten) {
  SpillRig rig(2);
  rig.FreezePostgreSql();
  rig.Accept(5);
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 1min), Numbers(0, 3));
  EXPECT_GT(rig.archive.message_pages, 10) << "it shows none of them";
  rig.ThawPostgreSql();
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 1s), Numbers(3, 5));
}

TEST(KeeperSpill, APageThatWasMadeBeforeAnEndWasSettledAndComesBehindItIsOfNoUse) {
  SpillRig rig(2);
  rig.Accept(5);
  rig.archive.hold = true;
  for (std::uint32_t n = 0; n < 3; ++n) EXPECT_EQ(rig.TakeNext(rig.alpha()), To(n));
  ASSERT_GT(rig.archive.message_pages, 0)
      << "a page is under way that shows the third, in flight then";
  rig.network.Advance(1s);  // and its end is settled
  rig.archive.hold = false;
  rig.archive.AnswerHeld();
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 1min), Numbers(3, 5));
}

TEST(KeeperSpill, APositionThatPostgreSqlWasNotToldOfKeepsNothingBack) {
  SpillRig rig(2);
  rig.archive.settled = [] {
    return journal::Position{0};
  };  // behind it stand marks of the journal alone
  rig.Accept(5);
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 1min), Numbers(0, 5));
}

TEST(KeeperSpill, APageReachesBeyondTheOldestThatAreHere) {
  SpillRig rig(10, 2);
  rig.Accept(12);
  EXPECT_EQ(rig.spilled(), 1u);
  for (std::uint32_t n = 0; n < 6; ++n) EXPECT_EQ(rig.TakeNext(rig.alpha()), To(n));
  rig.network.Advance(1s);
  EXPECT_EQ(rig.Count(Metric::kept_messages), 6u)
      << "one with alpha, four in its lane, the spilled one";
}

TEST(KeeperSpill, IsAskedForAgainWhilePostgreSqlIsAwayOrHasNoTime) {
  SpillRig rig(2);
  rig.Accept(5);
  rig.archive.reachable = false;
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 1min), Numbers(0, 3));
  rig.archive.reachable = true;
  rig.archive.room = false;
  EXPECT_TRUE(rig.TakeAll(rig.alpha(), 1min).empty());
  rig.archive.room = true;
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 1s), Numbers(3, 5));
}

TEST(KeeperSpill, WhatIsDueLaterIsNotAskedForAllTheTime) {
  SpillRig rig(1);  // taken for two: half of it is for what comes back, one may wait for its time
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 2; n < 6; ++n) rig.Accepted(acme, Timed(n, "000000000100000R", ""));
  EXPECT_EQ(rig.spilled(), 3u);
  rig.network.Advance(59s);
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_LT(rig.archive.message_pages, 10);
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 10s).size(), 4u);
}

TEST(KeeperSpill, ARetryWithoutRoomIsPostgreSqlsUntilItsTime) {
  SpillRig rig(2);
  rig.Accept(3);
  rig.Answers(rig.alpha(), ESME_RSYSERR);  // the other two wait: no room
  EXPECT_EQ(rig.spilled(), 1u);
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 4900ms), Numbers(1, 3));
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 5s), Numbers(0, 1));
  EXPECT_EQ(rig.Last<store::AttemptRecord>().attempt_no, 2) << "it knows that it was tried";
}

// --- a start ---------------------------------------------------------------------------------------------------

store::StoredMessage Stored(const RelayRig& rig) {
  store::StoredMessage stored;
  stored.message_id = MessageIdSource(1, 0, 0).Next(rig.network.clock().WallNow());
  stored.client_id = 1;
  stored.message_class = "transactional";
  stored.amount = stored.rate = Nano{40'000'000};
  stored.basis = store::ChargeBasis::kUpstreamAck;  // of its time
  stored.accepted_at_us = stored.next_at_us = ToMicros(rig.network.clock().WallNow());
  stored.expires_at_us = stored.next_at_us + 3'600'000'000;
  stored.cycles = 2;
  stored.attempts = 4;
  stored.possible_duplicate = true;
  stored.pdu = Submit(2);
  return stored;
}

// A relay that starts with this in PostgreSQL.
struct StartRig : KeptRig {
  explicit StartRig(store::Catalog catalog = AlphaAlone()) : KeptRig(std::move(catalog)) {
    alpha();
    archive.refresh = [] {};
    archive.messages = {Stored(*this)};
    relay->OnMessagesQueued(relay::MessageClass::ktransactional, 1);
    network.Advance(1s);
  }
};

TEST(KeeperStart, AMessageOfAnEarlierRunGoesOnWhereItWas) {
  StartRig rig;
  SmppPeer acme = rig.Customer();
  const store::HandedRecord handed = rig.Last<store::HandedRecord>();
  const MessageId id = rig.archive.messages[0].message_id;
  EXPECT_EQ(handed.message_id, id);
  EXPECT_EQ(handed.attempt_no, 5);
  EXPECT_TRUE(handed.answered);
  EXPECT_TRUE(handed.possible_duplicate);
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_RSYSERR));
  EXPECT_EQ(rig.Last<store::QueuedRecord>().cycles, 3);
  EXPECT_EQ(rig.Last<store::QueuedRecord>().next_at_us, rig.micros_from_now(60s))
      << "its third pause";
  rig.network.Advance(60s);
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_ROK, "1"));
  EXPECT_TRUE(rig.Last<store::AttemptRecord>().resolves_hold) << "the basis of its time";
  EXPECT_TRUE(rig.All<store::MessageRecord>().empty()) << "it was charged in its time";
  EXPECT_EQ(rig.Last<store::QueueEndRecord>().message_id, id);
  rig.alpha().Send(Receipt(900, "1", "4915112345678", "ACME"));
  EXPECT_EQ(acme.Next()->receipt_id(), std::to_string(id));
}

TEST(KeeperStart, ARelativeValidityCountsFromWhenItsRowSaysThatItWasAccepted) {
  KeptRig rig;
  rig.alpha();
  rig.archive.refresh = [] {};
  rig.archive.messages = {Stored(rig)};
  const WallTime accepted = rig.wall_now() - 10min;
  rig.archive.messages[0].accepted_at_us = ToMicros(accepted);
  rig.archive.messages[0].pdu = Timed(2, "", "000000010000000R");
  rig.relay->OnMessagesQueued(relay::MessageClass::ktransactional, 1);
  rig.network.Advance(1s);
  const std::optional<Pdu> submit = rig.alpha().Next();
  ASSERT_TRUE(submit);
  EXPECT_EQ(submit->view().validity_period, At(accepted + 1h));
}

TEST(KeeperStart, AMessageWhoseTimeIsOverExpires) {
  KeptRig rig;
  rig.alpha();
  rig.archive.refresh = [] {};
  rig.archive.messages = {Stored(rig)};
  rig.archive.messages[0].expires_at_us = rig.archive.messages[0].next_at_us - 1;
  rig.relay->OnMessagesQueued(relay::MessageClass::ktransactional, 1);
  rig.network.Advance(1s);
  EXPECT_TRUE(rig.All<store::HandedRecord>().empty());
  ASSERT_EQ(rig.All<store::OutcomeRecord>().size(), 1u);
  EXPECT_EQ(rig.Last<store::OutcomeRecord>().message_state, 3);
  EXPECT_EQ(rig.All<store::ReceiptRecord>().size(), 1u) << "its client is told when it binds";
}

// The number of an attempt names its row, and is a smallint: one more would be no row, and no batch would ever be settled.
struct AttemptsCase {
  std::int32_t before, tried;
};
class AttemptsMax : public testing::TestWithParam<AttemptsCase> {};

TEST_P(AttemptsMax, EndItAsIfItsTimeWereOver) {
  KeptRig rig;
  rig.alpha();
  rig.archive.refresh = [] {};
  rig.archive.messages = {Stored(rig)};
  rig.archive.messages[0].attempts = GetParam().before;
  rig.relay->OnMessagesQueued(relay::MessageClass::ktransactional, 1);
  rig.network.Advance(1s);
  for (std::int32_t n = 1; n <= GetParam().tried; ++n) {
    ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_RSYSERR));
    EXPECT_EQ(rig.Last<store::AttemptRecord>().attempt_no, GetParam().before + n);
    rig.network.Advance(60s);
  }
  EXPECT_FALSE(rig.alpha().Next());
  const auto outcomes = rig.All<store::OutcomeRecord>();
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].message_state, 3);
  EXPECT_EQ(outcomes[0].cause, store::OutcomeCause::kHubFault);
  EXPECT_TRUE(outcomes[0].moves_money);
  EXPECT_EQ(rig.All<store::ReceiptRecord>().size(), 1u);
  EXPECT_EQ(rig.All<store::QueueEndRecord>().size(), 1u);
  EXPECT_EQ(rig.Count(Metric::kept_messages), 0u);
}

INSTANTIATE_TEST_SUITE_P(Attempts, AttemptsMax,
                         testing::Values(AttemptsCase{relay::kAttemptsMax - 2, 2},
                                         AttemptsCase{relay::kAttemptsMax - 1, 1},
                                         AttemptsCase{relay::kAttemptsMax, 0},
                                         AttemptsCase{32'767, 0}, AttemptsCase{65'536, 0},
                                         AttemptsCase{100'000, 0}),
                         [](const auto& c) { return "From" + std::to_string(c.param.before); });

TEST(KeeperStart, AMessageWithoutItsClientStaysWhereItIs) {
  store::Catalog catalog = AlphaAlone();
  catalog.clients.erase(catalog.clients.begin());
  catalog.mo_routes.clear();
  StartRig rig(catalog);
  EXPECT_LT(rig.archive.message_pages, 10) << "and is not asked for all the time";
  EXPECT_EQ(rig.Count(Metric::kept_messages), 0u);
  store::StoredMessage neighbour = Stored(rig);
  neighbour.client_id = 2;
  rig.archive.messages.push_back(neighbour);
  rig.network.Advance(1s);
  EXPECT_TRUE(rig.alpha().Next()) << "nor does it stand for another one";
}

// Pages go on behind what they showed: of what comes to stand before it the next round finds out.
TEST(KeeperStart, WhatComesToStandBeforeThePlaceReachedIsFoundThoughPagesDoNotEnd) {
  constexpr int kMany = 1'000;
  relay::Limits limits = SpillRig::With(4, 1, 1'000);
  limits.kept_load_pause_max = 1s;
  KeptRig rig(SpillRig::Catalog(), limits);
  rig.alpha();
  MessageIdSource ids(1, 0, 0);
  const auto add = [&](std::uint32_t n, std::int64_t micros) {
    store::StoredMessage stored = Stored(rig);
    stored.message_id = ids.Next(rig.wall_now());
    stored.next_at_us += micros;
    stored.pdu = Submit(2, 1, To(n));
    return stored;
  };
  rig.archive.refresh = [] {};
  for (std::uint32_t n = 1; n <= kMany; ++n)
    rig.archive.messages.push_back(add(n, std::int64_t{n} - kMany));
  rig.relay->OnMessagesQueued(relay::MessageClass::ktransactional, kMany);
  rig.network.Advance(1ms);
  EXPECT_EQ(rig.TakeNext(rig.alpha()), To(1));
  rig.archive.messages.insert(rig.archive.messages.begin(), add(kMany + 1, -1'000'000));
  const auto found = [&] { return rig.TakeNext(rig.alpha()) == To(kMany + 1); };
  for (int tenths = 0; tenths < 8; ++tenths, rig.network.Advance(100ms)) EXPECT_FALSE(found());
  rig.network.Advance(300ms);
  bool was_found = false;
  for (int behind = 0; behind < 6; ++behind) was_found = found() || was_found;
  EXPECT_TRUE(was_found) << "behind those that were in memory by then";
}

TEST(KeeperStart, WhenNothingWasThereAfterAllNobodyAsksAnyMore) {
  KeptRig rig;
  rig.relay->OnMessagesQueued(relay::MessageClass::ktransactional, 1'000);
  rig.network.Advance(1s);
  const int asked = rig.archive.message_pages;
  EXPECT_GT(asked, 0);
  rig.network.Advance(1h);
  EXPECT_EQ(rig.archive.message_pages, asked);
}

// The others are those of other loops, and there is always something under way.
TEST(KeeperStart, NobodyAsksForMoreThanThereIsThoughMessagesComeAndGo) {
  KeptRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 2; n < 4; ++n) rig.Accepted(acme, Submit(n));
  rig.FreezePostgreSql();  // it shows both
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_ROK));
  rig.relay->OnMessagesQueued(relay::MessageClass::ktransactional, 1'000);
  rig.network.Advance(1s);
  const int asked = rig.archive.message_pages;
  EXPECT_GT(asked, 0);
  rig.network.Advance(1min);
  EXPECT_EQ(rig.archive.message_pages, asked);
  EXPECT_EQ(rig.Count(Metric::kept_ends_unsettled), 2u) << "one was taken, one is held";
}

// --- the end of a run ------------------------------------------------------------------------------------------

TEST(KeeperDrain, WhatWaitsStaysInPostgreSqlWithoutAWordAndNothingNewIsSent) {
  SpillRig rig(2);
  rig.Accept(5);
  const Pdu first = *rig.alpha().Next();
  const std::size_t frames = rig.journal.frames();
  rig.relay->DrainCustomers();
  rig.network.Advance(1s);
  EXPECT_EQ(rig.journal.frames(), frames);
  EXPECT_EQ(rig.Count(Metric::kept_messages), 1u);
  EXPECT_FALSE(rig.relay->customers_gone()) << "alpha owes an answer";
  rig.alpha().Answer(first, ESME_ROK, "1");
  rig.network.Advance(10s);
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_TRUE(rig.relay->customers_gone());
  EXPECT_EQ(rig.Queue().size(), 4u);
  EXPECT_TRUE(rig.All<store::OutcomeRecord>().empty());
}

TEST(KeeperDrain, WhatFailsMeanwhileIsWrittenDownForTheNextRun) {
  SpillRig rig(2);
  rig.Accept(2);
  const Pdu first = *rig.alpha().Next();
  rig.relay->DrainCustomers();
  rig.alpha().Answer(first, ESME_RSYSERR, "");
  EXPECT_EQ(rig.Last<store::QueuedRecord>().next_at_us, rig.micros_from_now(5s));
  rig.network.Advance(1min);
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_TRUE(rig.relay->customers_gone());
}

TEST(KeeperDrain, WhatIsAcceptedInTheLastMomentIsAnsweredAndKept) {
  SpillRig rig(2);
  SmppPeer acme = rig.Customer();
  rig.journal.slow = true;
  acme.Send(Submit(2));
  rig.relay->DrainCustomers();
  rig.SyncDisk();
  EXPECT_EQ(acme.Next()->id(), smpp::CommandId::unbind);
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  EXPECT_EQ(rig.Queue().size(), 1u);
  EXPECT_FALSE(rig.alpha().Next());
}

}  // namespace
}  // namespace hub::test
