// Requests that wait for their response, by sequence_number. One session owns it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/wire/command.h"
#include "server/base/clock.h"

namespace hub {

/// SMPP v3.4 §3.2: 1 to 0x7FFFFFFF, then 1 again.
inline constexpr std::uint32_t kSequenceNumberMax = 0x7FFFFFFF;

struct Outstanding {
  std::uint32_t sequence_number = 0;  // 0: this cell is free
  smpp::CommandId command_id{};
  std::uint64_t token = 0;  // the opener's, handed back untouched
  TimePoint sent_at{};
};

/// Of the requests that we send, these count for the window, and who opened one hears its end.
bool IsMessage(smpp::CommandId id);

/// A ring in order of sending: opening, matching and timing out are O(1). It begins with nothing, doubles up to four windows
/// as requests wait at once, and gives that back in Rest: ten thousand idle binds must not hold ten thousand full windows.
/// Responses may come in any order. A number that is still outstanding is never used again.
class Window {
 public:
  /// requests_max  messages outstanding at once; a few numbers more are kept for enquire_link and unbind.
  explicit Window(std::uint32_t requests_max, std::uint32_t first_sequence_number = 1);

  /// No message may be opened now: requests_max are outstanding, or the oldest one blocks the ring.
  bool full() const { return messages_ >= requests_max_ || next_ - oldest_ + kSpare >= ring_max_; }
  std::uint32_t messages() const { return messages_; }
  std::uint32_t requests_max() const { return requests_max_; }

  /// Opens a message; only when not full(). Returns the sequence_number to send.
  std::uint32_t OpenMessage(smpp::CommandId id, std::uint64_t token, TimePoint now);
  /// Opens a bind, enquire_link or unbind: nullopt only when even the spare numbers are outstanding.
  std::optional<std::uint32_t> OpenLinkRequest(smpp::CommandId id, TimePoint now);

  /// The number of a request that has no response. nullopt while the oldest one blocks half of the ring: the rest is for messages.
  std::optional<std::uint32_t> PassNumber(TimePoint now);

  /// Matches a response by number only; nullopt when nothing waits for it.
  std::optional<Outstanding> Close(std::uint32_t sequence_number);

  /// The one sent first of those that still wait; null when none does.
  const Outstanding* oldest();

  /// Frees the ring if nothing waits in it. For an idle moment: the next request allocates again.
  void Rest();
  /// What the ring takes now.
  std::size_t memory_octets() const { return ring_.capacity() * sizeof(Outstanding); }

 private:
  static constexpr std::uint64_t kSpare = 8;

  std::uint32_t Open(smpp::CommandId id, std::uint64_t token, TimePoint now);
  Outstanding& Cell(std::uint64_t n) { return ring_[n & (ring_.size() - 1)]; }
  void SkipClosed();
  void Grow();

  const std::size_t ring_max_;
  std::vector<Outstanding>
      ring_;  // cell of the n-th request: n mod size; a power of two, or nothing yet
  const std::uint32_t requests_max_;
  std::uint64_t next_,
      oldest_;  // counts of requests; the number on the wire is (n mod 0x7FFFFFFF) + 1
  std::uint32_t messages_ = 0;
};

}  // namespace hub
