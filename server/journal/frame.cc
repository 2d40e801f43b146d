#include "server/journal/frame.h"

#include <cstring>

#include "server/base/check.h"
#include "server/journal/crc32c.h"

namespace hub::journal {
namespace {

constexpr std::size_t kLengthOctets = 4;
constexpr std::size_t kKindOffset = 8;  // after length and CRC

template <class T>
T Get(const std::uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <class T>
std::uint8_t* Put(std::uint8_t* to, const T& value) {
  std::memcpy(to, &value, sizeof value);
  return to + sizeof value;
}

// Of the length and of kind and payload, which is all but the CRC itself.
std::uint32_t CrcOf(smpp::Bytes frame) {
  return Crc32c(Crc32c(0, frame.first(kLengthOctets)), frame.subspan(kKindOffset));
}

ParsedFrame Garbage(const char* why) { return {.check = FrameCheck::kGarbage, .why = why}; }

}  // namespace

void SealFrame(smpp::MutableBytes frame) {
  HUB_CHECK(frame.size() >= kFrameHeaderOctets && frame.size() <= kFrameOctetsMax);
  Put(frame.data(), static_cast<std::uint32_t>(frame.size() - kKindOffset));
  Put(frame.data() + kLengthOctets, CrcOf(frame));
}

ParsedFrame ParseFrame(smpp::Bytes octets) {
  if (octets.size() < kLengthOctets)
    return {.check = FrameCheck::kShort, .size = kFrameHeaderOctets};
  const std::size_t length = Get<std::uint32_t>(octets.data());
  if (length == 0) return {.check = FrameCheck::kNothing};
  if (length > kFrameOctetsMax - kKindOffset) return Garbage("no frame is that long");
  const std::size_t size = kKindOffset + length;
  if (octets.size() < size) return {.check = FrameCheck::kShort, .size = size};
  if (CrcOf(octets.first(size)) != Get<std::uint32_t>(octets.data() + kLengthOctets))
    return Garbage("its CRC is wrong");
  const std::uint8_t kind = octets[kKindOffset];
  if (kind == 0) return Garbage("no frame is of kind 0");
  return {.check = FrameCheck::kFrame,
          .size = size,
          .kind = kind,
          .payload = octets.first(size).subspan(kFrameHeaderOctets)};
}

std::array<std::uint8_t, Mark::kOctets> Mark::Encode() const {
  std::array<std::uint8_t, kOctets> frame{};
  frame[kKindOffset] = kKind;
  std::uint8_t* to = frame.data() + kFrameHeaderOctets;
  to = Put(to, at);
  to = Put(to, durable_below);
  to = Put(to, octets);
  Put(to, journal.octets);
  SealFrame(frame);
  return frame;
}

std::optional<Mark> Mark::Decode(smpp::Bytes payload) {
  if (payload.size() != kPayloadOctets) return std::nullopt;
  Mark mark;
  mark.at = Get<Position>(payload.data());
  mark.durable_below = Get<Position>(payload.data() + 8);
  mark.octets = Get<std::uint64_t>(payload.data() + 16);
  std::memcpy(mark.journal.octets.data(), payload.data() + 24, mark.journal.octets.size());
  return mark;
}

}  // namespace hub::journal
