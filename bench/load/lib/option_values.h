// The text forms of option values. Each sets `*to` and returns "", or returns what is wrong.
#pragma once

#include "bench/load/lib/listener_options.h"

namespace hub::load {

using Wrong = std::string;

/// "5%", "0.01%" or without the sign: hundredths of a percent at least; in millionths. At most 100%.
bool ParsePercent(std::string_view text, std::uint32_t* millionths);

Wrong ParseAddress(std::string_view text, net::Address* to);
Wrong ParsePort(std::string_view text, std::uint16_t* to);
Wrong ParseText(std::string_view text, std::string* to);
Wrong ParseNumber(std::string_view text, std::uint64_t* to);
Wrong ParseId(std::string_view text, IdFormat* to);
Wrong ParseMillis(std::string_view text, Duration* to);
Wrong ParseStates(std::string_view text, std::vector<StateWeight>* to);
Wrong ParseSwitch(std::string_view text, bool* to);
Wrong ParseErrors(std::string_view text, std::vector<ErrorShare>* to);
Wrong ParsePrefix(std::string_view text, std::vector<PrefixError>* to);
Wrong ParseShare(std::string_view text, std::uint32_t* to);

}  // namespace hub::load
