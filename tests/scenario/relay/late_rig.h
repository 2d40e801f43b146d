// KeptRig whose supplier answers later than the hub waits.
#pragma once

#include <string>

#include "tests/scenario/relay/kept_rig.h"

namespace hub::test {

/// StoredMessage::next_at_us of one that is held.
inline constexpr std::int64_t kHeld = INT64_MAX;
/// Where Submit goes to.
inline constexpr char kNumber[] = "4915112345678";

/// With on_unknown = resend.
store::Catalog Resending(store::Catalog catalog = Accepting());

struct LateRig : KeptRig {
  explicit LateRig(store::Catalog catalog = AlphaAlone(), relay::Limits with = Patient());

  /// The submit that alpha got and did not answer in time.
  Pdu TimedOut(std::uint32_t sequence_number = 2);
  bool IsHeld() const;
  void SendReceipt(SmppPeer& supplier, std::string_view upstream_id);
  /// acme is told this final state of its message, and nothing more, ever.
  void ExpectToldOnce(std::string_view stat);
  void ExpectNothingMore();
  static bool NextSubmit(SmppPeer& supplier);

  SmppPeer acme = Customer();
  std::string id;
};

}  // namespace hub::test
