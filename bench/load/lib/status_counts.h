// How many answers had which command_status.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "protocol/wire/status.h"

namespace hub::load {

/// One thread.
class StatusCounts {
 public:
  void Add(smpp::Status status) {
    const auto code = static_cast<std::uint32_t>(status);
    ++(code < kFlat ? flat_[code] : others_[status]);
  }
  std::uint64_t Of(smpp::Status status) const;
  /// Those that came, in the order of their codes.
  std::map<smpp::Status, std::uint64_t> All() const;
  /// {"ESME_ROK":3,...}
  std::string Json() const;

 private:
  static constexpr std::uint32_t kFlat =
      0x100;  // the codes of v3.4; above them stand those of vendors

  std::array<std::uint64_t, kFlat> flat_{};
  std::map<smpp::Status, std::uint64_t> others_;
};

/// "ESME_RTHROTTLED", or "0x00000401" for a status without a name.
std::string StatusText(smpp::Status status);

}  // namespace hub::load
