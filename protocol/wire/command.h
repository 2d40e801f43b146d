// command_id: one name a PDU, from command.def.                     SMPP v3.4 §5.1.2.1, v5.0 §4.7.5
#pragma once

#include <cstdint>
#include <string_view>

namespace smpp {

/// Any 32-bit value may arrive; `IsKnown` tells whether it has a name here.
enum class CommandId : std::uint32_t {
#define COMMAND(name, value) name = value,
#include "protocol/wire/command.def"
#undef COMMAND
};

inline constexpr std::uint32_t kResponseBit = 0x80000000;

constexpr bool IsResponse(CommandId id) {
  return (static_cast<std::uint32_t>(id) & kResponseBit) != 0;
}

/// submit_sm -> submit_sm_resp. Only for requests that have a response.
constexpr CommandId ResponseOf(CommandId request) {
  return static_cast<CommandId>(static_cast<std::uint32_t>(request) | kResponseBit);
}

constexpr bool IsKnown(CommandId id) {
  switch (id) {
#define COMMAND(name, value) case CommandId::name:
#include "protocol/wire/command.def"
#undef COMMAND
    return true;
  }
  return false;
}

/// "submit_sm"; "" for a value without a name.
constexpr std::string_view CommandName(CommandId id) {
  switch (id) {
#define COMMAND(name, value) \
  case CommandId::name:      \
    return #name;
#include "protocol/wire/command.def"
#undef COMMAND
  }
  return {};
}

}  // namespace smpp
