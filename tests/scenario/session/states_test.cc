// Who may send what, and when, row by row: every state with every command, on the customer's side and on the supplier's. The tables
// are typed from SMPP v3.4 Table 2-1 and v5.0 Table 2-1, not from rules.h.
#include "server/session/smsc_session.h"
#include "tests/scenario/session/esme_rig.h"
#include "tests/support/pdu_layout.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using smpp::test::GoodBody;
using smpp::test::LayoutOf;
using smpp::test::WholePdu;

/// What comes of a well-formed PDU.
enum Outcome : std::uint8_t {
  kRok,        // its own response, ESME_ROK
  kBound,      // the same, and the session is bound
  kGone,       // the same, and the session ends
  kWrong,      // its own response, ESME_RINVBNDSTS
  kAlready,    // its own response, ESME_RALYBND
  kLater,      // its own response, ESME_RX_T_APPN
  kUnoffered,  // generic_nack ESME_RINVCMDID
  kTaken,      // handed to the owner, who answers
  kNothing,
  kParted,  // no answer, and the session ends
};

constexpr std::string_view kStates[] = {"OPEN", "BOUND_TX", "BOUND_RX", "BOUND_TRX", "UNBINDING"};

struct Row {
  smpp::CommandId command;
  Outcome in[5];  // in the order of kStates
};

// clang-format off
constexpr Row kFromEsme[] = {
    //                      OPEN        TX          RX         TRX         UNBINDING
    {bind_transmitter,     {kBound,     kAlready,   kAlready,  kAlready,   kAlready}},
    {bind_receiver,        {kBound,     kAlready,   kAlready,  kAlready,   kAlready}},
    {bind_transceiver,     {kBound,     kAlready,   kAlready,  kAlready,   kAlready}},
    {unbind,               {kWrong,     kGone,      kGone,     kGone,      kWrong}},  // the second one of the peer
    {submit_sm,            {kWrong,     kTaken,     kWrong,    kTaken,     kWrong}},
    {data_sm,              {kWrong,     kTaken,     kWrong,    kTaken,     kWrong}},
    {submit_multi,         {kWrong,     kTaken,     kWrong,    kTaken,     kWrong}},
    {query_sm,             {kWrong,     kTaken,     kWrong,    kTaken,     kWrong}},
    {cancel_sm,            {kWrong,     kTaken,     kWrong,    kTaken,     kWrong}},
    {replace_sm,           {kWrong,     kTaken,     kWrong,    kTaken,     kWrong}},
    {broadcast_sm,         {kWrong,     kUnoffered, kWrong,    kUnoffered, kWrong}},
    {query_broadcast_sm,   {kWrong,     kUnoffered, kWrong,    kUnoffered, kWrong}},
    {cancel_broadcast_sm,  {kWrong,     kUnoffered, kWrong,    kUnoffered, kWrong}},
    {deliver_sm,           {kWrong,     kWrong,     kWrong,    kWrong,     kWrong}},
    {outbind,              {kParted,    kNothing,   kNothing,  kNothing,   kNothing}},
    {alert_notification,   {kNothing,   kNothing,   kNothing,  kNothing,   kNothing}},
    {enquire_link,         {kRok,       kRok,       kRok,      kRok,       kRok}},
};

constexpr Row kFromSmsc[] = {
    //                      OPEN        TX          RX         TRX         UNBINDING
    {deliver_sm,           {kWrong,     kWrong,     kTaken,    kTaken,     kLater}},
    {data_sm,              {kWrong,     kWrong,     kTaken,    kTaken,     kLater}},
    {alert_notification,   {kNothing,   kNothing,   kNothing,  kNothing,   kNothing}},
    {outbind,              {kNothing,   kNothing,   kNothing,  kNothing,   kNothing}},
    {unbind,               {kWrong,     kGone,      kGone,     kGone,      kGone}},   // it crossed ours
    {enquire_link,         {kRok,       kRok,       kRok,      kRok,       kRok}},
    {submit_sm,            {kUnoffered, kUnoffered, kUnoffered, kUnoffered, kUnoffered}},
    {submit_multi,         {kUnoffered, kUnoffered, kUnoffered, kUnoffered, kUnoffered}},
    {query_sm,             {kUnoffered, kUnoffered, kUnoffered, kUnoffered, kUnoffered}},
    {cancel_sm,            {kUnoffered, kUnoffered, kUnoffered, kUnoffered, kUnoffered}},
    {replace_sm,           {kUnoffered, kUnoffered, kUnoffered, kUnoffered, kUnoffered}},
    {broadcast_sm,         {kUnoffered, kUnoffered, kUnoffered, kUnoffered, kUnoffered}},
    {query_broadcast_sm,   {kUnoffered, kUnoffered, kUnoffered, kUnoffered, kUnoffered}},
    {cancel_broadcast_sm,  {kUnoffered, kUnoffered, kUnoffered, kUnoffered, kUnoffered}},
    {bind_transmitter,     {kUnoffered, kUnoffered, kUnoffered, kUnoffered, kUnoffered}},
    {bind_receiver,        {kUnoffered, kUnoffered, kUnoffered, kUnoffered, kUnoffered}},
    {bind_transceiver,     {kUnoffered, kUnoffered, kUnoffered, kUnoffered, kUnoffered}},
};

