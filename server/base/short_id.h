// Ids that a client of SMPP v3.3 can hold: 8 characters, where others are 18 or 19 digits.
//
//   id     41 bits ms            | 6 node | 6 loop | counter 511, 752 or 768, in a few milliseconds of each second
//   code   seconds since 2025    x  node   x  loop  x 80 places of a second      < 62^8
//   text   8 of 0-9 A-Z a-z, always
//
// A sparse part of all MessageIds, kept for sessions below v3.4: how a client writes an id follows from the id alone, both ways
// exactly, without a table that a restart or another node would lack.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "server/base/message_id.h"

namespace hub {
namespace short_id {

enum class Kind : std::uint8_t { kSingle, kSmallBlock, kLargeBlock };
inline constexpr std::size_t kKinds = 3;

/// Where the ids of a kind lie: `per_second` of a loop, all with this counter, `step_ms` apart from the second's start.
struct Places {
  std::uint64_t counter;
  std::uint64_t per_second;
  std::uint64_t step_ms;
};
inline constexpr std::array<Places, kKinds> kPlaces = {{{id_layout::kSingles, 72, 13},
                                                        {id_layout::kShortSmallBlock, 4, 250},
                                                        {id_layout::kLargeFrom, 4, 250}}};

inline constexpr std::uint64_t kPlacesPerSecond = 80, kMillisPerSecond = 1'000;
static_assert(kPlaces[0].per_second + kPlaces[1].per_second + kPlaces[2].per_second ==
              kPlacesPerSecond);

inline constexpr std::size_t kTextSize = 8;
inline constexpr std::string_view kAlphabet =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
inline constexpr std::uint64_t kCodes = [] {
  std::uint64_t codes = 1;
  for (std::size_t i = 0; i < kTextSize; ++i) codes *= kAlphabet.size();
  return codes;
}();
inline constexpr std::uint64_t kOwners = std::uint64_t{kNodesMax} * kLoopsMax;  // node and loop
/// No code for what is made later: its text is its digits again.
inline constexpr std::uint64_t kSecondsEnd = kCodes / (kOwners * kPlacesPerSecond);
static_assert(id_layout::kEpoch + std::chrono::seconds(kSecondsEnd) >=
              std::chrono::sys_days{std::chrono::year{2046} / 1 / 1});

constexpr MessageId IdAt(std::uint64_t second, std::uint64_t owner, const Places& places,
                         std::uint64_t n) {
  const std::uint64_t millis = second * kMillisPerSecond + n * places.step_ms;
  return millis << id_layout::kMillisShift | owner << id_layout::kCounterBits | places.counter;
}

/// Whether a large block that begins in this millisecond would be a short one.
constexpr bool TakesLargeBlock(std::uint64_t millis) {
  const Places& large = kPlaces[static_cast<std::size_t>(Kind::kLargeBlock)];
  static_assert(kPlaces[2].step_ms * kPlaces[2].per_second == kMillisPerSecond);
  return millis % large.step_ms == 0;
}

/// Nothing: the id is none of the short ones.
constexpr std::optional<std::uint64_t> CodeOf(MessageId id) {
  std::uint64_t before = 0;
  for (const Places& places : kPlaces) {
    if (id % id_layout::kCounters == places.counter) {
      const std::uint64_t millis = id >> id_layout::kMillisShift;
      const std::uint64_t second = millis / kMillisPerSecond, in = millis % kMillisPerSecond;
      const std::uint64_t n = in / places.step_ms;
      if (in % places.step_ms != 0 || n >= places.per_second || second >= kSecondsEnd) return {};
      const std::uint64_t owner = id >> id_layout::kCounterBits & (kOwners - 1);
      return (second * kOwners + owner) * kPlacesPerSecond + before + n;
    }
    before += places.per_second;
  }
  return {};
}

/// Nothing: no id has the code.
constexpr std::optional<MessageId> IdOf(std::uint64_t code) {
  const std::uint64_t rest = code / kPlacesPerSecond;
  if (rest / kOwners >= kSecondsEnd) return {};
  std::uint64_t n = code % kPlacesPerSecond;  // singles first
  std::size_t kind = 0;
  while (n >= kPlaces[kind].per_second) n -= kPlaces[kind++].per_second;
  return IdAt(rest / kOwners, rest % kOwners, kPlaces[kind], n);
}

/// The id that 8 characters name; nothing for any other text.
constexpr std::optional<MessageId> Parse(std::string_view text) {
  if (text.size() != kTextSize) return {};
  std::uint64_t code = 0;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return {};
    code = code * kAlphabet.size() + digit;
  }
  return IdOf(code);
}

}  // namespace short_id

