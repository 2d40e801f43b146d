#include "bench/load/lib/option_values.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace hub::load {
namespace {

constexpr std::uint64_t kMillisMax = 24 * 3600 * 1000;

template <class T>
bool Read(std::string_view text, T* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

// Calls take(left, right) for each "left:right" ('=' is as good) of a list with commas. "" or what is wrong.
template <class Take>
Wrong ForEachPair(std::string_view list, Take&& take) {
  while (!list.empty()) {
    const std::string_view pair = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), pair.size() + 1));
    const std::size_t colon = pair.find_first_of(":=");
    if (colon == std::string_view::npos) return "'" + std::string(pair) + "' has no ':'";
    if (!take(pair.substr(0, colon), pair.substr(colon + 1))) {
      return "'" + std::string(pair) + "' is not understood";
    }
  }
  return {};
}

}  // namespace

bool ParsePercent(std::string_view text, std::uint32_t* millionths) {
  if (!text.empty() && text.back() == '%') text.remove_suffix(1);
  const std::size_t dot = std::min(text.find('.'), text.size());
  const std::string_view part = dot < text.size() ? text.substr(dot + 1) : std::string_view{};
  std::uint32_t whole = 0;
  std::uint32_t decimals = 0;
  if (!Read(text.substr(0, dot), &whole) || whole > 100 || part.size() > 4) return false;
  if (dot < text.size() && !Read(part, &decimals)) return false;
  for (std::size_t i = part.size(); i < 4; ++i) decimals *= 10;
  *millionths = whole * 10'000 + decimals;
  return *millionths <= kWhole;
}

Wrong ParseAddress(std::string_view text, net::Address* to) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return "expected HOST:PORT";
  to->host = text.substr(0, colon);
  return ParsePort(text.substr(colon + 1), &to->port);
}

Wrong ParsePort(std::string_view text, std::uint16_t* to) {
  return Read(text, to) ? "" : "expected a port, 0 to 65535";
}

Wrong ParseText(std::string_view text, std::string* to) {
  *to = text;
  return {};
}

Wrong ParseNumber(std::string_view text, std::uint64_t* to) {
  return Read(text, to) ? "" : "expected a whole number";
}

Wrong ParseId(std::string_view text, IdFormat* to) {
  const auto format = ParseIdFormat(text);
  if (!format) return "expected decimal, hex, hex-upper or decimal-padded";
  *to = *format;
  return {};
}

Wrong ParseMillis(std::string_view text, Duration* to) {
  std::uint64_t millis = 0;
  if (!Read(text, &millis) || millis > kMillisMax) return "expected milliseconds, a day at most";
  *to = std::chrono::milliseconds(millis);
  return {};
}

Wrong ParseStates(std::string_view text, std::vector<StateWeight>* to) {
  std::vector<StateWeight> weights;
  std::uint64_t sum = 0;
  const Wrong wrong = ForEachPair(text, [&](std::string_view stat, std::string_view weight) {
    const auto state = smpp::StateOfStat(stat);
    StateWeight& next = weights.emplace_back();
    if (!state || !Read(weight, &next.weight)) return false;
    next.state = *state;
    sum += next.weight;
    return true;
  });
  if (!wrong.empty()) return wrong;
  if (sum == 0 || sum > std::numeric_limits<std::uint32_t>::max())
    return "the weights add up to nothing";
  *to = std::move(weights);
  return {};
}

Wrong ParseSwitch(std::string_view text, bool* to) {
  if (text != "on" && text != "off") return "expected on or off";
  *to = text == "on";
  return {};
}

Wrong ParseErrors(std::string_view text, std::vector<ErrorShare>* to) {
  std::vector<ErrorShare> errors;
  std::uint64_t sum = 0;
  const Wrong wrong = ForEachPair(text, [&](std::string_view status, std::string_view share) {
    ErrorShare& next = errors.emplace_back();
    if (!smpp::ParseStatus(status, &next.status) || !ParsePercent(share, &next.millionths))
      return false;
    sum += next.millionths;
    return true;
  });
  if (!wrong.empty()) return wrong;
  if (sum > kWhole) return "the shares add up to more than 100%";
  *to = std::move(errors);
  return {};
}

Wrong ParsePrefix(std::string_view text, std::vector<PrefixError>* to) {
  std::vector<PrefixError> errors;
  const Wrong wrong = ForEachPair(text, [&](std::string_view prefix, std::string_view status) {
    PrefixError& next = errors.emplace_back();
    next.prefix = prefix;
    return !prefix.empty() && smpp::ParseStatus(status, &next.status);
  });
  if (!wrong.empty()) return wrong;
  *to = std::move(errors);
  return {};
}

Wrong ParseShare(std::string_view text, std::uint32_t* to) {
  return ParsePercent(text, to) ? "" : "expected a percentage, 0 to 100";
}

}  // namespace hub::load
