// A SmscLink, its supplier played by a SmppPeer. Fake clock.
#pragma once

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "server/session/smsc_link.h"
#include "tests/support/smpp_peer.h"

namespace hub::test {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

inline SmscBind Plain() { return {{"192.0.2.9", 2775}, "hub", "pw", "", 0x34, bind_transceiver}; }
inline SmscBind With(SmscBind bind, std::vector<net::Address> others) {
  bind.others = std::move(others);
  return bind;
}

struct SmscRig : SmscEvents {
  explicit SmscRig(SessionLimits with = {}, ReconnectLimits reconnect = {},
                   std::vector<net::Address> others = {}, unsigned first_host = 0,
                   SmscBind bind = Plain())
      : link(network, With(std::move(bind), std::move(others)), with, reconnect, metrics, "s-1", 7,
             *this, first_host) {
    link.Start();
    network.RunUntilQuiet();
  }
  ScriptedPeer& last() { return *network.peers().back(); }
  // The supplier accepts the connection and the bind.
  SmppPeer Bound() {
    last().Accept();
    SmppPeer smsc(last());
    const Pdu bind = *smsc.Next();
    EXPECT_EQ(bind.id(), bind_transceiver);
    smsc.Send(IdAnswer(bind_transceiver_resp, ESME_ROK, bind.sequence_number(), "smsc"));
    return smsc;
  }
  void Submit(std::uint64_t token) {
    link.session()->Submit(Slice::CopyOf(Message(submit_sm, 0, "ACME", "4915112345678", "hi")),
                           submit_sm, token);
    network.RunUntilQuiet();
  }

  void OnSmscBound(SmscSession&) override { ++bounds; }
  void OnSubmitEnd(SmscSession& session, const Outstanding& request, SubmitEnd end,
                   const smpp::Header& header, const Slice&) override {
    ends.push_back({request.token, end, header.command_status});
    if (closes_at_end) session.Close(CloseReason::shutdown);
  }
  void OnLateAnswer(SmscSession&, const Outstanding& request, const smpp::Header& header,
                    const Slice& pdu) override {
    late.push_back({request.token, SubmitEnd::kTimeout, header.command_status});
    late_octets = pdu.size();
  }
  void OnTimeoutForgotten(SmscSession&, const Outstanding& request) override {
    forgotten.push_back(request.token);
  }
  // `count` submits that the supplier got, and did not answer in time.
  std::vector<Pdu> TimeOut(SmppPeer& smsc, std::uint64_t count) {
    std::vector<Pdu> submits;
    for (std::uint64_t token = 1; token <= count; ++token) {
      Submit(token);
      submits.push_back(*smsc.Next());
    }
    network.Advance(10s);
    return submits;
  }
  void OnDelivery(SmscSession& session, const smpp::Header& header, const Slice&) override {
    if (!answer_deliveries) return;
    session.AnswerDeliver(header.command_id, ESME_ROK, header.sequence_number);
  }
  void OnSmscEnded(SmscSession&, CloseReason reason) override { ended.push_back(reason); }
  void OnNotTried(CloseReason reason) override { not_tried.push_back(reason); }

  struct End {
    std::uint64_t token;
    SubmitEnd end;
    smpp::Status status;
  };
  FakeNetwork network;
  Metrics metrics;
  int bounds = 0;
  bool answer_deliveries = true, closes_at_end = false;
  std::vector<End> ends;
  std::vector<CloseReason> ended, not_tried;
  std::vector<End> late;
  std::size_t late_octets = 0;
  std::vector<std::uint64_t> forgotten;
  SmscLink link;
};

inline constexpr SessionLimits kTenSeconds{.enquire_link_interval = 0s, .response_timeout = 10s};

}  // namespace hub::test
