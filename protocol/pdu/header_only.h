// PDUs that are a header and nothing else.             SMPP v3.4 §4.2, §4.3, §4.9.2, §4.10.2, §4.11
#pragma once

#include "protocol/pdu/pdu.h"

namespace smpp {

/// Octets behind the header are kept for the round trip and otherwise treated as absent: v5.0
/// allows congestion_state in any response, and a peer's stray octets hurt nobody here.
template <CommandId kCommand>
struct HeaderOnly {
  static constexpr CommandId kCommandId = kCommand;

  Bytes extra = {};

  template <class Self, class Codec>
  static bool Walk(Self& p, Codec& c) {
    return c.Extra(p.extra);
  }
};

using GenericNack = HeaderOnly<CommandId::generic_nack>;
using Unbind = HeaderOnly<CommandId::unbind>;
using UnbindResp = HeaderOnly<CommandId::unbind_resp>;
using EnquireLink = HeaderOnly<CommandId::enquire_link>;
using EnquireLinkResp = HeaderOnly<CommandId::enquire_link_resp>;
using CancelSmResp = HeaderOnly<CommandId::cancel_sm_resp>;
using ReplaceSmResp = HeaderOnly<CommandId::replace_sm_resp>;
using CancelBroadcastSmResp = HeaderOnly<CommandId::cancel_broadcast_sm_resp>;

}  // namespace smpp