/// What a client reads: in answers, receipts and their TLVs. Of a message of a submit_multi it is the block's.
class ClientText {
 public:
  explicit constexpr ClientText(MessageId id) {
    const MessageId named = ClientIdOf(id);
    // One compare tells most: no short id has a lower counter.
    const bool may_be_short = named % id_layout::kCounters >= id_layout::kSingles;
    const auto code = may_be_short ? short_id::CodeOf(named) : std::nullopt;
    if (code) {
      WriteCode(*code);
    } else {
      WriteDigits(named);
    }
  }
  constexpr operator std::string_view() const { return {chars_.data(), size_}; }

 private:
  constexpr void WriteCode(std::uint64_t code) {
    size_ = short_id::kTextSize;
    for (std::size_t i = size_; i-- > 0; code /= short_id::kAlphabet.size())
      chars_[i] = short_id::kAlphabet[code % short_id::kAlphabet.size()];
  }
  constexpr void WriteDigits(MessageId id) {
    if (!std::is_constant_evaluated()) {
      const auto end = std::to_chars(chars_.data(), chars_.data() + chars_.size(), id).ptr;
      size_ = static_cast<std::size_t>(end - chars_.data());
      return;
    }
    size_ = 1;
    for (MessageId rest = id; rest >= 10; rest /= 10) ++size_;
    for (std::size_t i = size_; i-- > 0; id /= 10) chars_[i] = static_cast<char>('0' + id % 10);
  }

  std::array<char, 20> chars_{};  // digits of 64 bits
  std::size_t size_ = 0;
};

/// What a client says: 8 characters of a short id, or the decimal digits of any, without zeros in front: a short one, too, as
/// versions that knew no short ids wrote it. Nothing for any other text.
constexpr std::optional<MessageId> ParseClientText(std::string_view text) {
  if (text.size() == short_id::kTextSize) return short_id::Parse(text);
  constexpr std::size_t kDigitsMax = 19;  // of 63 bits; any 19 digits fit into 64
  if (text.empty() || text.size() > kDigitsMax || text.front() == '0') return {};
  MessageId id = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return {};
    id = id * 10 + static_cast<MessageId>(c - '0');
  }
  return id >> 63 == 0 ? std::optional(id) : std::nullopt;
}

/// Owned by one loop. Never repeats: also not over restarts, and whatever the clock does.
///
/// A second has few places, so a burst also takes what the last kBackSeconds left, and the next kAheadSeconds. That is how far
/// from the clock the time of an id may be.
class ShortIdSource {
 public:
  static constexpr std::uint64_t kBackSeconds = 5;
  static constexpr std::uint64_t kAheadSeconds = 1;
  static constexpr std::uint64_t kSeconds = kBackSeconds + 1 + kAheadSeconds;

  /// `after` is an id that an earlier run may have used (0: none): all new ids are larger.
  ShortIdSource(unsigned node, unsigned loop, MessageId after);
  /// Nothing: all places of now are taken.
  std::optional<MessageId> Next(WallTime now) { return Take(short_id::Kind::kSingle, now); }
  /// As MessageIdSource::NextBlock: for 1 to kBlockMax messages.
  std::optional<MessageId> NextBlock(WallTime now, std::size_t messages);

 private:
  std::optional<MessageId> Take(short_id::Kind kind, WallTime now);
  std::optional<MessageId> TakeOf(std::uint64_t second, std::size_t kind);
  void Advance(WallTime now);

  const std::uint64_t owner_;
  const std::uint64_t first_;         // second: all of it is behind `after`
  std::uint64_t half_millis_;         // since 2025: our time, which never goes back
  std::uint64_t clock_ = UINT64_MAX;  // what it last said, in milliseconds; at first: nothing
  std::uint64_t newest_ = 0;          // second of used_
  std::array<std::array<std::uint8_t, short_id::kKinds>, kSeconds> used_{};  // places, by second
};

}  // namespace hub
