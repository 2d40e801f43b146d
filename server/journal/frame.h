// A frame's octets: sealing it, checking it, and the marks that prove what had been durable.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "protocol/wire/bytes.h"
#include "server/journal/frame_buffer.h"
#include "server/journal/journal.h"
#include "server/journal/journal_id.h"

namespace hub::journal {

/// Writes length and CRC of the frame that fills `frame`, header and all.
void SealFrame(smpp::MutableBytes frame);

enum class FrameCheck : std::uint8_t {
  kFrame,
  kNothing,  // length 0: nothing more was written here
  kShort,    // the octets end before the frame does
  kGarbage,  // length, CRC or kind is not a frame's
};

struct ParsedFrame {
  FrameCheck check = FrameCheck::kNothing;
  std::size_t size = 0;  // kFrame: of the whole; kShort: at least so many octets are needed
  std::uint8_t kind = 0;
  smpp::Bytes payload = {};  // borrows
  const char* why = "";      // kGarbage: "its CRC is wrong"
};

/// What stands at the beginning of `octets`.
ParsedFrame ParseFrame(smpp::Bytes octets);

/// Before each batch, and after the last one when the writer rests: proof of what was durable.
struct Mark {
  static constexpr std::uint8_t kKind = 255;
  static constexpr std::size_t kPayloadOctets = 8 + 8 + 8 + 16;
  static constexpr std::size_t kOctets = kFrameHeaderOctets + kPayloadOctets;

  Position at = 0;             // of the mark itself: octets that stand elsewhere are no mark
  Position durable_below = 0;  // when it was written; 0 when nothing is synced
  std::uint64_t octets = 0;    // of the batch behind it: all of it is there, or none of it counts
  JournalId journal;           // nobody outside knows it: a message's text cannot look like a mark

  std::array<std::uint8_t, kOctets> Encode() const;
  static std::optional<Mark> Decode(smpp::Bytes payload);
};

}  // namespace hub::journal
