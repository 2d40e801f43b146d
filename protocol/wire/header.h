// The 16 octets in front of every PDU.                                      SMPP v3.4 §3.2
#pragma once

#include "protocol/wire/bytes.h"
#include "protocol/wire/command.h"
#include "protocol/wire/status.h"

namespace smpp {

inline constexpr std::size_t kHeaderOctets = 16;

struct Header {
  std::uint32_t command_length = kHeaderOctets;  // counts itself and the whole PDU
  CommandId command_id = CommandId::generic_nack;
  Status command_status = Status::ESME_ROK;  // 0 in requests
  std::uint32_t sequence_number = 0;
};

/// p points at 16 octets at least.
inline Header ReadHeader(const std::uint8_t* p) {
  return {ReadU32(p), static_cast<CommandId>(ReadU32(p + 4)), static_cast<Status>(ReadU32(p + 8)),
          ReadU32(p + 12)};
}

/// p points at room for 16 octets.
inline void WriteHeader(std::uint8_t* p, const Header& h) {
  WriteU32(p, h.command_length);
  WriteU32(p + 4, static_cast<std::uint32_t>(h.command_id));
  WriteU32(p + 8, static_cast<std::uint32_t>(h.command_status));
  WriteU32(p + 12, h.sequence_number);
}

/// Patches a PDU in place; the rest of its octets stay as they came.
inline void PatchSequenceNumber(std::uint8_t* pdu, std::uint32_t n) { WriteU32(pdu + 12, n); }

}  // namespace smpp
