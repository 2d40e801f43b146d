#include "bench/load/lib/receipt_book.h"

#include <charconv>
#include <utility>

namespace hub::load {
namespace {

// False for a text that is not the one way to write a number: "007" and "7" are two ids.
bool IsNumber(std::string_view id, std::uint64_t* number) {
  if (id.empty() || id.front() == '0') return false;
  const char* end = id.data() + id.size();
  const auto [stop, error] = std::from_chars(id.data(), end, *number);
  return error == std::errc() && stop == end;
}

}  // namespace

std::uint8_t ReceiptBook::Mark(std::string_view id, std::uint8_t bits) {
  std::uint64_t number = 0;
  if (IsNumber(id, &number)) return numbers_.Mark(number, bits);
  auto found = texts_.find(id);
  if (found == texts_.end()) found = texts_.emplace(id, 0).first;
  return std::exchange(found->second, found->second | bits);
}

void ReceiptBook::Accepted(std::string_view id) {
  const std::uint8_t before = Mark(id, kAccepted);
  if ((before & kAccepted) != 0) {
    ++repeated_ids_;
    return;
  }
  ++accepted_;
  if ((before & kReceived) == 0) return;
  ++matched_;
  --early_;
}

void ReceiptBook::Received(std::string_view id) {
  const std::uint8_t before = Mark(id, kReceived);
  if ((before & kReceived) != 0) {
    ++duplicates_;
    return;
  }
  ++((before & kAccepted) != 0 ? matched_ : early_);
}

}  // namespace hub::load