// clang-format on

constexpr std::uint32_t kUnknownRequests[] = {0x0A, 0xAA,    0x22,    0x23,
                                              0x24, 0x10200, 0x102FF, 0x7FFFFFFF};

constexpr std::uint32_t kNumber = 77;

smpp::Status StatusOf(Outcome outcome) {
  if (outcome == kWrong) return ESME_RINVBNDSTS;
  if (outcome == kAlready) return ESME_RALYBND;
  return outcome == kLater ? ESME_RX_T_APPN : ESME_ROK;
}

/// One answer of that kind, or none; and the session is there, or not.
void ExpectOutcome(SmppPeer& peer, smpp::CommandId command, Outcome outcome) {
  const std::optional<Pdu> answer = peer.Next();
  EXPECT_EQ(peer.connected(), outcome != kGone && outcome != kParted);
  if (outcome == kNothing || outcome == kParted) {
    EXPECT_FALSE(answer);
    return;
  }
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->sequence_number(), kNumber);
  if (outcome == kUnoffered) {
    EXPECT_EQ(answer->octets, Bare(generic_nack, kNumber, ESME_RINVCMDID));
  } else {
    EXPECT_EQ(answer->id(), smpp::ResponseOf(command));
    EXPECT_EQ(answer->status(), StatusOf(outcome));
  }
  EXPECT_FALSE(peer.Next()) << "a second answer";
}

Octets GoodPdu(smpp::CommandId command) {
  const bool is_bind =
      command == bind_transmitter || command == bind_receiver || command == bind_transceiver;
  if (is_bind) return Bind(command, kNumber, "acme", "secret");
  return WholePdu(command, kNumber, GoodBody(LayoutOf(command)).Join());
}

TEST(EsmeStates, EachCommandInEachState) {
  for (const Row& row : kFromEsme) {
    for (std::size_t i = 0; i < std::size(kStates); ++i) {
      SCOPED_TRACE(std::string(smpp::CommandName(row.command)) + " in " + std::string(kStates[i]));
      EsmeRig rig;
      rig.Reach(kStates[i]);
      rig.peer.Send(GoodPdu(row.command));
      ExpectOutcome(rig.peer, row.command, row.in[i]);
      EXPECT_EQ(rig.messages.size(), row.in[i] == kTaken ? 1u : 0u);
      if (row.in[i] == kBound) {
        EXPECT_EQ(rig.session->state(), BoundStateOf(row.command));
      }
    }
  }
}

TEST(EsmeStates, EachResponseAndEachUnknownCommandInEachState) {
  for (const std::string_view state : kStates) {
    EsmeRig rig({.unbound_bad_pdus_max = 100});
    rig.Reach(state);
    for (const smpp::test::PduLayout& layout : smpp::test::ResponseLayouts()) {
      rig.peer.Send(GoodPdu(layout.id));
      ExpectOutcome(rig.peer, layout.id, kNothing);
    }
    for (const std::uint32_t id : kUnknownRequests) {
      rig.peer.Send(Bare(smpp::CommandId{id}, kNumber));
      ExpectOutcome(rig.peer, smpp::CommandId{id}, kUnoffered);
      rig.peer.Send(Bare(smpp::CommandId{id | smpp::kResponseBit}, kNumber));
      ExpectOutcome(rig.peer, smpp::CommandId{id}, kNothing);
    }
    EXPECT_TRUE(rig.messages.empty());
  }
}

