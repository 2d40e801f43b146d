// What makes two submits of one client the same: 16 octets that stand in PostgreSQL, too.
#pragma once

#include <optional>

#include "protocol/pdu/message_view.h"
#include "server/base/blake2b.h"
#include "server/store/catalog.h"

namespace hub::relay {

using DedupeKey = Blake2b128::Digest;

/// The key of a submit_sm or data_sm among its client's others; the client's id stands beside it wherever it is kept.
///
///   kContent               source and destination with TON and NPI, esm_class, data_coding, which part of which long
///                          message it is, and the text: short_message or message_payload, UDH included
///   kUserMessageReference  the TLV of that name, source and destination, which part; whatever the text
///
/// The part counts in both, for two parts of one long message may have the same text and the same reference. Its
/// reference number counts as well: a client that gives a new one when it submits again sends a new message.
///
/// Decided 2026-11-20: BLAKE2b, 128 bits, no key. Keys must be the same after a restart and on every node, so there is no
/// secret to mix in, and a message whose key equals another's is not sent at all: whoever can write texts for a client
/// must not be able to make two with one key. That takes a hash that withstands collisions without a secret, which
/// SipHash with a known key and XXH3 do not claim. It costs 0.6 us for a text of 140 octets, only for clients with a window.
///
/// returns  nothing when the client counts by reference and this message has none: it is always a new one
std::optional<DedupeKey> DedupeKeyOf(store::DedupeBy by, const smpp::MessageView& view);

}  // namespace hub::relay
