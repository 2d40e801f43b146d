// Receipts that wait in the PostgreSQL of the relay's rig.
#pragma once

#include <string>
#include <vector>

#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {

/// What PostgreSQL holds once the journal's receipts are settled and their ends are known.
void Settle(RelayRig& rig);
/// `count` messages of the client that alpha took as `first`, `first` + 1, ...; returns their ids.
std::vector<std::string> Accepted(RelayRig& rig, SmppPeer& client, std::uint32_t count,
                                  std::uint32_t first = 1);
/// The receipt of the message that alpha took as `n` comes.
void ReceiptComes(RelayRig& rig, std::uint32_t n);
/// The same of the first `count` messages, of a client that is away: they wait in PostgreSQL.
void ReceiptsWait(RelayRig& rig, std::uint32_t count);

}  // namespace hub::test
