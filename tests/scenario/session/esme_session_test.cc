// Conversations with one ESME session: fake clock, scripted peer.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/scenario/session/esme_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

TEST(EsmeSession, BindsInEachMode) {
  const std::pair<smpp::CommandId, BindState> kModes[] = {{bind_transmitter, BindState::BOUND_TX},
                                                          {bind_receiver, BindState::BOUND_RX},
                                                          {bind_transceiver, BindState::BOUND_TRX}};
  for (const auto& [id, state] : kModes) {
    EsmeRig rig;
    rig.peer.Send(Bind(id, 42, "acme", "secret"));
    const Pdu answer = *rig.peer.Next();
    EXPECT_EQ(answer.id(), smpp::ResponseOf(id));
    EXPECT_EQ(answer.status(), ESME_ROK);
    EXPECT_EQ(answer.sequence_number(), 42u);
    // system_id, then sc_interface_version 0x50.
    EXPECT_EQ(Octets(answer.octets.begin() + 16, answer.octets.end()),
              FromHex("736d7070687562000210000150"));
    EXPECT_EQ(rig.session->state(), state);
  }
}

TEST(EsmeSession, TellsNoTlvToAPeerBelow34) {
  EsmeRig rig;
  rig.peer.Send(Bind(bind_transmitter, 1, "acme", "secret", 0x33));
  EXPECT_EQ(rig.peer.Next()->octets.size(), 16u + 8);
}

TEST(EsmeSession, RefusesAWrongPasswordAndCloses) {
  EsmeRig rig;
  rig.peer.Send(Bind(bind_transceiver, 1, "acme", "wrong"));
  EXPECT_EQ(rig.peer.Next()->status(), ESME_RBINDFAIL);
  EXPECT_FALSE(rig.peer.connected());
  EXPECT_EQ(rig.ended, CloseReason::bind_refused);
}

TEST(EsmeSession, ProcessesWhatStandsBehindTheBindAfterIt) {
  EsmeRig rig;
  rig.judge_later = true;
  Octets both = Bind(bind_transceiver, 1, "acme", "secret");
  const Octets submit = Message(submit_sm, 2, "ACME", "4915112345678", "hi");
  both.insert(both.end(), submit.begin(), submit.end());
  rig.peer.Send(both);
  EXPECT_TRUE(rig.messages.empty());
  rig.session->AcceptBind("smpphub", 10);
  rig.network.RunUntilQuiet();
  EXPECT_EQ(rig.peer.Next()->id(), bind_transceiver_resp);
  EXPECT_EQ(rig.peer.Next()->id(), submit_sm_resp);
  EXPECT_EQ(rig.messages.size(), 1u);
}

// Nobody should hash a password for a peer that is gone, nor should it keep its place until then.
TEST(EsmeSession, APeerThatHangsUpWhileItsBindIsJudgedIsGoneAtOnce) {
  for (const bool sends_more : {false, true}) {
    EsmeRig rig;
    rig.judge_later = true;
    rig.peer.Send(Bind(bind_transceiver, 1, "acme", "secret"));
    if (sends_more) rig.peer.Send(Message(submit_sm, 2, "ACME", "4915112345678", "hi"));
    EXPECT_FALSE(rig.ended);
    rig.peer.raw().Hangup();
    EXPECT_EQ(rig.ended, CloseReason::peer_closed);
    rig.session->AcceptBind("smpphub", 1);  // the verdict comes too late
    EXPECT_TRUE(rig.messages.empty());
  }
}

