#include "server/journal/segment.h"

#include <charconv>
#include <cstring>

#include "server/journal/crc32c.h"

namespace hub::journal {
namespace {

constexpr std::array<std::uint8_t, 8> kMagic = {'S', 'M', 'P', 'P', 'H', 'U', 'B', 'J'};
constexpr std::size_t kCrcOffset =
    kSegmentHeaderOctets - 4;  // covers all octets before it, zeroes too
constexpr std::string_view kSuffix = ".journal";
constexpr std::size_t kNameDigits = 20;

// Where each field lies, in the order of the README's table.
struct Layout {
  std::array<std::uint8_t, 8> magic;
  std::uint32_t version;
  std::int32_t node_id;
  std::int64_t epoch;
  std::array<std::uint8_t, 16> journal;
  std::uint64_t start;
};
static_assert(sizeof(Layout) == 48 && std::is_trivially_copyable_v<Layout>);

}  // namespace

std::array<std::uint8_t, kSegmentHeaderOctets> SegmentHeader::Encode() const {
  std::array<std::uint8_t, kSegmentHeaderOctets> octets{};
  const Layout layout{kMagic, kFormatVersion, node_id, epoch, journal.octets, start};
  std::memcpy(octets.data(), &layout, sizeof layout);
  const std::uint32_t crc = Crc32c(0, smpp::Bytes(octets).first(kCrcOffset));
  std::memcpy(octets.data() + kCrcOffset, &crc, sizeof crc);
  return octets;
}

smpp::Result<SegmentHeader, std::string> SegmentHeader::Decode(smpp::Bytes octets) {
  if (octets.size() < kSegmentHeaderOctets) return Err{std::string("it ends within its header")};
  Layout layout;
  std::memcpy(&layout, octets.data(), sizeof layout);
  std::uint32_t crc;
  std::memcpy(&crc, octets.data() + kCrcOffset, sizeof crc);
  if (layout.magic != kMagic) return Err{std::string("it is no segment of a journal")};
  if (crc != Crc32c(0, octets.first(kCrcOffset)))
    return Err{std::string("the CRC of its header is wrong")};
  if (layout.version != kFormatVersion)
    return Err{"its format is " + std::to_string(layout.version) + ", this build reads " +
               std::to_string(kFormatVersion)};
  return SegmentHeader{layout.node_id, layout.epoch, {layout.journal}, layout.start};
}

std::string SegmentName(Position start) {
  std::string digits = std::to_string(start);
  return std::string(kNameDigits - digits.size(), '0') + digits + std::string(kSuffix);
}

std::optional<Position> ParseSegmentName(std::string_view name) {
  if (name.size() != kNameDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  const char* end = name.data() + kNameDigits;
  Position start = 0;
  const auto [at, error] = std::from_chars(name.data(), end, start);
  if (error != std::errc{} || at != end) return std::nullopt;
  return start;
}

Error DamageError(const SegmentInfo& segment, std::uint64_t offset, std::string why) {
  std::string where = segment.path + " at " + std::to_string(offset);
  if (offset >= kSegmentHeaderOctets)
    where += " (position " + std::to_string(segment.PositionOf(offset)) + ")";
  return {.doing = "read the journal",
          .why = std::move(why),
          .place = std::move(where),
          .system_errno = 0,
          .sqlstate = {},
          .advice =
              "nothing was changed; copy the folder away, look for errors of the disk, and see "
              "\"When the journal is refused\" in server/journal/README.md"};
}

}  // namespace hub::journal
