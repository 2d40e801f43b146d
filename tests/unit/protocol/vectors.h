// The golden PDUs of vectors/*.json, and hex to read and write them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protocol/wire/bytes.h"

namespace smpp::test {

using Octets = std::vector<std::uint8_t>;
using Json = nlohmann::json;

/// "00ff" -> two octets.
Octets FromHex(std::string_view hex);
std::string ToHex(Bytes octets);

/// The "vectors" of one file, e.g. Vectors("submit").
std::vector<Json> Vectors(const std::string& file);

/// All valid PDUs: session, submit, deliver, operations, tlvs.
std::vector<Json> ValidVectors();

/// The octets of one valid vector by its id ("U14").
Octets VectorPdu(std::string_view id);

/// A test's name from a vector: its id.
template <class ParamInfo>
std::string VectorName(const ParamInfo& info) {
  return info.param["id"].template get<std::string>();
}

}  // namespace smpp::test
