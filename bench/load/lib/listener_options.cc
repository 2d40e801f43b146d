#include "bench/load/lib/listener_options.h"

#include <algorithm>

#include "bench/load/lib/option_values.h"

namespace hub::load {
namespace {

// Names have hyphens, so the table's first column is stringised, never used as an identifier.
constexpr ListenerOption kOptions[] = {
#define OPTION(name, kind, member, live, help) {#name, help, live},
#include "bench/load/lib/listener_options.def"
#undef OPTION
};

Wrong Set(ListenerOptions& options, std::string_view option, std::string_view value) {
#define OPTION(name, kind, member, live, help) \
  if (option == #name) return Parse##kind(value, &options.member);
#include "bench/load/lib/listener_options.def"
#undef OPTION
  return "there is no such option";
}

bool IsOption(std::string_view name) {
  return std::ranges::any_of(kOptions, [&](const ListenerOption& o) { return o.name == name; });
}

}  // namespace

std::span<const ListenerOption> ListenerOptionTable() { return kOptions; }

Outcome<Done> SetListenerOption(ListenerOptions& options, std::string_view name,
                                std::string_view value) {
  Wrong wrong = Set(options, name, value);
  if (wrong.empty()) return Done{};
  Error error;
  error.doing = "set " + std::string(name);
  error.why = std::move(wrong);
  return Err{std::move(error)};
}

Outcome<Done> SetListenerOptions(ListenerOptions& options, std::string_view list) {
  std::size_t at = 0;
  while (at < list.size()) {
    const std::size_t equals = std::min(list.find('=', at), list.size());
    const std::string_view name = list.substr(at, equals - at);
    // The value ends where the next option begins.
    std::size_t end = std::min(list.find(',', equals), list.size());
    while (end < list.size()) {
      const std::size_t next = std::min(list.find_first_of("=,", end + 1), list.size());
      if (next < list.size() && list[next] == '=' && IsOption(list.substr(end + 1, next - end - 1)))
        break;
      end = std::min(list.find(',', end + 1), list.size());
    }
    const std::size_t value = std::min(equals + 1, list.size());
    auto set = SetListenerOption(options, name, list.substr(value, end > value ? end - value : 0));
    if (!set) return set;
    at = end + 1;
  }
  return Done{};
}

}  // namespace hub::load
