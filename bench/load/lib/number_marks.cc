#include "bench/load/lib/number_marks.h"

#include <utility>

namespace hub::load {
namespace {

constexpr unsigned kFirstSizeBits = 4;

// Fibonacci hashing: numbers in a row, as counters give them, fall far apart.                    Knuth, vol. 3, 6.4
std::uint64_t HashOf(std::uint64_t number) { return number * 0x9E3779B97F4A7C15; }

}  // namespace

// Where the number stands, or the free place where it belongs; there is one.
std::size_t NumberMarks::Table::PlaceOf(std::uint64_t number) const {
  std::size_t place = HashOf(number) << kTableBits >> (64 - size_bits);
  while (marks[place] != 0 && numbers[place] != number) place = (place + 1) & (marks.size() - 1);
  return place;
}

void NumberMarks::Table::Grow() {
  const auto old_numbers = std::exchange(numbers, {});
  const auto old_marks = std::exchange(marks, {});
  size_bits = size_bits == 0 ? kFirstSizeBits : size_bits + 1;
  numbers.resize(std::size_t{1} << size_bits);
  marks.resize(std::size_t{1} << size_bits);
  for (std::size_t i = 0; i < old_marks.size(); ++i) {
    if (old_marks[i] == 0) continue;
    const std::size_t place = PlaceOf(old_numbers[i]);
    numbers[place] = old_numbers[i];
    marks[place] = old_marks[i];
  }
}

std::uint8_t NumberMarks::Mark(std::uint64_t number, std::uint8_t bits) {
  if (tables_.empty()) tables_.resize(std::size_t{1} << kTableBits);
  Table& table = tables_[HashOf(number) >> (64 - kTableBits)];
  if (4 * table.used >= 3 * table.marks.size()) table.Grow();
  const std::size_t place = table.PlaceOf(number);
  const std::uint8_t before = table.marks[place];
  if (before == 0) ++table.used;
  table.numbers[place] = number;
  table.marks[place] = before | bits;
  return before;
}

}  // namespace hub::load
