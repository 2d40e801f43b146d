// A segment: one file of the journal. Its name is its first position; its first block says whose it is.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/wire/bytes.h"
#include "server/base/error.h"
#include "server/journal/disk.h"
#include "server/journal/journal.h"
#include "server/journal/journal_id.h"

namespace hub::journal {

/// Frames begin here: a block of its own, so that no later write touches the header's sectors.
inline constexpr std::size_t kSegmentHeaderOctets = 4096;
inline constexpr std::uint32_t kFormatVersion = 1;

struct SegmentHeader {
  std::int32_t node_id = 0;
  std::int64_t epoch = 0;  // of the run that made it
  JournalId journal;
  Position start = 0;  // of the first frame

  std::array<std::uint8_t, kSegmentHeaderOctets> Encode() const;
  /// Or what is wrong with it.
  static smpp::Result<SegmentHeader, std::string> Decode(smpp::Bytes octets);
};

/// A segment as the folder knows it.
struct SegmentInfo {
  static constexpr Position kOpenEnd = UINT64_MAX;

  std::string path;
  Position start = 0;
  Position end = kOpenEnd;  // where the next segment starts: octets behind it count for nothing
  std::int64_t epoch = 0;
  std::uint64_t octets = 0;  // of the file

  std::uint64_t OffsetOf(Position position) const {
    return kSegmentHeaderOctets + (position - start);
  }
  Position PositionOf(std::uint64_t offset) const {
    return start + (offset - kSegmentHeaderOctets);
  }
};

/// 20 digits, so that names sort as positions do: "00000000000000004096.journal".
std::string SegmentName(Position start);
std::optional<Position> ParseSegmentName(std::string_view name);

/// Damage of a segment: names file, offset and position, and what to do. Nothing was changed.
Error DamageError(const SegmentInfo& segment, std::uint64_t offset, std::string why);

}  // namespace hub::journal
