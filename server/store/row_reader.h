// Turns the columns of a row into the fields of a struct, in order; remembers the first value that
// does not fit.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/error.h"
#include "server/base/money.h"
#include "server/store/enum_names.h"
#include "server/store/pg.h"

namespace hub::store {

/// The items of an array of texts as PostgreSQL prints it: {a,"b c"}. NULL items are not ours.
std::vector<std::string> ParseTextArray(std::string_view text);

/// Reads one result. Columns are taken from left to right, so a SELECT and its reader stand side by
/// side.
class RowReader {
 public:
  RowReader(const char* table, const PgResult& result) : table_(table), result_(result) {}

  /// To the next row; false after the last, or when a value did not fit.
  bool Next();

  void operator()(std::string& field) { field = result_.String(row_, column_++); }
  void operator()(bool& field) { field = result_.Bool(row_, column_++); }
  void operator()(Nano& field);
  /// numeric(24,9) has 15 digits before the point, more than a Nano.
  void Sum(NanoSum& field);
  void operator()(std::vector<std::string>& field);
  void operator()(std::vector<std::int32_t>& field);
  /// A bytea as PostgreSQL prints it: \\x and two digits an octet.
  void operator()(std::vector<std::uint8_t>& field);
  template <std::integral T>
  void operator()(T& field) {
    const std::int64_t value = result_.Int(row_, column_);
    if (value < static_cast<std::int64_t>(std::numeric_limits<T>::min()) ||
        (sizeof(T) < 8 && value > static_cast<std::int64_t>(std::numeric_limits<T>::max()))) {
      Refuse("does not fit");
    }
    field = static_cast<T>(value);
    ++column_;
  }
  template <class E, std::size_t N>
  void Enum(E& field, const EnumName<E> (&names)[N]) {
    const std::string_view text = result_.Text(row_, column_);
    bool known = false;
    for (const EnumName<E>& name : names) {
      if (name.name != text) continue;
      field = name.value;
      known = true;
    }
    if (!known) Refuse("is unknown to this build");
    ++column_;
  }

  /// What did not fit: "rate.rate: row 17: column 6 ...".
  const std::optional<Error>& error() const { return error_; }

 private:
  void Refuse(std::string_view why);

  const char* table_;
  const PgResult& result_;
  int row_ = -1;
  int column_ = 0;
  std::optional<Error> error_;
};

}  // namespace hub::store
