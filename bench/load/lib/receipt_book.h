// Which message got its receipt: exactly one final receipt for each id that was answered with ESME_ROK.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bench/load/lib/number_marks.h"

namespace hub::load {

/// Keeps every id of the run, so that a second receipt is told from a foreign one. One thread.
class ReceiptBook {
 public:
  /// A message was accepted with this id. A second message with the same id is counted: ids must be unique.
  void Accepted(std::string_view id);
  /// A final receipt came. It may come before Accepted.
  void Received(std::string_view id);

  std::uint64_t accepted() const { return accepted_; }
  std::uint64_t matched() const { return matched_; }        // ids with exactly one receipt or more
  std::uint64_t duplicates() const { return duplicates_; }  // receipts beyond the first
  std::uint64_t repeated_ids() const { return repeated_ids_; }
  /// Receipts for an id that no message was given.
  std::uint64_t unknown() const { return early_; }
  bool complete() const { return matched_ == accepted_; }

 private:
  static constexpr std::uint8_t kAccepted = 1;
  static constexpr std::uint8_t kReceived = 2;
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::uint8_t Mark(std::string_view id, std::uint8_t bits);  // returns those it had

  NumberMarks numbers_;  // ids that are decimal numbers, as ours are
  std::unordered_map<std::string, std::uint8_t, Hash, std::equal_to<>> texts_;  // all others
  std::uint64_t accepted_ = 0;
  std::uint64_t matched_ = 0;
  std::uint64_t duplicates_ = 0;
  std::uint64_t repeated_ids_ = 0;
  std::uint64_t early_ = 0;  // received and not (yet) accepted
};

}  // namespace hub::load
