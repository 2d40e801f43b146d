// Marks on numbers, millions of them: nine octets each, three quarters of the room used at most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hub::load {

/// Open addressing in many small tables, each of which grows alone: to move all numbers at once would take a third of a second of
/// a run, and be told as latency. One thread.
class NumberMarks {
 public:
  /// Sets `bits`, at least one; returns the marks that the number had before, 0 for a new one.
  std::uint8_t Mark(std::uint64_t number, std::uint8_t bits);

 private:
  static constexpr unsigned kTableBits = 12;  // of the hash; the bits behind them give the place

  struct Table {
    std::vector<std::uint64_t> numbers;
    std::vector<std::uint8_t> marks;  // 0: the place is free
    unsigned size_bits = 0;
    std::size_t used = 0;

    std::size_t PlaceOf(std::uint64_t number) const;
    void Grow();
  };

  std::vector<Table> tables_;  // made with the first number
};

}  // namespace hub::load