TEST(EsmeSession, NoMoreThanALittleIsReadOfAPeerWhoseBindIsJudged) {
  EsmeRig rig;
  rig.judge_later = true;
  rig.peer.Send(Bind(bind_transceiver, 1, "acme", "secret"));
  const Octets submit = Message(submit_sm, 2, "ACME", "4915112345678", "hi");
  std::uint32_t sent = 0;
  while (rig.peer.raw().octets_in_kernel() == 0 && sent < 1'000) {
    rig.peer.Send(submit);
    ++sent;
  }
  EXPECT_LE(sent * submit.size(), 4'096u + 2 * submit.size());
  rig.session->AcceptBind("smpphub", 100);
  rig.network.RunUntilQuiet();
  EXPECT_EQ(rig.messages.size(), sent);
}

TEST(EsmeSession, ClosesAPeerThatNeverBinds) {  // session_init_timer, §7.2
  EsmeRig rig({.session_init_timeout = 5s});
  rig.network.Advance(4999ms);
  EXPECT_TRUE(rig.peer.connected());
  rig.network.Advance(1ms);
  EXPECT_FALSE(rig.peer.connected());
  EXPECT_EQ(rig.ended, CloseReason::not_bound_in_time);
  EXPECT_EQ(rig.metrics.Get(Metric::init_timeouts), 1u);
}

TEST(EsmeSession, EnquireLinkBeforeBindIsAnsweredAndBuysNoTime) {
  EsmeRig rig({.session_init_timeout = 5s});
  rig.network.Advance(4s);
  rig.peer.Send(Bare(enquire_link, 9));
  EXPECT_EQ(rig.peer.Next()->id(), enquire_link_resp);
  rig.network.Advance(1s);
  EXPECT_FALSE(rig.peer.connected());
}

TEST(EsmeSession, AsksASilentPeerAndClosesADeadOne) {
  EsmeRig rig({.enquire_link_interval = 30s, .response_timeout = 10s});
  rig.BindAs(bind_transceiver);
  rig.network.Advance(30s);
  const Pdu first = *rig.peer.Next();
  EXPECT_EQ(first.id(), enquire_link);
  rig.peer.Send(Bare(enquire_link_resp, first.sequence_number()));
  rig.network.Advance(30s);
  EXPECT_EQ(rig.peer.Next()->id(), enquire_link);
  rig.network.Advance(9999ms);
  EXPECT_TRUE(rig.peer.connected());
  rig.network.Advance(1ms);
  EXPECT_FALSE(rig.peer.connected());
  EXPECT_EQ(rig.ended, CloseReason::link_dead);
  EXPECT_EQ(rig.metrics.Get(Metric::enquire_link_timeouts), 1u);
}

// Of 10,000 idle binds each would wake its loop for nothing, ten seconds behind its answer.
TEST(EsmeSession, AnAnsweredEnquireLinkLeavesNoTimerButTheNextOne) {
  EsmeRig rig({.enquire_link_interval = 30s, .response_timeout = 10s});
  rig.BindAs(bind_transceiver);
  rig.network.Advance(30s);
  rig.peer.Send(Bare(enquire_link_resp, rig.peer.Next()->sequence_number()));
  EXPECT_EQ(rig.network.timers().next(), rig.network.timers().now() + 30s + kPatience);
}

TEST(EsmeSession, AnyOctetCountsAsLife) {
  EsmeRig rig({.enquire_link_interval = 30s, .response_timeout = 10s});
  rig.BindAs(bind_transceiver);
  rig.network.Advance(30s);
  rig.network.Advance(5s);
  rig.peer.Send(
      Message(submit_sm, 2, "ACME", "4915112345678", "hi"));  // no enquire_link_resp, but alive
  rig.network.Advance(10s);
  EXPECT_TRUE(rig.peer.connected());
}

TEST(EsmeSession, UnbindsAClientThatOnlyKeepsItsLinkAlive) {
  EsmeRig rig({.enquire_link_interval = 0s, .inactivity_timeout = 60s, .unbind_grace = 5s});
  rig.BindAs(bind_transceiver);
  for (std::uint32_t n = 2; n < 5; ++n) {
    rig.network.Advance(19s);
    rig.peer.Send(Bare(enquire_link, n));
    EXPECT_EQ(rig.peer.Next()->id(), enquire_link_resp);
  }
  rig.network.Advance(3s);
  EXPECT_EQ(rig.peer.Next()->id(), unbind);
  EXPECT_TRUE(rig.peer.connected());
  rig.network.Advance(5s);  // and is not waited for
  EXPECT_EQ(rig.ended, CloseReason::unbound);
}

TEST(EsmeSession, AnswersWhatIsOutstandingBeforeUnbind) {
  EsmeRig rig;
  rig.answer_at_once = false;
  rig.BindAs(bind_transceiver);
  rig.peer.Send(Message(submit_sm, 2, "ACME", "4915112345678", "hi"));
  rig.peer.Send(Bare(unbind, 3));
  EXPECT_FALSE(rig.peer.Next());
  rig.session->Answer(IdAnswer(submit_sm_resp, ESME_ROK, 2, "7"));
  rig.network.RunUntilQuiet();
  EXPECT_EQ(rig.peer.Next()->id(), submit_sm_resp);
  EXPECT_EQ(rig.peer.Next()->id(), unbind_resp);
  EXPECT_FALSE(rig.peer.connected());
  EXPECT_EQ(rig.ended, CloseReason::unbound);
}

TEST(EsmeSession, UnbindWaitsNoLongerThanItsGrace) {
  EsmeRig rig({.unbind_grace = 5s});
  rig.answer_at_once = false;
  rig.BindAs(bind_transceiver);
  rig.peer.Send(Message(submit_sm, 2, "ACME", "4915112345678", "hi"));
  rig.peer.Send(Bare(unbind, 3));
  rig.network.Advance(5s);
  EXPECT_EQ(rig.peer.Next()->id(), unbind_resp);
  EXPECT_FALSE(rig.peer.connected());
}

TEST(EsmeSession, MessagesBeyondTheWindowWaitTheirTurn) {
  EsmeRig rig({}, 2);
  rig.answer_at_once = false;
  rig.BindAs(bind_transceiver);
  for (std::uint32_t n = 2; n < 9; ++n) {
    rig.peer.Send(Message(submit_sm, n, "ACME", "4915112345678", "hi"));
  }
  EXPECT_EQ(rig.messages.size(), 2u);
  EXPECT_GT(rig.peer.raw().octets_in_kernel(), 0u)
      << "two wait here, the rest must wait with the peer";
  for (std::uint32_t n = 2; n < 9; ++n) {
    EXPECT_EQ(rig.messages.size(), std::min<std::size_t>(n, 7));
    rig.session->Answer(IdAnswer(submit_sm_resp, ESME_ROK, n, "7"));
    rig.network.RunUntilQuiet();
  }
  EXPECT_EQ(rig.messages.size(), 7u);
}

TEST(EsmeSession, AFullWindowStopsNeitherEnquireLinkNorResponses) {
  EsmeRig rig({}, 2);
  rig.answer_at_once = false;
  rig.BindAs(bind_transceiver);
  rig.session->Deliver(Slice::CopyOf(Message(deliver_sm, 1, "49151", "1000", "mo")), deliver_sm,
                       11);
  rig.network.RunUntilQuiet();
  const Pdu delivery = *rig.peer.Next();
  for (std::uint32_t n = 2; n < 5; ++n) {
    rig.peer.Send(Message(submit_sm, n, "ACME", "4915112345678", "hi"));
  }
  rig.peer.Send(Bare(enquire_link, 70));
  EXPECT_EQ(rig.peer.Next()->sequence_number(), 70u);
  rig.peer.Send(Bare(deliver_sm_resp, delivery.sequence_number()));
  EXPECT_EQ(rig.deliveries.size(), 1u);
}

TEST(EsmeSession, OwedAnswersAreSentEvenAfterThePeerAnsweredOurUnbind) {
  EsmeRig rig;
  rig.answer_at_once = false;
  rig.BindAs(bind_transceiver);
  rig.peer.Send(Message(submit_sm, 2, "ACME", "4915112345678", "hi"));
  rig.session->Dismiss();
  rig.network.RunUntilQuiet();
  const Pdu goodbye = *rig.peer.Next();
  rig.peer.Send(Bare(unbind_resp, goodbye.sequence_number()));
  EXPECT_TRUE(rig.peer.connected());
  rig.session->Answer(IdAnswer(submit_sm_resp, ESME_ROK, 2, "7"));
  rig.network.RunUntilQuiet();
  EXPECT_EQ(rig.peer.Next()->id(), submit_sm_resp);
  EXPECT_FALSE(rig.peer.connected());
}

TEST(EsmeSession, APeerThatDoesNotReadItsAnswersIsNotReadEither) {
  EsmeRig rig({.stream = {.output_octets_high = 200, .output_octets_max = 100'000}});
  rig.BindAs(bind_transceiver);
  rig.peer.Next();
  rig.peer.raw().StopReading();
  for (std::uint32_t n = 2; n < 102; ++n) {
    rig.peer.Send(Message(submit_sm, n, "ACME", "4915112345678", "hi"));
  }
  EXPECT_LT(rig.messages.size(), 20u);
  rig.peer.raw().ReadAgain();
  rig.network.RunUntilQuiet();
  EXPECT_EQ(rig.messages.size(), 100u);
  EXPECT_GT(rig.drained, 0);
}

TEST(EsmeSession, EchoesAnySequenceNumber) {
  EsmeRig rig;
  rig.BindAs(bind_transceiver);
  for (std::uint32_t n : {0u, 1u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu, 5u, 5u}) {
    rig.peer.Send(Message(submit_sm, n, "ACME", "4915112345678", "hi"));
    EXPECT_EQ(rig.peer.Next()->sequence_number(), n);
  }
}

TEST(EsmeSession, IgnoresResponsesToNothing) {
  EsmeRig rig;
  rig.BindAs(bind_transceiver);
  rig.peer.Send(Bare(deliver_sm_resp, 99));
  rig.peer.Send(Bare(generic_nack, 99));
  EXPECT_FALSE(rig.peer.Next());
  EXPECT_TRUE(rig.peer.connected());
  EXPECT_EQ(rig.metrics.Get(Metric::answers_too_late), 2u);
}

// Responses cost their sender nothing and us a look each: after so many in a row it is no client.
TEST(EsmeSession, ClosesAPeerThatSendsNothingButResponsesToNothing) {
  EsmeRig rig({.unsolicited_responses_max = 100});
  rig.BindAs(bind_transceiver);
  for (std::uint32_t n = 1; n < 100; ++n) rig.peer.Send(Bare(deliver_sm_resp, 900 + n));
  EXPECT_TRUE(rig.peer.connected());
  EXPECT_FALSE(rig.peer.Next()) << "a response is never answered";
  rig.peer.Send(Bare(generic_nack, 5));
  EXPECT_FALSE(rig.peer.connected());
  EXPECT_EQ(rig.ended, CloseReason::too_many_unsolicited);
  EXPECT_EQ(rig.metrics.Get(Metric::unsolicited_closed), 1u);
  EXPECT_EQ(rig.metrics.Get(Metric::answers_too_late), 100u);
}

TEST(EsmeSession, AnAnswerToSomethingBeginsTheCountAnew) {
  EsmeRig rig({.enquire_link_interval = 10s, .unsolicited_responses_max = 3});
  rig.BindAs(bind_transceiver);
  for (int i = 0; i < 3; ++i) {
    rig.peer.Send(Bare(deliver_sm_resp, 900));
    rig.peer.Send(Bare(deliver_sm_resp, 901));
    rig.network.Advance(10s);
    rig.peer.Send(Bare(enquire_link_resp, rig.peer.Next()->sequence_number()));
    ASSERT_TRUE(rig.peer.connected()) << i;
  }
}

TEST(EsmeSession, ResponsesToNothingCountBeforeTheBindToo) {
  EsmeRig rig({.unsolicited_responses_max = 3});
  for (std::uint32_t n = 1; n <= 3; ++n) rig.peer.Send(Bare(bind_transceiver_resp, n));
  EXPECT_EQ(rig.ended, CloseReason::too_many_unsolicited);
}

TEST(EsmeSession, DeliversInItsWindowAndTellsEachEnd) {
  EsmeRig rig({.window_requests_max = 2, .response_timeout = 10s});
  rig.BindAs(bind_receiver);
  const Slice pdu = Slice::CopyOf(Message(deliver_sm, 77, "49151", "1000", "mo"));
  for (std::uint64_t token : {11u, 12u}) {
    ASSERT_TRUE(rig.session->CanDeliver());
    rig.session->Deliver(Slice::CopyOf(pdu.bytes()), deliver_sm, token);
  }
  EXPECT_FALSE(rig.session->CanDeliver());
  rig.network.RunUntilQuiet();
  const Pdu first = *rig.peer.Next();
  EXPECT_EQ(first.sequence_number(), 1u);                   // our own numbering, not the sender's
  rig.peer.Send(Bare(deliver_sm_resp, 2, ESME_RX_T_APPN));  // out of order
  rig.network.Advance(10s);
  ASSERT_EQ(rig.deliveries.size(), 2u);
  EXPECT_EQ(rig.deliveries[0].token, 12u);
  EXPECT_EQ(rig.deliveries[0].status, ESME_RX_T_APPN);
  EXPECT_EQ(rig.deliveries[1].token, 11u);
  EXPECT_EQ(rig.deliveries[1].end, DeliverEnd::kTimeout);
}

TEST(EsmeSession, TellsTheTlvsOfAResponseThatFits) {
  EsmeRig rig;
  rig.BindAs(bind_receiver);
  const Octets tlvs = FromHex("04230003030008");
  const auto answer = [&](smpp::CommandId id, smpp::Status status) {
    rig.session->Deliver(Slice::CopyOf(Message(deliver_sm, 1, "49151", "1000", "mo")), deliver_sm,
                         11);
    rig.network.RunUntilQuiet();
    Octets response = IdAnswer(id, status, rig.peer.Next()->sequence_number(), "");
    response.insert(response.end(), tlvs.begin(), tlvs.end());
    smpp::WriteU32(response.data(), static_cast<std::uint32_t>(response.size()));
    rig.peer.Send(response);
    return rig.deliveries.back().tlvs;
  };
  EXPECT_EQ(answer(deliver_sm_resp, ESME_ROK), tlvs);
  EXPECT_EQ(answer(deliver_sm_resp, ESME_RX_R_APPN), tlvs);
  EXPECT_EQ(answer(data_sm_resp, ESME_ROK), Octets());
  EXPECT_EQ(answer(generic_nack, ESME_RINVCMDID), Octets());
}

TEST(EsmeSession, TellsThatDeliveriesWereLostWithTheSession) {
  EsmeRig rig;
  rig.BindAs(bind_receiver);
  rig.session->Deliver(Slice::CopyOf(Message(deliver_sm, 1, "49151", "1000", "mo")), deliver_sm,
                       11);
  rig.network.RunUntilQuiet();
  rig.peer.raw().Hangup();
  ASSERT_EQ(rig.deliveries.size(), 1u);
  EXPECT_EQ(rig.deliveries[0].end, DeliverEnd::kLinkLost);
}

TEST(EsmeSession, ClosesAPeerWhosePduNeverEnds) {
  EsmeRig rig({.enquire_link_interval = 0s, .pdu_assembly_timeout = 30s});
  rig.BindAs(bind_transceiver);
  const Octets submit = Message(submit_sm, 2, "ACME", "4915112345678", "hi");
  rig.peer.Send(Octets(submit.begin(), submit.begin() + 20));
  rig.network.Advance(30s);
  EXPECT_EQ(rig.ended, CloseReason::pdu_assembly);
  EXPECT_EQ(rig.metrics.Get(Metric::pdu_assembly_timeouts), 1u);
}

TEST(EsmeSession, ReadsOneOctetAtATimeAsGladlyAsTenPdusAtOnce) {
  EsmeRig rig;
  rig.BindAs(bind_transceiver);
  Octets many;
  for (std::uint32_t n = 2; n < 12; ++n) {
    const Octets one = Message(submit_sm, n, "ACME", "4915112345678", "hi");
    many.insert(many.end(), one.begin(), one.end());
  }
  rig.peer.Send(many);
  EXPECT_EQ(rig.messages.size(), 10u);
  rig.peer.raw().DeliverOneByOne(smpp::Bytes(many));
  ASSERT_EQ(rig.messages.size(), 20u);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(rig.messages[i].pdu, rig.messages[i + 10].pdu);
}

TEST(EsmeSession, ClosesAPeerThatSendsNothingButGarbage) {
  EsmeRig rig({.bad_pdus_max = 3});
  rig.BindAs(bind_transceiver);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(rig.peer.connected());
    rig.peer.Send(Bare(submit_sm, 5));  // no body
    EXPECT_EQ(rig.peer.Next()->status(), ESME_RINVCMDLEN) << "the last one has its answer, too";
  }
  EXPECT_EQ(rig.ended, CloseReason::too_many_bad_pdus);
  EXPECT_EQ(rig.metrics.Get(Metric::bad_pdus_closed), 1u);
}

// One odd request an hour among good traffic is a habit, no attack.
TEST(EsmeSession, AnAnswerToADeliveryBeginsTheCountOfBadOnesAnew) {
  EsmeRig rig({.bad_pdus_max = 3});
  rig.BindAs(bind_receiver);
  for (std::uint32_t n = 10; n < 20; ++n) {
    rig.peer.Send(Bare(smpp::CommandId{0xAA}, n));
    EXPECT_EQ(rig.peer.Next()->id(), generic_nack);
    rig.session->Deliver(Slice::CopyOf(Message(deliver_sm, 1, "49151", "1000", "mo")), deliver_sm,
                         n);
    rig.network.RunUntilQuiet();
    rig.peer.Send(Bare(deliver_sm_resp, rig.peer.Next()->sequence_number()));
    ASSERT_TRUE(rig.peer.connected());
  }
}

// --- the vectors: each malformed PDU gets the answer that is listed ---------------------------------------------

struct Malformed {
  std::string id, state, response, session;
  Octets octets;
  std::vector<std::uint32_t> statuses;
  std::vector<std::string> also;
  std::uint32_t sequence_number;
};

std::vector<Malformed> LoadMalformed() {
  std::ifstream file(std::string(HUB_SOURCE_DIR) + "/tests/unit/protocol/vectors/malformed.json");
  std::vector<Malformed> all;
  const nlohmann::json document = nlohmann::json::parse(file);
  for (const auto& v : document["vectors"]) {
    const auto& expected = v["expected"];
    Malformed m;
    m.id = v["id"];
    m.state = v["state"];
    m.octets = FromHex(v["hex"].get<std::string>());
    m.response = expected["response"];
    m.session = expected["session"];
    m.sequence_number = expected["sequence_number"];
    m.also = expected["also"].get<std::vector<std::string>>();
    for (const std::string status : expected["status"]) {
      m.statuses.push_back(static_cast<std::uint32_t>(std::stoul(status, nullptr, 16)));
    }
    all.push_back(std::move(m));
  }
  return all;
}

bool Tolerated(const Malformed& m, std::string_view what) {
  return std::any_of(m.also.begin(), m.also.end(),
                     [&](const std::string& a) { return a.starts_with(what); });
}

class MalformedPdu : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedPdu, GetsTheAnswerListedAndNothingElseChanges) {
  const Malformed& m = GetParam();
  EsmeRig rig;
  rig.Reach(m.state);
  rig.peer.Send(m.octets);
  const std::optional<Pdu> answer = rig.peer.Next();
  const bool relayed = !rig.messages.empty();
  EXPECT_TRUE(!relayed || Tolerated(m, "relay unchanged"));
  EXPECT_EQ(rig.peer.connected(), m.session == "keep");
  if (m.response == "none") {
    EXPECT_FALSE(answer);
  } else if (!relayed) {
    ASSERT_TRUE(answer);
    EXPECT_EQ(smpp::CommandName(answer->id()), m.response);
    EXPECT_EQ(answer->sequence_number(), m.sequence_number);
    const auto status = static_cast<std::uint32_t>(answer->status());
    const bool listed = std::find(m.statuses.begin(), m.statuses.end(), status) != m.statuses.end();
    EXPECT_TRUE(listed) << "answered 0x" << std::hex << status;
    EXPECT_FALSE(rig.peer.Next()) << "a second answer";
  }
  if (m.session == "keep") {
    rig.peer.Send(Bare(enquire_link, 4711));
    EXPECT_EQ(rig.peer.Next()->sequence_number(), 4711u);
  }
}

INSTANTIATE_TEST_SUITE_P(Vectors, MalformedPdu, testing::ValuesIn(LoadMalformed()),
                         [](const auto& c) { return c.param.id; });

}  // namespace
}  // namespace hub::test