TEST(EsmeStates, UnbindsThatCrossAreBothAnswered) {
  EsmeRig rig;
  rig.Reach("BOUND_TRX");
  rig.session->Dismiss();
  rig.peer.Send(Bare(unbind, kNumber));
  EXPECT_EQ(rig.peer.Next()->id(), unbind);
  EXPECT_EQ(rig.peer.Next()->octets, Bare(unbind_resp, kNumber));
  EXPECT_FALSE(rig.peer.connected());
  EXPECT_EQ(rig.ended, CloseReason::unbound);
}

// 0x00-0x33 is 3.3 or older and must not see a TLV; all others are told what we support.
TEST(EsmeStates, EachInterfaceVersionIsToldWhatItMayKnow) {
  for (int version = 0; version < 256; ++version) {
    EsmeRig rig;
    rig.peer.Send(Bind(bind_transceiver, 1, "acme", "secret", static_cast<std::uint8_t>(version)));
    const std::optional<Pdu> answer = rig.peer.Next();
    ASSERT_TRUE(answer);
    const std::string_view body = smpp::AsText(smpp::Bytes(answer->octets).subspan(16));
    const bool old = version < 0x34;
    EXPECT_EQ(body, old ? std::string_view("smpphub\0", 8)
                        : std::string_view("smpphub\0\x02\x10\0\x01\x50", 13))
        << version;
    const int spoken = old ? 0x33 : version < 0x50 ? 0x34 : 0x50;
    EXPECT_EQ(rig.session->interface_version(), spoken) << version;
    EXPECT_EQ(rig.session->speaks_tlvs(), !old);
  }
}

// --- the supplier's side ----------------------------------------------------------------------------------------

struct SmscRig : SmscEvents {
  explicit SmscRig(std::string_view state)
      : session(network, SmscBind{{"192.0.2.9", 2775}, "hub", "pw", "", 0x34, CommandOf(state)}, {},
                std::chrono::seconds(10), metrics, "s-1", *this),
        peer(*network.peers().back()) {
    peer.raw().Accept();
    const smpp::CommandId bind = peer.Next()->id();
    if (state == "OPEN") return;
    peer.Send(IdAnswer(smpp::ResponseOf(bind), ESME_ROK, 1, "smsc"));
    if (state != "UNBINDING") return;
    session.Leave();
    network.RunUntilQuiet();
    EXPECT_EQ(peer.Next()->id(), unbind);
  }
  static smpp::CommandId CommandOf(std::string_view state) {
    if (state == "BOUND_TX") return bind_transmitter;
    return state == "BOUND_RX" ? bind_receiver : bind_transceiver;
  }

  void OnSmscBound(SmscSession&) override {}
  void OnSubmitEnd(SmscSession&, const Outstanding&, SubmitEnd, const smpp::Header&,
                   const Slice&) override {}
  void OnDelivery(SmscSession& s, const smpp::Header& header, const Slice&) override {
    ++taken;
    s.AnswerDeliver(header.command_id, ESME_ROK, header.sequence_number);
  }
  void OnSmscEnded(SmscSession&, CloseReason) override {}

  FakeNetwork network;
  Metrics metrics;
  int taken = 0;
  SmscSession session;
  SmppPeer peer;
};

TEST(SmscStates, EachCommandInEachState) {
  for (const Row& row : kFromSmsc) {
    for (std::size_t i = 0; i < std::size(kStates); ++i) {
      SCOPED_TRACE(std::string(smpp::CommandName(row.command)) + " in " + std::string(kStates[i]));
      SmscRig rig(kStates[i]);
      rig.peer.Send(GoodPdu(row.command));
      ExpectOutcome(rig.peer, row.command, row.in[i]);
      EXPECT_EQ(rig.taken, row.in[i] == kTaken ? 1 : 0);
    }
  }
}

TEST(SmscStates, EachResponseToNothingAndEachUnknownCommandInEachState) {
  for (const std::string_view state : kStates) {
    SmscRig rig(state);
    for (const smpp::test::PduLayout& layout : smpp::test::ResponseLayouts()) {
      rig.peer.Send(GoodPdu(layout.id));
      ExpectOutcome(rig.peer, layout.id, kNothing);
    }
    for (const std::uint32_t id : kUnknownRequests) {
      rig.peer.Send(Bare(smpp::CommandId{id}, kNumber));
      ExpectOutcome(rig.peer, smpp::CommandId{id}, kUnoffered);
    }
  }
}

}  // namespace
}  // namespace hub::test
