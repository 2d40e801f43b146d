#include "bench/load/lib/sim_control.h"

#include <algorithm>
#include <functional>

namespace hub::load {
namespace {

constexpr std::string_view kUsage =
    "stats | help | set LISTENER OPTION=VALUE | refuse-binds LISTENER on|off | "
    "disconnect LISTENER | mo LISTENER FROM TO TEXT";

std::string_view TakeWord(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(line.size(), word.size() + 1));
  return word;
}

// Each of these runs one command on one listener, and returns "" or what is wrong.
std::string Set(SimListener& listener, std::string_view rest) {
  const std::size_t equals = rest.find('=');
  if (equals == std::string_view::npos) return "expected OPTION=VALUE";
  const auto set = listener.SetLive(rest.substr(0, equals), rest.substr(equals + 1));
  return set.ok() ? "" : set.error().Text();
}

std::string RefuseBinds(SimListener& listener, std::string_view rest) {
  const auto set = listener.SetLive("refuse-binds", rest);
  return set.ok() ? "" : set.error().Text();
}

std::string Disconnect(SimListener& listener, std::string_view) {
  listener.DisconnectAll();
  return {};
}

std::string Mo(SimListener& listener, std::string_view rest) {
  const std::string_view from = TakeWord(rest);
  const std::string_view to = TakeWord(rest);
  if (to.empty()) return "expected FROM TO TEXT";
  return listener.SendMo(from, to, rest) ? "" : "no bind can receive it now";
}

struct Command {
  std::string_view name;
  std::string (*run)(SimListener&, std::string_view);
};
constexpr Command kCommands[] = {
    {"set", Set},
    {"refuse-binds", RefuseBinds},
    {"disconnect", Disconnect},
    {"mo", Mo},
};

}  // namespace

std::string StatsJson(const SimListeners& listeners) {
  std::string json = "{";
  for (const auto& listener : listeners) {
    if (json.size() > 1) json += ',';
    json += listener->Json();
  }
  return json + "}";
}

std::string RunCommand(SimListeners& listeners, std::string_view line) {
  const std::string_view name = TakeWord(line);
  if (name == "stats") return StatsJson(listeners);
  if (name == "help") return std::string(kUsage);
  const auto command = std::ranges::find(kCommands, name, &Command::name);
  if (command == std::end(kCommands)) return "error: expected " + std::string(kUsage);
  const std::string_view who = TakeWord(line);
  bool found = false;
  for (const auto& listener : listeners) {
    if (who != "all" && who != listener->options().name) continue;
    found = true;
    const std::string wrong = command->run(*listener, line);
    if (!wrong.empty()) return "error: " + wrong;
  }
  return found ? "ok" : "error: no listener has the name '" + std::string(who) + "'";
}

}  // namespace hub::load
