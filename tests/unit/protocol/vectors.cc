#include "tests/unit/protocol/vectors.h"

#include <fstream>

namespace smpp::test {

Octets FromHex(std::string_view hex) {
  Octets octets;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    octets.push_back(
        static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return octets;
}

std::string ToHex(Bytes octets) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const std::uint8_t octet : octets) {
    hex.push_back(kDigits[octet >> 4]);
    hex.push_back(kDigits[octet & 0xF]);
  }
  return hex;
}

std::vector<Json> Vectors(const std::string& file) {
  std::ifstream in(std::string(HUB_SOURCE_DIR) + "/tests/unit/protocol/vectors/" + file + ".json");
  const Json json = Json::parse(in);
  return json["vectors"].get<std::vector<Json>>();
}

std::vector<Json> ValidVectors() {
  std::vector<Json> all;
  for (const char* file : {"session", "submit", "deliver", "operations", "tlvs"}) {
    for (Json& vector : Vectors(file)) all.push_back(std::move(vector));
  }
  return all;
}

Octets VectorPdu(std::string_view id) {
  for (const Json& vector : ValidVectors()) {
    if (vector["id"] == id) return FromHex(vector["hex"].get<std::string>());
  }
  return {};
}

}  // namespace smpp::test
