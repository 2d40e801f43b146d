// What the session targets share: PDUs out of an input, and a judge of all that a session sends.
#pragma once

#include <chrono>
#include <map>
#include <utility>

#include "protocol/pdu/any_pdu.h"
#include "server/telemetry/log.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/smpp_peer.h"

namespace hub::fuzz {

/// A PDU out of the input, its length honest but for one in sixteen: any command, few sequence numbers (so that responses meet
/// requests), a good body or the input's own octets.
inline Octets TakePdu(Input& in) {
  using smpp::CommandId;
  constexpr CommandId kCommands[] = {
#define COMMAND(name, value) CommandId::name,
#include "protocol/wire/command.def"
#undef COMMAND
      CommandId{0x0A}, CommandId{0x00010200}, CommandId{0x800000AA}};
  const CommandId id = kCommands[in.U8() % std::size(kCommands)];
  const std::uint8_t how = in.U8();
  const std::uint32_t number = 1u + in.U8() % 24u;
  Octets pdu;
  if (how % 4 == 0) {
    pdu = test::Bare(id, number);
  } else if (how % 4 == 1) {
    pdu = test::Message(id, number, "ACME", "4915112345678", "hi");
  } else if (how % 4 == 2) {
    pdu = test::Bind(id, number, "acme", (how & 4) != 0 ? "wrong" : "secret", in.U8());
  } else {
    pdu = test::Bare(id, number, static_cast<smpp::Status>(in.U8()));
    const smpp::Bytes body = in.Take(in.U8());
    pdu.insert(pdu.end(), body.begin(), body.end());
    smpp::WriteU32(pdu.data(), static_cast<std::uint32_t>(pdu.size()));
  }
  if (how >> 4 == 15) smpp::WriteU32(pdu.data(), in.U32());
  return pdu;
}

/// Reads what a session sends as its peer would, and knows what the peer asked for: every response answers one request of
/// the peer, every PDU decodes, nothing follows an unbind_resp.
class PeerJudge {
 public:
  void NoteSent(const Octets& octets) {
    unread_.insert(unread_.end(), octets.begin(), octets.end());
    ForEachPdu(unread_, [this](smpp::Bytes pdu) {
      const smpp::Header header = smpp::ReadHeader(pdu.data());
      if (smpp::IsResponse(header.command_id)) return;
      ++asked_[header.sequence_number];
    });
  }
  void NoteReceived(std::string_view octets) {
    const smpp::Bytes bytes = smpp::AsBytes(octets);
    received_.insert(received_.end(), bytes.begin(), bytes.end());
    ForEachPdu(received_, [this](smpp::Bytes pdu) { Judge(pdu); });
  }
  bool all_read() const { return received_.empty(); }

 private:
  template <class Take>
  static void ForEachPdu(Octets& octets, Take take) {
    std::size_t at = 0;
    for (;;) {
      const smpp::Bytes rest = smpp::Bytes(octets).subspan(at);
      const smpp::FrameCut cut = smpp::CutFrame(rest, smpp::kPduOctetsMaxDefault);
      if (cut.cut != smpp::Cut::kPdu) break;
      take(rest.first(cut.length));
      at += cut.length;
    }
    octets.erase(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void Judge(smpp::Bytes pdu) {
    FUZZ_CHECK(!unbound_);
    const smpp::Header header = smpp::ReadHeader(pdu.data());
    FUZZ_CHECK(smpp::JudgePdu(header.command_id, pdu.subspan(smpp::kHeaderOctets)) ==
               smpp::Status::ESME_ROK);
    if (!smpp::IsResponse(header.command_id)) {
      FUZZ_CHECK(header.command_status == smpp::Status::ESME_ROK);
      FUZZ_CHECK(header.sequence_number >= 1 && header.sequence_number <= 0x7FFFFFFF);
      return;
    }
    if (header.command_id == smpp::CommandId::unbind_resp &&
        header.command_status == smpp::Status::ESME_ROK) {
      unbound_ = true;
    }
    // A lost frame is answered too: its number is 0, or that of a header whose length was a lie.
    if (header.command_id == smpp::CommandId::generic_nack &&
        header.command_status == smpp::Status::ESME_RINVCMDLEN) {
      return;
    }
    FUZZ_CHECK(asked_[header.sequence_number]-- > 0);
  }

  Octets unread_, received_;
  std::map<std::uint32_t, int> asked_;  // sequence_number -> requests not yet answered
  bool unbound_ = false;
};

/// The log of a million sessions would be the slowest part of them.
inline void QuietLog() {
  [[maybe_unused]] static const bool once = [] {
    LogSetLevel(LogLevel::kError);
    return true;
  }();
}

/// The other end of a session, as an input plays it.
struct FarEnd {
  void Send(const Octets& octets, bool one_by_one) {
    if (!peer.connected()) return;
    judge.NoteSent(octets);
    one_by_one ? peer.DeliverOneByOne(smpp::Bytes(octets)) : peer.Deliver(smpp::Bytes(octets));
  }

  test::ScriptedPeer& peer;
  PeerJudge& judge;
};

inline constexpr int kActs = 12;  // of which each target has 0, 3, 4 and 8 for its own

/// The acts that mean the same for either side. Owner: in, network, AnswerOne().
template <class Owner>
void ActAlike(Owner& owner, FarEnd far_end, int act) {
  Input& in = owner.in;
  switch (act) {
    case 1:
      return owner.network.Advance(std::chrono::milliseconds(50 * in.U8()));
    case 2:
      return owner.AnswerOne();
    case 5: {
      const smpp::Bytes raw = in.Take(in.U8() % 40);
      return far_end.Send({raw.begin(), raw.end()}, false);
    }
    case 6:
      return far_end.peer.StopReading();
    case 7:
      return far_end.peer.ReadAgain();
    default:
      return far_end.Send(TakePdu(in), act == 9);
  }
}

}  // namespace hub::fuzz
