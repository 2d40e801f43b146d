// Rows for COPY ... (FORMAT binary): the cheapest way into PostgreSQL, and exact.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/base/money.h"

namespace hub::store {

/// The stream of one COPY. One thread. Usage: Begin(columns), the fields of a row in order, Begin
/// again, ..., Finish.
class CopyRows {
 public:
  void Begin(std::int16_t columns);
  void Int2(std::int16_t value);
  void Int4(std::int32_t value);
  void Int8(std::int64_t value);
  /// Days since 1970.
  void Date(std::int32_t day);
  /// Microseconds since 1970 UTC.
  void Timestamp(std::int64_t micros);
  void Numeric(NanoSum amount);
  /// Any octets: what is not printable UTF-8 is written as \xNN, so that no peer's octet can fail a
  /// batch.
  void Text(std::string_view octets);

  std::int64_t rows() const { return rows_; }
  /// The whole stream. Call once.
  std::string Finish();

 private:
  template <class T>
  void Put(T value);
  template <class T>
  void Field(T value);

  std::string out_;
  std::int64_t rows_ = 0;
};

/// `octets` as PostgreSQL takes it in a UTF-8 database: valid sequences stay, a backslash is
/// doubled when anything had to be escaped, other octets and control characters become \xNN.
std::string CleanText(std::string_view octets);

}  // namespace hub::store
