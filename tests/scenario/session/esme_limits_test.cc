// Limits of a client's session: what is one too many has its answer, or none, and is counted.
#include "tests/scenario/session/esme_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;

TEST(EsmeLimits, ClosesAPeerWhosePduComesInTooManyReads) {  // session.pdu_reads_max
  EsmeRig rig({.pdu_reads_max = 50});
  rig.BindAs(bind_transceiver);
  const Octets submit = Message(submit_sm, 2, "ACME", "4915112345678", "hi");
  ASSERT_GT(submit.size(), 51u);
  const auto dribble = [&](std::size_t octets) {
    for (std::size_t i = 0; i < octets; ++i) rig.peer.Send({submit[i]});
  };
  for (int i = 0; i < 3; ++i) {  // the fiftieth read has all of it
    dribble(49);
    rig.peer.Send(Octets(submit.begin() + 49, submit.end()));
    ASSERT_EQ(rig.peer.Next()->status(), ESME_ROK);
  }
  dribble(49);
  EXPECT_TRUE(rig.peer.connected());
  EXPECT_EQ(rig.metrics.Get(Metric::pdu_reads_closed), 0u);
  rig.peer.Send({submit[49]});
  EXPECT_EQ(rig.ended, CloseReason::pdu_assembly);
  EXPECT_EQ(rig.metrics.Get(Metric::pdu_reads_closed), 1u);
  EXPECT_EQ(rig.messages.size(), 3u);
}

struct BadCase {
  const char* name;
  smpp::CommandId id;
  smpp::Status status;
};
class BadBeforeBind : public testing::TestWithParam<BadCase> {};

TEST_P(BadBeforeBind, IsAnsweredThriceAndThenClosed) {  // session.unbound_bad_pdus_max
  EsmeRig rig;
  for (std::uint32_t n = 1; n <= 3; ++n) {
    EXPECT_TRUE(rig.peer.connected());
    rig.peer.Send(Bare(enquire_link, 100 + n));  // is no bad one, and does not excuse those
    EXPECT_EQ(rig.peer.Next()->id(), enquire_link_resp);
    rig.peer.Send(Bare(GetParam().id, n));
    const std::optional<Pdu> answer = rig.peer.Next();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status(), GetParam().status);
    EXPECT_EQ(answer->sequence_number(), n);
  }
  EXPECT_EQ(rig.ended, CloseReason::too_many_bad_pdus);
  EXPECT_EQ(rig.metrics.Get(Metric::bad_pdus_closed), 1u);
}
INSTANTIATE_TEST_SUITE_P(Of, BadBeforeBind,
                         testing::Values(BadCase{"AMessage", submit_sm, ESME_RINVBNDSTS},
                                         BadCase{"AQuestion", query_sm, ESME_RINVBNDSTS},
                                         BadCase{"ADelivery", deliver_sm, ESME_RINVBNDSTS},
                                         BadCase{"AnUnknownCommand", smpp::CommandId{0xAA},
                                                 ESME_RINVCMDID}),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(EsmeLimits, WhoBindsAfterTwoBadOnesIsAClientLikeAnyOther) {
  EsmeRig rig({.bad_pdus_max = 5});
  for (std::uint32_t n = 1; n <= 2; ++n) {
    rig.peer.Send(Bare(submit_sm, n));
    EXPECT_EQ(rig.peer.Next()->status(), ESME_RINVBNDSTS);
  }
  rig.BindAs(bind_transceiver);
  for (std::uint32_t n = 3; n <= 4; ++n) rig.peer.Send(Bare(smpp::CommandId{0xAA}, n));
  EXPECT_TRUE(rig.peer.connected()) << "the limit of those who are bound";
}

// Its requests are not read any more, but what it asked before is answered: a window of answers may be too much.
TEST(EsmeLimits, ClosesAPeerForWhomTooManyAnswersWait) {
  EsmeRig rig({.stream = {.output_octets_high = 200, .output_octets_max = 500}});
  rig.BindAs(bind_transceiver);
  rig.answer_at_once = false;
  for (std::uint32_t n = 0; n < 50; ++n)
    rig.peer.Send(Message(submit_sm, n, "ACME", "4915112345678", "hi"));
  rig.peer.raw().StopReading();
  const std::size_t fit = 500 / IdAnswer(submit_sm_resp, ESME_ROK, 0, "7").size();
  const auto answer = [&](std::uint32_t from, std::uint32_t to) {
    for (std::uint32_t n = from; n < to; ++n)
      rig.session->Answer(IdAnswer(submit_sm_resp, ESME_ROK, n, "7"));
    rig.network.RunUntilQuiet();
  };
  answer(0, static_cast<std::uint32_t>(fit));
  EXPECT_TRUE(rig.peer.connected());
  EXPECT_EQ(rig.metrics.Get(Metric::output_overflow), 0u);
  answer(static_cast<std::uint32_t>(fit), 50);
  EXPECT_EQ(rig.ended, CloseReason::slow_reader);
  EXPECT_EQ(rig.metrics.Get(Metric::output_overflow), 1u);
}

TEST(EsmeLimits, CountsWhenItStopsReadingForAFullWindow) {
  EsmeRig rig({}, 2);
  rig.BindAs(bind_transceiver);
  rig.answer_at_once = false;
  const auto submit = [&](std::uint32_t n) {
    rig.peer.Send(Message(submit_sm, n, "ACME", "4915112345678", "hi"));
  };
  for (std::uint32_t n = 2; n < 5; ++n) submit(n);
  EXPECT_EQ(rig.metrics.Get(Metric::window_stalls), 0u) << "two under way, one waits";
  for (std::uint32_t n = 5; n < 9; ++n) submit(n);
  EXPECT_EQ(rig.metrics.Get(Metric::window_stalls), 1u) << "once, however long it lasts";
  EXPECT_GT(rig.peer.raw().octets_in_kernel(), 0u);
}

TEST(EsmeLimits, CountsTurnsInWhichAPeerSaidMoreThanItsShare) {
  EsmeRig rig({.frames_per_turn_max = 2});
  rig.BindAs(bind_transceiver);
  Octets two, five;
  for (std::uint32_t n = 2; n < 7; ++n) {
    const Octets one = Message(submit_sm, n, "ACME", "4915112345678", "hi");
    if (n < 4) two.insert(two.end(), one.begin(), one.end());
    five.insert(five.end(), one.begin(), one.end());
  }
  rig.peer.Send(two);
  EXPECT_EQ(rig.metrics.Get(Metric::turns_cut), 0u);
  rig.peer.Send(five);
  EXPECT_EQ(rig.messages.size(), 7u);
  EXPECT_EQ(rig.metrics.Get(Metric::turns_cut), 2u);
}

}  // namespace
}  // namespace hub::test
