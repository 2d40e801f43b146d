// The message_id of a request about a message: query_sm, cancel_sm, replace_sm.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

#include "server/base/message_id.h"

namespace hub::relay {

/// An id as we write them: decimal digits of 63 bits, without zeros in front. Nothing for any other text.
inline std::optional<MessageId> ParseId(std::string_view text) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id <= 0) return {};
  if (text.front() == '0') return {};
  return static_cast<MessageId>(id);
}

}  // namespace hub::relay
