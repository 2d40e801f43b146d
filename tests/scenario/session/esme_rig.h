// One real ESME session with a scripted peer, and an owner who accepts any bind with the right password and notes messages.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/session/esme_session.h"
#include "tests/support/smpp_peer.h"

namespace hub::test {

struct Sent {
  smpp::Header header;
  Octets pdu;
};

struct EsmeRig : EsmeEvents {
  using CommandId = smpp::CommandId;
  using Status = smpp::Status;

  explicit EsmeRig(SessionLimits with = {}, std::uint32_t requests = 100)
      : limits(with), requests_max(requests), peer(Connect()) {}

  SmppPeer Connect() {
    return SmppPeer(network.PeerConnects(
        [this](net::Stream& stream) -> net::StreamEvents* {
          session = std::make_unique<EsmeSession>(network, stream, limits, metrics, "c-1", *this);
          return session.get();
        },
        limits.stream));
  }
  void BindAs(smpp::CommandId id) {
    peer.Send(Bind(id, 1, "acme", "secret"));
    ASSERT_EQ(peer.Next()->status(), Status::ESME_ROK);
  }
  // Brings the session to a state that the vectors name.
  void Reach(std::string_view state) {
    if (state == "BOUND_TX") BindAs(CommandId::bind_transmitter);
    if (state == "BOUND_RX") BindAs(CommandId::bind_receiver);
    if (state == "BOUND_TRX") BindAs(CommandId::bind_transceiver);
    if (state == "UNBINDING") ReachUnbinding();
  }
  // The peer's unbind waits for the answer to a message of before.
  void ReachUnbinding() {
    BindAs(CommandId::bind_transceiver);
    answer_at_once = false;
    peer.Send(Message(CommandId::submit_sm, 2, "ACME", "4915112345678", "hi"));
    peer.Send(Bare(CommandId::unbind, 3));
    messages.clear();
    answer_at_once = true;
  }

  void OnBind(EsmeSession& s, BindAttempt attempt) override {
    if (judge_later) return;
    attempt.password == "secret" ? s.AcceptBind("smpphub", requests_max)
                                 : s.RefuseBind(Status::ESME_RBINDFAIL);
  }
  void OnMessage(EsmeSession& s, const smpp::Header& header, Slice&& pdu) override {
    smpp::MessageView view;  // what asks about a message was judged by the session
    const bool is_message = header.command_id == smpp::CommandId::submit_sm ||
                            header.command_id == smpp::CommandId::data_sm;
    const smpp::Status status = is_message ? smpp::ViewMessage(header.command_id, pdu.bytes(), view)
                                           : smpp::Status::ESME_ROK;
    if (status != Status::ESME_ROK)
      return s.AnswerMalformed(header.command_id, status, header.sequence_number);
    s.NoteGood();
    messages.push_back({header, Octets(pdu.bytes().begin(), pdu.bytes().end())});
    if (answer_at_once)
      s.Answer(IdAnswer(smpp::ResponseOf(header.command_id), Status::ESME_ROK,
                        header.sequence_number, "7"));
  }
  void OnUnoffered(EsmeSession&, smpp::CommandId) override {}
  void OnDeliverEnd(EsmeSession&, std::uint64_t token, DeliverEnd end, smpp::Status status,
                    const Slice& tlvs) override {
    deliveries.push_back({token, end, status, {tlvs.bytes().begin(), tlvs.bytes().end()}});
  }
  void OnDrained(EsmeSession&) override { ++drained; }
  void OnEsmeEnded(EsmeSession&, CloseReason reason) override { ended = reason; }

  struct Delivery {
    std::uint64_t token;
    DeliverEnd end;
    smpp::Status status;
    Octets tlvs;
  };

  FakeNetwork network;
  Metrics metrics;
  SessionLimits limits;
  std::uint32_t requests_max;
  bool answer_at_once = true, judge_later = false;
  int drained = 0;
  std::vector<Sent> messages;
  std::vector<Delivery> deliveries;
  std::optional<CloseReason> ended;
  std::unique_ptr<EsmeSession> session;
  SmppPeer peer;
};

}  // namespace hub::test
