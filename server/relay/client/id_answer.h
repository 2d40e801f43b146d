// A response that names a message by our id.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/wire/header.h"
#include "server/base/message_id.h"

namespace hub::relay {

/// Which request is answered, and about which message.
struct IdAnswer {
  smpp::CommandId request{};
  std::uint32_t sequence_number = 0;
  MessageId message_id = 0;
  smpp::Status status = smpp::Status::ESME_ROK;  // else the message_id is empty
};

/// Writes the whole response, without TLVs: at most smpp::kAnswerOctetsMax octets at `out`. Returns how many.
std::size_t WriteIdAnswer(const IdAnswer& answer, std::uint8_t* out);
/// The same with TLVs, into `out`, whose memory is used again.
///
/// tlvs  of the supplier's response, well formed; see smpp::CopyRelayedTlvs for those that are copied
void WriteIdAnswer(const IdAnswer& answer, smpp::Bytes tlvs, std::vector<std::uint8_t>* out);

}  // namespace hub::relay
