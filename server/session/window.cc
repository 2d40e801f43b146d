#include "server/session/window.h"

#include <algorithm>
#include <bit>

#include "server/base/check.h"

namespace hub {
namespace {

// Four times the window: a response that is long in coming blocks nobody until four windows have passed it.
std::size_t RingSize(std::uint32_t requests_max) {
  return std::bit_ceil(static_cast<std::size_t>(requests_max) * 4 + 16);
}

constexpr std::size_t kRingFirst = 8;  // an idle bind has an enquire_link on its way, now and then

}  // namespace

bool IsMessage(smpp::CommandId id) {
  using enum smpp::CommandId;
  return id == submit_sm || id == deliver_sm || id == data_sm || id == cancel_sm ||
         id == replace_sm || id == query_sm || id == broadcast_sm || id == query_broadcast_sm ||
         id == cancel_broadcast_sm;
}

Window::Window(std::uint32_t requests_max, std::uint32_t first_sequence_number)
    : ring_max_(RingSize(requests_max)),
      requests_max_(requests_max),
      next_(first_sequence_number - 1),
      oldest_(next_) {
  HUB_CHECK(requests_max > 0);
}

std::uint32_t Window::Open(smpp::CommandId id, std::uint64_t token, TimePoint now) {
  if (next_ - oldest_ >= ring_.size()) Grow();
  const auto number = static_cast<std::uint32_t>(next_ % kSequenceNumberMax) + 1;
  Outstanding& cell = Cell(next_++);
  HUB_CHECK(cell.sequence_number == 0);
  cell = {number, id, token, now};
  return number;
}

std::uint32_t Window::OpenMessage(smpp::CommandId id, std::uint64_t token, TimePoint now) {
  HUB_CHECK(!full() && IsMessage(id));
  ++messages_;
  return Open(id, token, now);
}

std::optional<std::uint32_t> Window::OpenLinkRequest(smpp::CommandId id, TimePoint now) {
  if (next_ - oldest_ >= ring_max_) return std::nullopt;
  return Open(id, 0, now);
}

std::optional<std::uint32_t> Window::PassNumber(TimePoint now) {
  if (next_ - oldest_ >= ring_max_ / 2) return std::nullopt;
  const std::optional<std::uint32_t> number =
      OpenLinkRequest(smpp::CommandId::alert_notification, now);
  if (number) Close(*number);
  return number;
}

std::optional<Outstanding> Window::Close(std::uint32_t sequence_number) {
  if (sequence_number == 0 || sequence_number > kSequenceNumberMax) return std::nullopt;
  // The n-th request carries (n mod max) + 1; find the n in [oldest_, next_) that carries this number.
  const std::uint64_t base = oldest_ % kSequenceNumberMax;
  const std::uint64_t wanted = sequence_number - 1;
  const std::uint64_t n = oldest_ + (wanted + kSequenceNumberMax - base) % kSequenceNumberMax;
  if (n >= next_) return std::nullopt;
  Outstanding& cell = Cell(n);
  if (cell.sequence_number != sequence_number) return std::nullopt;
  const Outstanding found = cell;
  cell.sequence_number = 0;
  if (IsMessage(found.command_id)) --messages_;
  SkipClosed();
  return found;
}

const Outstanding* Window::oldest() {
  SkipClosed();
  return oldest_ == next_ ? nullptr : &Cell(oldest_);
}

void Window::Grow() {
  HUB_CHECK(ring_.size() < ring_max_);
  std::vector<Outstanding> old(std::min(std::max(kRingFirst, 2 * ring_.size()), ring_max_));
  old.swap(ring_);
  for (std::uint64_t n = oldest_; n != next_; ++n) Cell(n) = old[n & (old.size() - 1)];
}

void Window::Rest() {
  if (oldest() == nullptr) std::vector<Outstanding>().swap(ring_);
}

void Window::SkipClosed() {
  while (oldest_ != next_ && Cell(oldest_).sequence_number == 0) ++oldest_;
}

}  // namespace hub
