// The malformed families of the reference, made of the specifications' layouts: hundreds of inputs, each with the answer it is
// owed in each state. Decisions that differ stand in protocol/README.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/wire/header.h"

namespace hub::test {

struct BadPdu {
  enum Family : std::uint8_t {
    kFraming,   // command_length out of bounds, or no SMPP at all
    kUnknown,   // a request whose command_id has no name
    kResponse,  // a response, or generic_nack, to nothing
    kBody,      // a known request whose body is wrong
    kHarmless,  // what may be ignored: octets behind a header, command_status in a request
  };

  std::string name;
  Family family = kBody;
  std::vector<std::uint8_t> octets;
  smpp::Status status = smpp::Status::ESME_ROK;  // of kBody: what its body deserves
  std::uint32_t sequence_number = 77;            // that the answer echoes
};

/// All of them; each family has its own generator.
const std::vector<BadPdu>& BadPdus();

/// What must come back.
struct Owed {
  std::optional<smpp::Header> answer;  // longer than itself: an empty message_id stands behind it
  bool lives = true;

  /// As it travels; nothing where no answer is owed.
  std::vector<std::uint8_t> octets() const;
};
/// To a client in a state ("OPEN", "BOUND_TX", "BOUND_RX", "BOUND_TRX", "UNBINDING").
Owed OwedFor(const BadPdu& bad, std::string_view state);
/// To a supplier whose session of ours is in that state; "OPEN": it has not answered our bind.
Owed OwedToSupplier(const BadPdu& bad, std::string_view state);

}  // namespace hub::test
