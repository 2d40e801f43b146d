#include "server/routing/number.h"

#include <algorithm>

namespace hub::routing {
namespace {

constexpr std::uint8_t kTonUnknown = 0, kTonInternational = 1;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::uint8_t NormaliseNumber(std::string_view address, std::uint8_t ton,
                             std::array<char, 24>* digits) {
  if (address.starts_with('+')) {
    address.remove_prefix(1);
  } else if ((ton == kTonUnknown || ton == kTonInternational) && address.starts_with("00")) {
    address.remove_prefix(2);
  }
  if (address.size() < kNumberDigitsMin || address.size() > kNumberDigitsMax) return 0;
  if (address[0] == '0' || !std::all_of(address.begin(), address.end(), IsDigit)) return 0;
  std::copy(address.begin(), address.end(), digits->begin());
  return static_cast<std::uint8_t>(address.size());
}

}  // namespace hub::routing
