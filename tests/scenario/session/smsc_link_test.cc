// Conversations with a supplier's SMSC: connect, bind, window, keepalive, reconnect. Fake clock, scripted peer.
#include <gtest/gtest.h>

#include "tests/scenario/session/smsc_rig.h"

namespace hub::test {
namespace {

using Rig = SmscRig;

TEST(SmscLink, BindsAndSubmitsWithItsOwnSequenceNumbers) {
  Rig rig;
  SmppPeer smsc = rig.Bound();
  EXPECT_EQ(rig.bounds, 1);
  rig.Submit(500);
  rig.Submit(501);
  EXPECT_EQ(smsc.Next()->sequence_number(), 2u);  // 1 was the bind
  const Pdu second = *smsc.Next();
  smsc.Answer(second, ESME_ROK, "abc");
  ASSERT_EQ(rig.ends.size(), 1u);
  EXPECT_EQ(rig.ends[0].token, 501u);
}

TEST(SmscLink, NeverSendsBeyondItsWindow) {
  Rig rig({.window_requests_max = 3});
  SmppPeer smsc = rig.Bound();
  for (std::uint64_t n = 0; n < 3; ++n) rig.Submit(n);
  EXPECT_FALSE(rig.link.session()->CanSubmit());
  smsc.Answer(*smsc.Next(), ESME_ROK, "1");
  EXPECT_TRUE(rig.link.session()->CanSubmit());
}

TEST(SmscLink, FailsTheWholeWindowWhenTheLinkIsLost) {
  Rig rig;
  SmppPeer smsc = rig.Bound();
  for (std::uint64_t n = 0; n < 5; ++n) rig.Submit(n);
  smsc.raw().Break();
  ASSERT_EQ(rig.ends.size(), 5u);
  for (const Rig::End& end : rig.ends) EXPECT_EQ(end.end, SubmitEnd::kLinkLost);
  EXPECT_EQ(rig.ended, std::vector{CloseReason::socket_error});
}

TEST(SmscLink, AGenericNackFailsTheMessageItNames) {
  Rig rig;
  SmppPeer smsc = rig.Bound();
  rig.Submit(500);
  smsc.Send(Bare(generic_nack, smsc.Next()->sequence_number(), ESME_RINVCMDID));
  ASSERT_EQ(rig.ends.size(), 1u);
  EXPECT_EQ(rig.ends[0].status, ESME_RINVCMDID);
}

TEST(SmscLink, ComesBackWithGrowingPausesAndOneTimer) {
  Rig rig({}, {.min = 1s, .max = 8s});
  Duration waited{0};
  for (int failure = 1; failure <= 6; ++failure) {
    ASSERT_EQ(rig.network.peers().size(), static_cast<std::size_t>(failure));
    rig.last().Refuse();
    const Duration base = std::min<Duration>(1s * (1 << (failure - 1)), 8s);
    waited = Duration{0};
    while (rig.network.peers().size() == static_cast<std::size_t>(failure) && waited < 60s) {
      rig.network.Advance(50ms);
      waited += 50ms;
    }
    EXPECT_GE(waited, base * 3 / 4) << failure;
    EXPECT_LE(waited, base * 5 / 4 + 50ms) << failure;
  }
}

struct RefusalCase {
  smpp::Status status;
  bool of_credentials;
};
class RefusedBind : public testing::TestWithParam<RefusalCase> {};

TEST_P(RefusedBind, IsTriedAgainAfterItsPauseForEver) {
  const RefusalCase& c = GetParam();
  Rig rig({}, {.min = 1s, .max = 8s, .refused = 300s});
  for (std::size_t round = 1; round <= 5; ++round) {
    ASSERT_EQ(rig.network.peers().size(), round);
    rig.last().Accept();
    SmppPeer smsc(rig.last());
    smsc.Send(Bare(bind_transceiver_resp, smsc.Next()->sequence_number(), c.status));
    EXPECT_FALSE(smsc.connected());
    EXPECT_EQ(rig.link.last_bind_status(), c.status);
    EXPECT_EQ(rig.ended.back(), CloseReason::bind_refused);
    EXPECT_EQ(rig.link.refused(), c.of_credentials);
    EXPECT_EQ(rig.metrics.Get(Metric::binds_smsc_refused), c.of_credentials ? 1u : 0u);
    rig.network.Advance(c.of_credentials ? 224s : 700ms);
    EXPECT_EQ(rig.network.peers().size(), round);
    const Duration latest = c.of_credentials ? 152s : 10s;
    for (Duration waited{0}; waited < latest && rig.network.peers().size() == round;
         waited += 100ms)
      rig.network.Advance(100ms);
  }
  rig.Bound();
  EXPECT_FALSE(rig.link.refused());
  EXPECT_EQ(rig.metrics.Get(Metric::binds_smsc_refused), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    SmscLink, RefusedBind,
    testing::Values(RefusalCase{ESME_RINVPASWD, true}, RefusalCase{ESME_RINVSYSID, true},
                    RefusalCase{ESME_RBINDFAIL, true}, RefusalCase{ESME_RINVSYSTYP, true},
                    RefusalCase{ESME_RALYBND, false}, RefusalCase{ESME_RSYSERR, false}),
    [](const auto& each) { return std::string(smpp::StatusName(each.param.status)); });

// Only a bind response of ours may say that our credentials are wrong: what does not even know what it answers is asked again soon.
TEST(SmscLink, AnAnswerOfAnotherTypeToOurBindRefusesNoCredentials) {
  for (const auto& [id, status] :
       {std::pair(bind_receiver_resp, ESME_ROK), std::pair(submit_sm_resp, ESME_ROK),
        std::pair(bind_receiver_resp, ESME_RINVPASWD), std::pair(generic_nack, ESME_RBINDFAIL)}) {
    Rig rig({}, {.min = 1s, .max = 8s, .refused = 300s});
    rig.last().Accept();
    SmppPeer smsc(rig.last());
    smsc.Send(Bare(id, smsc.Next()->sequence_number(), status));
    EXPECT_FALSE(smsc.connected());
    EXPECT_EQ(rig.bounds, 0);
    EXPECT_FALSE(rig.link.refused());
    rig.network.Advance(2s);
    EXPECT_EQ(rig.network.peers().size(), 2u);
  }
}

// Whoever takes more than the specification's eight octets gets them; the rest of the PDU is what it was.    SMPP v3.4 §5.2.2
TEST(SmscLink, SaysAPasswordAsLongAsItsSupplierGaveIt) {
  for (const std::size_t octets : {0u, 8u, 9u, 64u}) {
    SmscBind bind = Plain();
    bind.system_id = std::string(15, 'i');
    bind.password = std::string(octets, 'p');
    bind.system_type = std::string(12, 't');
    Rig rig({}, {}, {}, 0, bind);
    rig.last().Accept();
    SmppPeer smsc(rig.last());
    const Pdu request = *smsc.Next();
    const std::string body(reinterpret_cast<const char*>(request.octets.data()) + 16,
                           request.octets.size() - 16);
    EXPECT_EQ(body, bind.system_id + '\0' + bind.password + '\0' + bind.system_type + '\0' +
                        std::string("\x34\0\0\0", 4));
    EXPECT_EQ(request.id(), bind_transceiver);
  }
}

// A row that nobody judged, as SQL may write it: no connection, no abort, and it is told until it is mended.
TEST(SmscLink, ABindThatNoRequestCanCarryStaysDownAndIsToldAtThePaceOfRefusedCredentials) {
  SmscBind tall[] = {Plain(), Plain(), Plain(), Plain()};
  tall[0].password = std::string(65, 'p');
  tall[1].system_id = std::string(16, 'i');
  tall[2].system_type = std::string(13, 't');
  tall[3].password = std::string("p\0w", 3);
  for (const SmscBind& bind : tall) {
    Rig rig({}, {.min = 1s, .max = 8s, .refused = 300s}, {}, 0, bind);
    for (std::uint32_t tried = 1; tried <= 3; ++tried) {
      EXPECT_EQ(rig.link.failures(), tried);
      EXPECT_EQ(rig.not_tried, std::vector(tried, CloseReason::bind_unwritable));
      EXPECT_TRUE(rig.link.refused());
      EXPECT_EQ(rig.metrics.Get(Metric::smsc_connect_failures), tried);
      EXPECT_EQ(rig.metrics.Get(Metric::binds_smsc_refused), 1u);
      rig.network.Advance(224s);
      EXPECT_EQ(rig.link.failures(), tried);
      for (int s = 0; s < 152 && rig.link.failures() == tried; ++s) rig.network.Advance(1s);
    }
    EXPECT_TRUE(rig.network.peers().empty());
    EXPECT_TRUE(rig.link.idle());
  }
}

TEST(SmscLink, AHostThatIsAwayIsFollowedByTheNextWithoutAPause) {
  Rig rig({}, {.min = 1s, .max = 8s}, {{"192.0.2.10", 2776}, {"192.0.2.11", 2777}});
  EXPECT_EQ(rig.last().address().port, 2775);
  rig.last().Refuse();
  rig.network.RunUntilQuiet();
  rig.network.Advance(1ms);
  EXPECT_EQ(rig.last().address().port, 2776);
  rig.last().Refuse();
  rig.network.Advance(1ms);
  EXPECT_EQ(rig.last().address().port, 2777);
  rig.last().Refuse();
  rig.network.Advance(700ms);
  ASSERT_EQ(rig.network.peers().size(), 3u) << "all were tried: now it waits";
  rig.network.Advance(600ms);
  EXPECT_EQ(rig.last().address().port, 2775);
  rig.Bound();
  EXPECT_EQ(rig.bounds, 1);
}

TEST(SmscLink, LinksOfOneBindSpreadOverItsHosts) {
  for (unsigned n = 0; n < 4; ++n) {
    Rig rig({}, {}, {{"192.0.2.10", 2776}}, n);
    EXPECT_EQ(rig.last().address().port, n % 2 == 0 ? 2775 : 2776);
  }
}

TEST(SmscLink, AHostThatBindsAndDropsUsIsNoReasonToGoRoundInCircles) {
  Rig rig({}, {.min = 1s, .max = 8s}, {{"192.0.2.10", 2776}});
  for (int second = 0; second < 60; ++second) {
    if (!rig.last().connected() && !rig.last().close_cause()) {
      rig.Bound();
      rig.last().Break();
    }
    rig.network.Advance(1s);
  }
  EXPECT_LE(rig.network.peers().size(), 14u);
}

TEST(SmscLink, AHalfOpenLinkIsGivenUpAfterTheMissesThatAreAllowed) {
  for (const std::uint32_t misses : {1u, 2u, 3u}) {
    Rig rig(
        {.enquire_link_interval = 30s, .enquire_link_misses_max = misses, .response_timeout = 10s});
    SmppPeer smsc = rig.Bound();
    rig.network.Advance(
        30s);  // a turn then: without one the first enquire_link may be kPatience late
    rig.network.Advance(10s * misses - 1ms);
    EXPECT_TRUE(smsc.connected()) << misses;
    EXPECT_EQ(rig.metrics.Get(Metric::enquire_links_sent), misses);
    rig.network.Advance(1ms);
    EXPECT_EQ(rig.ended, std::vector{CloseReason::link_dead}) << misses;
    EXPECT_EQ(rig.metrics.Get(Metric::enquire_link_misses), misses);
    EXPECT_EQ(rig.metrics.Get(Metric::enquire_link_timeouts), 1u);
  }
}

TEST(SmscLink, AMissThatIsFollowedByAnAnswerIsForgiven) {
  Rig rig({.enquire_link_interval = 30s, .enquire_link_misses_max = 2, .response_timeout = 10s});
  SmppPeer smsc = rig.Bound();
  for (int round = 0; round < 5; ++round) {
    std::optional<Pdu> asked;
    while (!(asked = smsc.Next())) rig.network.Advance(1s);
    ASSERT_EQ(asked->id(), enquire_link);
    while (!(asked = smsc.Next())) rig.network.Advance(1s);
    smsc.Send(Bare(enquire_link_resp, asked->sequence_number()));
  }
  EXPECT_TRUE(smsc.connected());
}

TEST(SmscLink, ABindThatIsNotAnsweredIsGivenUp) {
  Rig rig({.response_timeout = 60s, .stream = {.connect_timeout = 5s}},
          {.min = 1s, .max = 8s, .bind_timeout = 5s});
  rig.last().Accept();
  rig.network.Advance(10s);
  EXPECT_EQ(rig.ended, std::vector{CloseReason::not_bound_in_time});
}

// What messages may take says nothing of binds, in either direction.
TEST(SmscLink, ABindsAnswerHasItsOwnTime) {
  for (const Duration response_timeout : {Duration(1s), Duration(60s)}) {
    Rig rig({.response_timeout = response_timeout, .stream = {.connect_timeout = 20s}},
            {.min = 100s, .max = 100s, .bind_timeout = 5s});
    rig.network.Advance(2s);
    rig.last().Accept();
    rig.network.Advance(4'999ms);
    EXPECT_TRUE(rig.ended.empty());
    rig.network.Advance(1ms);
    EXPECT_EQ(rig.ended, std::vector{CloseReason::not_bound_in_time});
  }
}

TEST(SmscLink, AndComesBehindTheResponseTimeOfMessages) {
  Rig rig({.enquire_link_interval = 0s, .response_timeout = 1s}, {.bind_timeout = 5s});
  rig.last().Accept();
  SmppPeer smsc(rig.last());
  const Pdu bind = *smsc.Next();
  rig.network.Advance(4s);
  smsc.Send(IdAnswer(bind_transceiver_resp, ESME_ROK, bind.sequence_number(), "smsc"));
  ASSERT_EQ(rig.bounds, 1);
  rig.network.Advance(60s);
  EXPECT_TRUE(smsc.connected());
  rig.Submit(500);
  rig.network.Advance(1s);
  ASSERT_EQ(rig.ends.size(), 1u);
  EXPECT_EQ(rig.ends[0].end, SubmitEnd::kTimeout);
}

TEST(SmscLink, AnswersDeliveriesAndEnquireLink) {
  Rig rig;
  SmppPeer smsc = rig.Bound();
  smsc.Send(Message(deliver_sm, 31, "49151", "1000", "mo"));
  const Pdu answer = *smsc.Next();
  EXPECT_EQ(answer.octets, FromHex("00000011800000050000000000"
                                   "00001f00"));
  smsc.Send(Bare(enquire_link, 32));
  EXPECT_EQ(smsc.Next()->id(), enquire_link_resp);
}

TEST(SmscLink, RefusesDeliveriesBeyondThoseItOwesAnAnswer) {
  Rig rig({.deliveries_owed_max = 2});
  rig.answer_deliveries = false;
  SmppPeer smsc = rig.Bound();
  for (std::uint32_t n = 31; n < 34; ++n) smsc.Send(Message(deliver_sm, n, "49151", "1000", "mo"));
  const Pdu refused = *smsc.Next();
  EXPECT_EQ(refused.sequence_number(), 33u);
  EXPECT_EQ(refused.status(), ESME_RX_T_APPN);
  EXPECT_EQ(rig.metrics.Get(Metric::deliveries_owed_full), 1u);
}

TEST(SmscLink, StopUnbindsAndStaysAway) {
  Rig rig;
  SmppPeer smsc = rig.Bound();
  rig.link.Stop();
  rig.network.RunUntilQuiet();
  const Pdu goodbye = *smsc.Next();
  EXPECT_EQ(goodbye.id(), unbind);
  smsc.Send(Bare(unbind_resp, goodbye.sequence_number()));
  EXPECT_TRUE(rig.link.idle());
  rig.network.Advance(120s);
  EXPECT_EQ(rig.network.peers().size(), 1u);
}

TEST(SmscLink, ABindThatWantsTlsNeverGoesPlain) {
  SmscBind bind{{"192.0.2.9", 2775}, "hub", "pw", "", 0x34, bind_transceiver};
  bind.wants_tls = true;
  bind.tls.server_name = "smsc.example";
  Rig rig({}, {}, {}, 0, bind);  // its files are not there: no context
  rig.network.Advance(10min);
  EXPECT_TRUE(rig.network.peers().empty());
  EXPECT_GT(rig.link.failures(), 5u);
  EXPECT_EQ(rig.link.last_reason(), CloseReason::tls_failed);
  const auto context = net::TlsContext::ForClient({.verify = false});  // a reload found them
  rig.link.UseTls(*context);
  rig.network.Advance(2min);
  ASSERT_FALSE(rig.network.peers().empty());
  EXPECT_EQ(rig.last().tls_server_name(), "smsc.example");
}

TEST(SmscLink, APlainBindAsksForNoTls) {
  Rig rig;
  EXPECT_EQ(rig.last().tls_server_name(), std::nullopt);
}

}  // namespace
}  // namespace hub::test
