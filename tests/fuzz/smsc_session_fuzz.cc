// Our link at a supplier fed with PDUs, torn octets, clock ticks and its owner's own acts: every message has one end, every
// delivery one answer, every session one end, and the link comes back.
#include <deque>
#include <set>

#include "server/session/smsc_link.h"
#include "tests/fuzz/session_script.h"

namespace hub::fuzz {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

SessionLimits Limits(Input& in) {
  SessionLimits limits;
  limits.pdu_octets_max = 2048;
  limits.window_requests_max = 3;
  limits.deliveries_owed_max = 3;
  limits.frames_per_turn_max = 1 + in.U8() % 4u;
  limits.bad_pdus_max = 20;
  limits.inactivity_timeout = in.U8() % 2 == 0 ? Duration{0} : Duration{40s};
  limits.stream.output_octets_high = 256;
  limits.stream.output_octets_max = 4096;
  return limits;
}

smpp::CommandId Mode(Input& in) {
  constexpr smpp::CommandId kModes[] = {bind_transceiver, bind_transmitter, bind_receiver};
  return kModes[in.U8() % 3];
}

struct Owner : SmscEvents {
  explicit Owner(Input& script)
      : in(script),
        mode(Mode(in)),
        link(network, SmscBind{{"192.0.2.9", 2775}, "hub", "pw", "", 0x34, mode}, Limits(in), {},
             metrics, "s-1", 7, *this) {
    link.Start();
    network.RunUntilQuiet();
  }

  void OnSmscBound(SmscSession&) override {}
  void OnSubmitEnd(SmscSession&, const Outstanding& request, SubmitEnd, const smpp::Header&,
                   const Slice&) override {
    FUZZ_CHECK(submitted.erase(request.token) == 1);
  }
  void OnDelivery(SmscSession&, const smpp::Header& header, const Slice& pdu) override {
    FUZZ_CHECK(smpp::ReadHeader(pdu.data()).sequence_number == header.sequence_number);
    owed.push_back(header);
    FUZZ_CHECK(owed.size() <= 3);
  }
  void OnSmscEnded(SmscSession&, CloseReason) override {
    FUZZ_CHECK(submitted.empty());
    owed.clear();  // there is nobody to answer
    judges.push_back({});
  }
  void Submit() {
    if (link.session() == nullptr || !link.session()->CanSubmit()) return;
    submitted.insert(++token);
    link.session()->Submit(
        Slice::CopyOf(test::Message(submit_sm, 0, "ACME", "4915112345678", "hi")), submit_sm,
        token);
  }
  void AnswerOne() {
    if (owed.empty() || link.session() == nullptr) return;
    const smpp::Header header = owed.front();
    owed.pop_front();
    const std::uint8_t tlvs[] = {0x04, 0x23, 0, 3, 3, 0, 8, 0x04, 0x28, 0, 1, 90};
    link.session()->AnswerDeliver(
        header.command_id, ESME_ROK, header.sequence_number,
        header.sequence_number % 2 == 0 ? smpp::Bytes(tlvs) : smpp::Bytes{});
  }
  test::ScriptedPeer& peer() { return *network.peers().back(); }

  Input& in;
  const smpp::CommandId mode;
  test::FakeNetwork network;
  Metrics metrics;
  std::set<std::uint64_t> submitted;
  std::deque<smpp::Header> owed;
  std::deque<PeerJudge> judges = std::deque<PeerJudge>(1);  // one a session
  std::uint64_t token = 0;
  SmscLink link;
};

void Act(Owner& owner, std::uint8_t what) {
  FarEnd far_end{owner.peer(), owner.judges.back()};
  switch (what % kActs) {
    case 0:
      return far_end.Send(test::IdAnswer(smpp::ResponseOf(owner.mode), ESME_ROK, 1, "smsc"), false);
    case 3:
      return owner.Submit();
    case 4:
      return owner.network.Advance(10s);
    case 8:
      if (owner.peer().connected()) owner.peer().Break();
      return;
    default:
      return ActAlike(owner, far_end, what % kActs);
  }
}

}  // namespace
}  // namespace hub::fuzz

// Three octets of settings, then acts: one octet says which, more say how. Each new connection is accepted.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hub::fuzz;
  QuietLog();
  Input in(data, size);
  Owner owner(in);
  for (int acts = 0; !in.empty() && acts < 400; ++acts) {
    const bool connecting = owner.link.session() != nullptr && !owner.peer().connected();
    if (connecting) owner.peer().Accept();
    hub::test::ScriptedPeer& peer = owner.peer();
    PeerJudge& judge = owner.judges.back();
    Act(owner, in.U8());
    owner.network.RunUntilQuiet();
    judge.NoteReceived(peer.TakeReceived());
  }
  owner.link.Stop();
  owner.network.Advance(std::chrono::seconds(600));
  FUZZ_CHECK(owner.link.idle() && owner.submitted.empty());
  return 0;
}
