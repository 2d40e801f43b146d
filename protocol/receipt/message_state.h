// message_state: what became of a message.                          SMPP v3.4 §5.2.28, v5.0 §4.7.15
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace smpp {

enum class MessageState : std::uint8_t {
#define STATE(name, value, stat, final) name = value,
#include "protocol/receipt/message_state.def"
#undef STATE
};

/// True when nothing more is to come for the message.
constexpr bool IsFinal(MessageState state) {
  switch (state) {
#define STATE(name, value, stat, final) \
  case MessageState::name:              \
    return final;
#include "protocol/receipt/message_state.def"
#undef STATE
  }
  return false;
}

/// "DELIVERED"; "" for a value without a name.
std::string_view StateName(MessageState state);

/// "DELIVRD": the word of Appendix B; "UNKNOWN" for a value without a name.
std::string_view StatOf(MessageState state);

/// The state of a TLV's value; nothing for a value that the table lacks.
std::optional<MessageState> StateOf(std::uint8_t value);

/// The state of a `stat:` word, in any case, aliases included; nothing for a word that no table
/// has.
std::optional<MessageState> StateOfStat(std::string_view stat);

}  // namespace smpp
