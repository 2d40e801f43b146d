#include "protocol/receipt/message_state.h"

#include "protocol/receipt/ascii.h"

namespace smpp {
namespace {

struct Row {
  MessageState state;
  std::string_view name;
  std::string_view stat;
};

constexpr Row kStates[] = {
#define STATE(name, value, stat, final) {MessageState::name, #name, stat},
#include "protocol/receipt/message_state.def"
#undef STATE
};

struct Alias {
  std::string_view word;
  MessageState state;
};

constexpr Alias kAliases[] = {
#define ALIAS(word, state) {word, MessageState::state},
#include "protocol/receipt/stat_alias.def"
#undef ALIAS
};

const Row* Find(MessageState state) {
  for (const Row& row : kStates) {
    if (row.state == state) return &row;
  }
  return nullptr;
}

}  // namespace

std::string_view StateName(MessageState state) {
  const Row* row = Find(state);
  return row == nullptr ? std::string_view{} : row->name;
}

std::string_view StatOf(MessageState state) {
  const Row* row = Find(state);
  return row == nullptr ? StatOf(MessageState::UNKNOWN) : row->stat;
}

std::optional<MessageState> StateOf(std::uint8_t value) {
  const Row* row = Find(static_cast<MessageState>(value));
  if (row == nullptr) return std::nullopt;
  return row->state;
}

std::optional<MessageState> StateOfStat(std::string_view stat) {
  for (const Row& row : kStates) {
    if (EqualsFolded(row.stat, stat)) return row.state;
  }
  for (const Alias& alias : kAliases) {
    if (EqualsFolded(alias.word, stat)) return alias.state;
  }
  return std::nullopt;
}

}  // namespace smpp
