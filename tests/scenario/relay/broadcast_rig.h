// ChangeRig with a supplier that carries broadcasts and a client that may send them.
#pragma once

#include "tests/scenario/relay/change_rig.h"

namespace hub::test {

inline constexpr Nano kBroadcastPrice{500'000'000}, kBroadcastCost{200'000'000};

/// broadcast_error_status and the failed area.
inline const Octets kFailedArea = {0x06, 0x07, 0, 4, 0, 0, 1, 9, 0x06, 0x06, 0, 2, 0, 'A'};
/// message_state and the success of an area.
inline const Octets kProgress = {0x04, 0x27, 0,   1,    1,    0x06, 0x06, 0,
                                 2,    0,    'A', 0x06, 0x08, 0,    1,    90};

Octets Broadcast(std::uint32_t sequence_number, std::string_view replaces = "",
                 std::string_view source_addr = "ACME");
Octets QueryBroadcast(std::uint32_t sequence_number, std::string_view message_id,
                      std::string_view source_addr = "ACME");
Octets CancelBroadcast(std::uint32_t sequence_number, std::string_view message_id);
/// A response with these at its end.
Octets WithTlvs(Octets pdu, const Octets& tlvs);
/// One answer without a body, and nothing else.
void ExpectStatus(SmppPeer& peer, smpp::CommandId response, std::uint32_t sequence_number,
                  smpp::Status status);

/// Alpha speaks v5.0 and carries broadcasts; acme may send some, and its `answer` is accepted.
store::Catalog Broadcasting();
/// And has a bind of v3.4 at 1009, before the one of v5.0.
store::Catalog BroadcastingOverOneOfTwo();

struct BroadcastRig : ChangeRig {
  explicit BroadcastRig(store::Catalog catalog = Broadcasting()) : ChangeRig(std::move(catalog)) {}

  /// A bind of v5.0.
  SmppPeer Acme(std::string_view system_id = "acme") {
    return Customer(system_id, smpp::CommandId::bind_transceiver, 0x50);
  }
  /// Alpha takes it under this id; our id.
  std::string Accepted(SmppPeer& customer, const Octets& broadcast, std::string_view upstream_id);
};

}  // namespace hub::test
