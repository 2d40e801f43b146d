#include "bench/load/lib/sim_listener.h"

#include <gtest/gtest.h>

#include "bench/load/lib/frames.h"
#include "bench/load/lib/sim_control.h"
#include "protocol/pdu/answer.h"
#include "protocol/pdu/bind.h"
#include "protocol/pdu/message.h"
#include "protocol/receipt/receipt.h"
#include "tests/support/fake_network.h"

namespace hub::load {
namespace {

using namespace std::chrono_literals;
using smpp::CommandId;
using smpp::Status;
using test::ScriptedPeer;

struct Pdu {
  smpp::Header header;
  std::string octets;
  smpp::Bytes bytes() const { return smpp::AsBytes(octets); }
};

std::vector<Pdu> Split(const std::string& octets) {
  std::vector<Pdu> pdus;
  TakeFrames(Slice::CopyOf(smpp::AsBytes(octets)), [&](const smpp::Header& h, smpp::Bytes pdu) {
    pdus.push_back({h, std::string(smpp::AsText(pdu))});
    return true;
  });
  return pdus;
}

struct SimListenerTest : testing::Test {
  test::FakeNetwork network;
  std::vector<std::unique_ptr<SimListener>> listeners;

  SimListener& Sim(std::string_view list) {
    ListenerOptions options;
    options.first_id = 439041101;
    const auto set = SetListenerOptions(options, list);
    EXPECT_TRUE(set.ok()) << set.error().Text();
    listeners.push_back(std::make_unique<SimListener>(network, std::move(options), 1));
    return *listeners.back();
  }
  ScriptedPeer& Connects() {
    return network.PeerConnects([this](net::Stream& s) { return listeners.back()->Accept(s); });
  }
  template <class Bind = smpp::BindTransceiver>
  Status Binds(ScriptedPeer& peer, std::string_view system_id = "hub",
               std::string_view password = "") {
    Bind bind;
    bind.system_id = system_id;
    bind.password = password;
    const auto pdu = smpp::Encode(bind, Status::ESME_ROK, 1);
    peer.Deliver(smpp::Bytes(pdu));
    const auto answers = Split(peer.TakeReceived());
    EXPECT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers[0].header.command_id, smpp::ResponseOf(Bind::kCommandId));
    return answers[0].header.command_status;
  }
  ScriptedPeer& Bound() {
    ScriptedPeer& peer = Connects();
    EXPECT_EQ(Binds(peer), Status::ESME_ROK);
    return peer;
  }
  static std::vector<std::uint8_t> Submit(std::uint32_t sequence,
                                          std::uint8_t registered_delivery = 1,
                                          std::string_view to = "491511234567") {
    smpp::SubmitSm submit;
    submit.source_addr = "ACME";
    submit.source_addr_ton = 5;
    submit.destination_addr = to;
    submit.dest_addr_ton = submit.dest_addr_npi = 1;
    submit.registered_delivery = registered_delivery;
    submit.short_message = smpp::AsBytes("Hello");
    return smpp::Encode(submit, Status::ESME_ROK, sequence);
  }
  static void AnswerDelivery(ScriptedPeer& peer, const Pdu& delivery, Status status) {
    std::uint8_t pdu[smpp::kAnswerOctetsMax];
    peer.Deliver({pdu, smpp::WriteDeliverAnswer(pdu, status, delivery.header.sequence_number)});
  }
};

TEST_F(SimListenerTest, AnswersThenSendsAReceiptWithTextAndTlvs) {
  SimListener& sim = Sim("id-format=hex,receipt-id-format=decimal-padded,receipt-delay-ms=200");
  ScriptedPeer& peer = Bound();
  peer.Deliver(smpp::Bytes(Submit(7)));
  auto pdus = Split(peer.TakeReceived());
  ASSERT_EQ(pdus.size(), 1u);
  EXPECT_EQ(pdus[0].header.command_id, CommandId::submit_sm_resp);
  EXPECT_EQ(pdus[0].header.sequence_number, 7u);
  EXPECT_EQ(smpp::ReadMessageId(pdus[0].bytes()), "1a2b3c4d");
  network.Advance(199ms);
  EXPECT_EQ(peer.received(), "");
  network.Advance(1ms);
  pdus = Split(peer.TakeReceived());
  ASSERT_EQ(pdus.size(), 1u);
  const auto view = smpp::ViewMessage(CommandId::deliver_sm, pdus[0].bytes());
  ASSERT_TRUE(view.ok());
  EXPECT_TRUE(view->is_receipt());
  EXPECT_EQ(view->source_addr, "491511234567");
  EXPECT_EQ(view->destination_addr, "ACME");
  EXPECT_EQ(smpp::AsText(view->text()),
            "id:0439041101 sub:001 dlvrd:001 submit date:2611201200 done date:2611201200 "
            "stat:DELIVRD err:000 text:Hello");
  const auto receipt = smpp::ReadReceipt(*view);
  EXPECT_EQ(receipt.id, "0439041101");
  EXPECT_EQ(receipt.state, smpp::MessageState::DELIVERED);
  EXPECT_TRUE(smpp::FindTlv(view->tlvs, smpp::Tag::receipted_message_id).has_value());
  EXPECT_EQ(smpp::FindTlvU8(view->tlvs, smpp::Tag::message_state), 2);
  AnswerDelivery(peer, pdus[0], Status::ESME_ROK);
  EXPECT_EQ(sim.counters().receipts_ok, 1u);
}

TEST_F(SimListenerTest, SendsNoReceiptThatNobodyAskedFor) {
  Sim("");
  ScriptedPeer& peer = Bound();
  peer.Deliver(smpp::Bytes(Submit(1, 0)));
  peer.Deliver(smpp::Bytes(Submit(2, 2)));  // only if it fails
  network.Advance(10s);
  EXPECT_EQ(Split(peer.TakeReceived()).size(), 2u);
}

TEST_F(SimListenerTest, AReceiptMayOvertakeItsResponse) {
  Sim("receipt-before-response=on");
  ScriptedPeer& peer = Bound();
  peer.Deliver(smpp::Bytes(Submit(1)));
  const auto pdus = Split(peer.TakeReceived());
  ASSERT_EQ(pdus.size(), 2u);
  EXPECT_EQ(pdus[0].header.command_id, CommandId::deliver_sm);
  EXPECT_EQ(pdus[1].header.command_id, CommandId::submit_sm_resp);
}

TEST_F(SimListenerTest, RetriesAReceiptABoundedNumberOfTimes) {
  SimListener& sim = Sim("receipt-delay-ms=0,receipt-retries=2,receipt-retry-ms=500");
  ScriptedPeer& peer = Bound();
  peer.Deliver(smpp::Bytes(Submit(1)));
  network.Advance(0ms);
  Split(peer.received());
  int tries = 0;
  for (int i = 0; i < 5; ++i) {
    for (const Pdu& pdu : Split(peer.TakeReceived())) {
      if (pdu.header.command_id != CommandId::deliver_sm) continue;
      ++tries;
      AnswerDelivery(peer, pdu, Status::ESME_RX_T_APPN);
    }
    network.Advance(500ms);
  }
  EXPECT_EQ(tries, 3);
  EXPECT_EQ(sim.counters().receipts_retried, 2u);
  EXPECT_EQ(sim.counters().receipts_lost, 1u);
}

TEST_F(SimListenerTest, AReceiptWaitsForABindThatReceives) {
  Sim("receipt-delay-ms=10");
  ScriptedPeer& sender = Connects();
  ASSERT_EQ(Binds<smpp::BindTransmitter>(sender), Status::ESME_ROK);
  sender.Deliver(smpp::Bytes(Submit(1)));
  network.Advance(1s);
  EXPECT_EQ(Split(sender.TakeReceived()).size(), 1u);
  ScriptedPeer& stranger = Connects();
  Binds<smpp::BindReceiver>(stranger, "other");
  network.Advance(1s);
  EXPECT_EQ(stranger.received(), "");
  ScriptedPeer& receiver = Connects();
  smpp::BindReceiver bind;
  bind.system_id = "hub";
  receiver.Deliver(smpp::Bytes(smpp::Encode(bind, Status::ESME_ROK, 1)));
  const auto pdus = Split(receiver.TakeReceived());
  ASSERT_EQ(pdus.size(), 2u);
  EXPECT_EQ(pdus[1].header.command_id, CommandId::deliver_sm);
}

TEST_F(SimListenerTest, AReceiptThatABrokenConnectionSwallowedIsSentAgain) {
  Sim("receipt-delay-ms=0");
  ScriptedPeer& first = Bound();
  first.Deliver(smpp::Bytes(Submit(1)));
  network.Advance(1ms);
  EXPECT_EQ(Split(first.TakeReceived()).size(), 2u);
  first.Break();
  ScriptedPeer& second = Connects();
  smpp::BindTransceiver bind;
  bind.system_id = "hub";
  second.Deliver(smpp::Bytes(smpp::Encode(bind, Status::ESME_ROK, 1)));
  EXPECT_EQ(Split(second.TakeReceived()).size(), 2u);
}

TEST_F(SimListenerTest, ThrowsItsDiceBySeedAndTable) {
  SimListener& sim = Sim("error=0x08:10%,0x58:20%,drop-percent=5,error-prefix=49152:0x0B");
  ScriptedPeer& peer = Bound();
  for (std::uint32_t i = 1; i <= 4000; ++i) peer.Deliver(smpp::Bytes(Submit(i, 0)));
  const auto& statuses = sim.counters().statuses;
  EXPECT_NEAR(static_cast<double>(sim.counters().dropped), 200, 60);
  EXPECT_NEAR(static_cast<double>(statuses.Of(Status::ESME_RSYSERR)), 380, 80);
  EXPECT_NEAR(static_cast<double>(statuses.Of(Status::ESME_RTHROTTLED)), 760, 110);
  EXPECT_EQ(Split(peer.TakeReceived()).size(), 4000 - sim.counters().dropped);
  for (int i = 0; i < 20; ++i) peer.Deliver(smpp::Bytes(Submit(9999, 0, "491521234567")));
  EXPECT_GE(statuses.Of(Status::ESME_RINVDSTADR), 15u);
}

TEST_F(SimListenerTest, ThrottlesAboveItsRate) {
  SimListener& sim = Sim("throttle-per-second=100");
  ScriptedPeer& peer = Bound();
  for (std::uint32_t i = 1; i <= 50; ++i) peer.Deliver(smpp::Bytes(Submit(i, 0)));
  EXPECT_EQ(sim.counters().statuses.Of(Status::ESME_ROK), 10u);  // a tenth of a second at once
  EXPECT_EQ(sim.counters().statuses.Of(Status::ESME_RTHROTTLED), 40u);
}

TEST_F(SimListenerTest, BreaksTheConnectionAtEveryNthMessage) {
  SimListener& sim = Sim("disconnect-every=3");
  ScriptedPeer& peer = Bound();
  std::vector<std::uint8_t> four;
  for (std::uint32_t i = 1; i <= 4; ++i) {
    const auto one = Submit(i, 0);
    four.insert(four.end(), one.begin(), one.end());
  }
  peer.Deliver(smpp::Bytes(four));
  EXPECT_FALSE(peer.connected());
  EXPECT_EQ(sim.counters().messages, 3u);
}

TEST_F(SimListenerTest, FlapsForAsLongAsItIsTold) {
  SimListener& sim = Sim("flap-ms=1000");
  for (int i = 0; i < 3; ++i) {
    ScriptedPeer& peer = Bound();
    network.Advance(999ms);
    EXPECT_TRUE(peer.connected());
    network.Advance(1ms);
    EXPECT_FALSE(peer.connected());
  }
  EXPECT_EQ(sim.counters().disconnects, 3u);
  EXPECT_EQ(RunCommand(listeners, "set all flap-ms=0"), "ok");
  ScriptedPeer& peer = Bound();
  network.Advance(10s);
  EXPECT_TRUE(peer.connected());
}

TEST_F(SimListenerTest, AnswersWithGarbageHalfOfWhichIsFramed) {
  SimListener& sim = Sim("garbage-percent=100");
  ScriptedPeer& peer = Bound();
  int framed = 0;
  for (std::uint32_t i = 1; i <= 100; ++i) {
    peer.Deliver(smpp::Bytes(Submit(i)));
    const std::string octets = peer.TakeReceived();
    ASSERT_GE(octets.size(), smpp::kHeaderOctets);
    framed += smpp::ReadU32(smpp::AsBytes(octets).data()) == octets.size();
  }
  EXPECT_NEAR(framed, 50, 20);
  EXPECT_EQ(sim.counters().garbage, 100u);
  EXPECT_EQ(sim.counters().answered_ok + sim.counters().receipts_made, 0u);
}

TEST_F(SimListenerTest, DelaysResponses) {
  SimListener& sim = Sim("response-delay-ms=50");
  ScriptedPeer& peer = Bound();
  peer.Deliver(smpp::Bytes(Submit(1, 0)));
  network.Advance(49ms);
  EXPECT_EQ(peer.received(), "");
  network.Advance(1ms);
  EXPECT_EQ(Split(peer.TakeReceived()).size(), 1u);
  peer.Deliver(smpp::Bytes(Submit(2, 0)));
  peer.Hangup();
  network.Advance(1s);
  EXPECT_EQ(sim.counters().answers_too_late, 1u);
}

TEST_F(SimListenerTest, JudgesBinds) {
  Sim("system-id=hub,password=secret");
  EXPECT_EQ(Binds(Connects(), "hub", "secret"), Status::ESME_ROK);
  EXPECT_EQ(Binds(Connects(), "hub", "wrong"), Status::ESME_RINVPASWD);
  ScriptedPeer& stranger = Connects();
  EXPECT_EQ(Binds(stranger, "other", "secret"), Status::ESME_RINVSYSID);
  EXPECT_FALSE(stranger.connected());
  EXPECT_EQ(RunCommand(listeners, "refuse-binds all on"), "ok");
  EXPECT_EQ(Binds(Connects(), "hub", "secret"), Status::ESME_RBINDFAIL);
}

TEST_F(SimListenerTest, AnswersWhatIsNoMessage) {
  Sim("");
  ScriptedPeer& peer = Connects();
  peer.Deliver(smpp::Bytes(Submit(1)));
  EXPECT_EQ(Split(peer.TakeReceived())[0].header.command_status, Status::ESME_RINVBNDSTS);
  Binds(peer);
  std::uint8_t pdu[smpp::kAnswerOctetsMax];
  peer.Deliver({pdu, smpp::WriteEnquireLink(pdu, 5)});
  EXPECT_EQ(Split(peer.TakeReceived())[0].header.command_id, CommandId::enquire_link_resp);
  peer.Deliver({pdu, smpp::WriteAnswer(pdu, CommandId::query_sm, Status::ESME_ROK, 6)});
  EXPECT_EQ(Split(peer.TakeReceived())[0].header.command_status, Status::ESME_RINVCMDID);
  peer.Deliver({pdu, smpp::WriteUnbind(pdu, 7)});
  EXPECT_EQ(Split(peer.TakeReceived())[0].header.command_id, CommandId::unbind_resp);
  EXPECT_FALSE(peer.connected());
}

TEST_F(SimListenerTest, DoesOnDemandWhatTheControlSocketAsks) {
  Sim("name=alpha");
  ScriptedPeer& peer = Bound();
  EXPECT_EQ(RunCommand(listeners, "mo alpha 491701234567 10000 Hello there"), "ok");
  network.RunUntilQuiet();
  const auto pdus = Split(peer.TakeReceived());
  ASSERT_EQ(pdus.size(), 1u);
  const auto mo = smpp::ViewMessage(CommandId::deliver_sm, pdus[0].bytes());
  EXPECT_EQ(smpp::AsText(mo->text()), "Hello there");
  EXPECT_FALSE(mo->is_receipt());
  AnswerDelivery(peer, pdus[0], Status::ESME_ROK);
  EXPECT_EQ(RunCommand(listeners, "set alpha error=0x58:100%"), "ok");
  peer.Deliver(smpp::Bytes(Submit(1)));
  EXPECT_EQ(Split(peer.TakeReceived())[0].header.command_status, Status::ESME_RTHROTTLED);
  EXPECT_EQ(RunCommand(listeners, "disconnect alpha"), "ok");
  network.RunUntilQuiet();
  EXPECT_FALSE(peer.connected());
  EXPECT_EQ(RunCommand(listeners, "mo alpha 1 2 3"), "error: no bind can receive it now");
  const std::string stats = RunCommand(listeners, "stats");
  EXPECT_NE(stats.find("\"alpha\":{\"sessions\":0,"), std::string::npos) << stats;
  EXPECT_NE(stats.find("\"mo_ok\":1,"), std::string::npos) << stats;
  EXPECT_NE(stats.find("\"statuses\":{\"ESME_RTHROTTLED\":1}"), std::string::npos) << stats;
}

TEST_F(SimListenerTest, ClosesWhenFramingIsLost) {
  Sim("");
  ScriptedPeer& peer = Bound();
  peer.Deliver(std::string_view("\0\0\0\1 garbage", 12));
  EXPECT_EQ(Split(peer.TakeReceived())[0].header.command_id, CommandId::generic_nack);
  EXPECT_FALSE(peer.connected());
}

}  // namespace
}  // namespace hub::load
