// A journal's name for life: a random UUID, made with its folder. In every segment and mark, and in PostgreSQL.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hub::journal {

struct JournalId {
  std::array<std::uint8_t, 16> octets{};  // in the order of the text

  /// "0b3c1b1e-5f0a-4d8e-9c67-2f1d3a4b5c6d"
  std::string Text() const;
  static std::optional<JournalId> FromText(std::string_view text);
  /// RFC 9562 §5.4, version 4.
  static JournalId MakeRandom();

  friend bool operator==(const JournalId&, const JournalId&) = default;
};

}  // namespace hub::journal
