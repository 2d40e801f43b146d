// Classes of messages in order of urgency, and priorities within a class.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hub::relay {

/// Smaller is more urgent.
enum class MessageClass : std::uint8_t {
#define CLASS(name, weight) k##name,
#include "server/relay/message_class.def"
#undef CLASS
};

inline constexpr std::string_view kClassNames[] = {
#define CLASS(name, weight) #name,
#include "server/relay/message_class.def"
#undef CLASS
};

inline constexpr int kClassWeights[] = {
#define CLASS(name, weight) weight,
#include "server/relay/message_class.def"
#undef CLASS
};

inline constexpr std::size_t kMessageClasses = std::size(kClassNames);

constexpr std::size_t IndexOf(MessageClass c) { return static_cast<std::size_t>(c); }
constexpr std::string_view ClassName(MessageClass c) { return kClassNames[IndexOf(c)]; }

/// Nothing for a word that is no class ("any" of a deck's row is none).
constexpr std::optional<MessageClass> ParseMessageClass(std::string_view name) {
  const auto* found = std::find(std::begin(kClassNames), std::end(kClassNames), name);
  if (found == std::end(kClassNames)) return std::nullopt;
  return static_cast<MessageClass>(found - std::begin(kClassNames));
}

/// Priorities within a class: 0 goes first.
inline constexpr std::uint8_t kPriorities = 4;

/// priority_flag counts the other way: 3 is the most urgent, 0 bulk; larger ones are v5.0's and other networks', taken for 3.
/// SMPP v3.4 §5.2.14
constexpr std::uint8_t PriorityOf(std::uint8_t priority_flag) {
  return static_cast<std::uint8_t>(kPriorities - 1 - std::min<int>(priority_flag, kPriorities - 1));
}

}  // namespace hub::relay
