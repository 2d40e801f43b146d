// The addresses of a message whose supplier wanted them otherwise.
#pragma once

#include <cstdint>
#include <string>

namespace hub::relay {

struct SentAs {
  struct Party {
    std::uint8_t ton = 0, npi = 0;
    std::string address;

    bool operator==(const Party&) const = default;
  };
  Party source, destination;     // as the client has them: its receipts name these
  std::string upstream_address;  // the destination as the supplier has it
};

}  // namespace hub::relay
