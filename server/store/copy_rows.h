// Rows for COPY ... (FORMAT binary): the cheapest way into PostgreSQL, and exact.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/wire/bytes.h"
#include "server/base/money.h"

namespace hub::store {

/// PostgreSQL's order of octets.
template <class T>
T NetworkOrder(T value) {
  static_assert(std::endian::native == std::endian::little);
  if constexpr (sizeof(T) == 2)
    return static_cast<T>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
  if constexpr (sizeof(T) == 4)
    return static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
  if constexpr (sizeof(T) == 8)
    return static_cast<T>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
}

/// The stream of one COPY. One thread. Usage: Begin(columns), the fields of a row in order, Begin again, ..., Finish; Clear
/// keeps the memory for the next one.
class CopyRows {
 public:
  void Begin(std::int16_t columns);
  // In the header: a row has some thirty fields, and a call for each costs more than the field.
  void Int2(std::int16_t value) { Field(value); }
  void Int4(std::int32_t value) { Field(value); }
  void Int8(std::int64_t value) { Field(value); }
  void Bool(bool value);
  void Null() { Put(std::int32_t{-1}); }
  /// Days since 1970.
  void Date(std::int32_t day);
  /// Microseconds since 1970 UTC. Behind the year 9999, and so INT64_MAX: infinity.
  void Timestamp(std::int64_t micros);
  void Numeric(NanoSum amount);
  /// Any octets: what is not printable UTF-8 is written as \xNN, so that no peer's octet can fail a batch.
  void Text(std::string_view octets);
  /// bytea; of 16 octets also uuid.
  void Octets(smpp::Bytes octets);

  /// An Int8 whose value comes later: Fill, with what this returned.
  std::size_t Int8Later();
  void Fill(std::size_t place, std::int64_t value);

  std::int64_t rows() const { return rows_; }
  /// Ends the stream: no row follows. Nothing when there is none.
  void Finish();
  /// The whole stream, finished, borrowed; "" without rows.
  std::string_view Stream() const { return {out_.get(), size_}; }
  void Clear() { size_ = 0, rows_ = 0; }

 private:
  template <class T>
  void Put(T value) {
    value = NetworkOrder(value);
    std::memcpy(Room(sizeof value), &value, sizeof value);
  }
  template <class T>
  void Field(T value) {
    const auto length = NetworkOrder(static_cast<std::int32_t>(sizeof value));
    value = NetworkOrder(value);
    char* at = Room(sizeof length + sizeof value);
    std::memcpy(at, &length, sizeof length);
    std::memcpy(at + sizeof length, &value, sizeof value);
  }
  char* Room(std::size_t octets) {
    if (capacity_ - size_ < octets) [[unlikely]]
      Grow(octets);
    char* at = out_.get() + size_;
    size_ += octets;
    return at;
  }
  void Grow(std::size_t octets);
  void Variable(std::string_view octets);

  std::unique_ptr<char[]> out_;
  std::size_t size_ = 0, capacity_ = 0;
  std::int64_t rows_ = 0;
};

/// `octets` as PostgreSQL takes it in a UTF-8 database: valid sequences stay, a backslash is
/// doubled when anything had to be escaped, other octets and control characters become \xNN.
std::string CleanText(std::string_view octets);

}  // namespace hub::store
