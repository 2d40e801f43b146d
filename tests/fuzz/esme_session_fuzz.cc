// A customer's session fed with PDUs, torn octets, clock ticks and its owner's own acts: every message gets one answer, every
// delivery one end, the session one end, and all that it sends is well formed and asked for.
#include <deque>
#include <set>

#include "protocol/pdu/data_sm.h"
#include "server/session/esme_session.h"
#include "tests/fuzz/session_script.h"

namespace hub::fuzz {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

struct Owner : EsmeEvents {
  explicit Owner(Input& script)
      : in(script), late(in.U8() % 2 == 0), requests_max(1 + in.U8() % 4u) {
    limits.pdu_octets_max = 2048;
    limits.window_requests_max = 3;
    limits.frames_per_turn_max = 1 + in.U8() % 4u;
    limits.bad_pdus_max = 20;
    limits.inactivity_timeout = in.U8() % 2 == 0 ? Duration{0} : Duration{40s};
    limits.stream.output_octets_high = 256;
    limits.stream.output_octets_max = 4096;
    peer = &network.PeerConnects(
        [this](net::Stream& stream) -> net::StreamEvents* {
          session = std::make_unique<EsmeSession>(network, stream, limits, metrics, "c-1", *this);
          return session.get();
        },
        limits.stream);
  }

  void OnBind(EsmeSession&, BindAttempt attempt) override {
    FUZZ_CHECK(!judging);
    judging = true;
    right = attempt.password == "secret";
    if (!late) Judge();
  }
  void Judge() {
    if (!std::exchange(judging, false) || ended) return;
    right ? session->AcceptBind("hub", requests_max) : session->RefuseBind(ESME_RBINDFAIL);
  }
  void OnMessage(EsmeSession& s, const smpp::Header& header, Slice&& pdu) override {
    FUZZ_CHECK(!ended && &s == session.get());
    FUZZ_CHECK(smpp::ReadHeader(pdu.data()).sequence_number == header.sequence_number);
    smpp::MessageView view;
    const smpp::Status status = IsJudged(header.command_id)
                                    ? ESME_ROK
                                    : smpp::ViewMessage(header.command_id, pdu.bytes(), view);
    if (status != ESME_ROK)
      return s.AnswerMalformed(header.command_id, status, header.sequence_number);
    s.NoteGood();
    owed.push_back(header);
    FUZZ_CHECK(owed.size() <= requests_max);
  }
  // By the session; their answers say more than an id.
  static bool IsJudged(smpp::CommandId id) {
    return id == smpp::CommandId::query_sm || id == smpp::CommandId::submit_multi;
  }
  void AnswerOne() {
    if (owed.empty() || ended) return;
    const smpp::Header header = owed.front();
    owed.pop_front();
    if (IsJudged(header.command_id))
      return session->AnswerStatus(header.command_id, ESME_RSUBMITFAIL, header.sequence_number);
    const smpp::CommandId response = smpp::ResponseOf(header.command_id);
    session->Answer(test::IdAnswer(response, ESME_ROK, header.sequence_number, "7"));
  }
  void Deliver() {
    if (ended || !session->CanDeliver()) return;
    delivering.insert(++token);
    const smpp::CommandId id =
        token % 2 == 0 && session->speaks_tlvs() ? smpp::CommandId::data_sm : deliver_sm;
    session->Deliver(
        Slice::CopyOf(id == deliver_sm ? test::Message(deliver_sm, 0, "49151", "1000", "mo")
                                       : Data()),
        id, token);
  }
  static Octets Data() {
    const std::uint8_t payload[] = {0x04, 0x24, 0, 2, 'm', 'o'};
    smpp::DataSm data;
    data.source_addr = "49151";
    data.destination_addr = "1000";
    data.tlvs = payload;
    return smpp::Encode(data, ESME_ROK, 0);
  }
  void OnUnoffered(EsmeSession&, smpp::CommandId) override {}
  void OnDeliverEnd(EsmeSession&, std::uint64_t t, DeliverEnd end, smpp::Status,
                    const Slice& tlvs) override {
    FUZZ_CHECK(!ended && delivering.erase(t) == 1);
    FUZZ_CHECK(smpp::JudgeTlvs(tlvs.bytes()) == ESME_ROK);
    FUZZ_CHECK(tlvs.empty() || end == DeliverEnd::kAnswered);
  }
  void OnDrained(EsmeSession&) override { FUZZ_CHECK(!ended); }
  void OnEsmeEnded(EsmeSession&, CloseReason) override {
    FUZZ_CHECK(!ended && delivering.empty());
    ended = true;
  }

  Input& in;
  const bool late;
  const std::uint32_t requests_max;
  test::FakeNetwork network;
  Metrics metrics;
  SessionLimits limits;
  std::unique_ptr<EsmeSession> session;
  test::ScriptedPeer* peer = nullptr;
  PeerJudge judge;
  bool judging = false, right = false, ended = false;
  std::deque<smpp::Header> owed;
  std::set<std::uint64_t> delivering;
  std::uint64_t token = 0;
};

void Act(Owner& owner, std::uint8_t what) {
  FarEnd far_end{*owner.peer, owner.judge};
  switch (what % kActs) {
    case 0:
      return far_end.Send(test::Bind(bind_transceiver, 1, "acme", "secret"), false);
    case 3:
      return owner.Deliver();
    case 4:
      return owner.Judge();
    case 8:
      if (!owner.ended && owner.in.U8() % 4 == 0) owner.session->Dismiss();
      return;
    default:
      return ActAlike(owner, far_end, what % kActs);
  }
}

}  // namespace
}  // namespace hub::fuzz

// Four octets of settings, then acts: one octet says which, more say how.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hub::fuzz;
  QuietLog();
  Input in(data, size);
  Owner owner(in);
  for (int acts = 0; !in.empty() && !owner.ended && acts < 400; ++acts) {
    Act(owner, in.U8());
    owner.network.RunUntilQuiet();
    owner.judge.NoteReceived(owner.peer->TakeReceived());
  }
  owner.peer->ReadAgain();
  for (int left = 0; left < 64 && !owner.ended; ++left) {  // an owner answers in the end
    owner.Judge();
    owner.AnswerOne();
    owner.network.RunUntilQuiet();
  }
  if (owner.peer->connected()) owner.peer->Hangup();
  owner.network.Advance(std::chrono::seconds(600));
  owner.judge.NoteReceived(owner.peer->TakeReceived());
  FUZZ_CHECK(owner.ended && owner.delivering.empty());
  return 0;
}
