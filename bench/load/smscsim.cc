// smscsim: one or several simulated SMSCs in one process, to test and to load a hub.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>

#include "bench/load/lib/control_socket.h"
#include "bench/load/lib/sim_control.h"
#include "server/net/loop.h"

namespace {

using namespace hub;
using namespace hub::load;

constexpr net::StreamLimits kLimits{.output_octets_high = 1u << 20, .output_octets_max = 16u << 20};

constexpr const char* kExamples = R"(
Two suppliers, one of which refuses 5% and is slow with receipts:
  smscsim --listener name=alpha,port=2801,receipt-delay-ms=200
          --listener name=beta,port=2802,error=0x08:5%,0x58:2%,receipt-state=DELIVRD:90,UNDELIV:10
          --control /tmp/smscsim.sock

While it runs, each a line to the control socket (bench/load/README.md sends one with python3):
  set alpha error=0x58:100%      mo alpha 491701234567 10000 Hello      disconnect beta
  refuse-binds alpha on          stats

Load against it:  esmeload --port 2801 --sessions 4 --window 100 --count 100000)";

net::Loop* g_loop = nullptr;

// Stop only stores a flag and writes to an eventfd: both are allowed in a signal handler.
extern "C" void OnSignal(int) { g_loop->Stop(); }

struct Arguments {
  std::vector<std::string> listeners;                      // --listener
  std::vector<std::pair<std::string, std::string>> plain;  // --NAME VALUE, in order
  std::string control;
  std::uint64_t seed = 1;
};

void Define(CLI::App& app, Arguments& arguments) {
  app.footer(kExamples);
  app.add_option("--listener", arguments.listeners,
                 "A simulated SMSC as NAME=VALUE,... with the options below; may be repeated");
  app.add_option("--control", arguments.control, "UNIX socket that takes commands, one a line");
  app.add_option("--seed", arguments.seed, "Of all dice; the same seed, the same throws")
      ->capture_default_str();
  for (const ListenerOption& option : ListenerOptionTable()) {
    app.add_option_function<std::string>(
        "--" + std::string(option.name),
        [&arguments, name = std::string(option.name)](const std::string& value) {
          arguments.plain.emplace_back(name, value);
        },
        std::string(option.help));
  }
}

// One for each --listener; with none, a single one. Plain options are the defaults of every listener.
Outcome<std::vector<ListenerOptions>> ReadListeners(const Arguments& arguments) {
  ListenerOptions defaults;
  for (const auto& [name, value] : arguments.plain) {
    if (auto set = SetListenerOption(defaults, name, value); !set) return Err{set.error()};
  }
  if (arguments.listeners.empty()) return std::vector{defaults};
  std::vector<ListenerOptions> all;
  for (const std::string& list : arguments.listeners) {
    all.push_back(defaults);
    if (auto set = SetListenerOptions(all.back(), list); !set) return Err{set.error()};
  }
  return all;
}

int Fail(const Error& error) {
  std::fprintf(stderr, "smscsim: %s\n", error.Text().c_str());
  return 2;
}

Outcome<Done> Listen(net::Loop& loop, SimListeners& listeners, ListenerOptions options,
                     std::uint64_t seed) {
  const net::Address at = options.listen;
  const std::string name = options.name;
  listeners.push_back(std::make_unique<SimListener>(loop, std::move(options), seed));
  SimListener* listener = listeners.back().get();
  const auto port = loop.Listen(
      at, [listener](net::Stream& stream) { return listener->Accept(stream); }, kLimits);
  if (!port) return Err{port.error()};
  std::fprintf(stderr, "smscsim: %s listens on %s:%u\n", name.c_str(), at.host.c_str(), *port);
  return Done{};
}

int Serve(const Arguments& arguments, std::vector<ListenerOptions> all) {
  SystemClock clock;
  net::Loop loop(clock, {.precise_timers = true});
  SimListeners listeners;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto listening = Listen(loop, listeners, std::move(all[i]), arguments.seed * 1'000 + i);
    if (!listening) return Fail(listening.error());
  }
  ControlSocket control(loop, [&](std::string_view line) { return RunCommand(listeners, line); });
  if (!arguments.control.empty()) {
    const auto opened = control.Open(arguments.control);
    if (!opened) return Fail(opened.error());
  }
  g_loop = &loop;
  std::signal(SIGTERM, OnSignal);
  std::signal(SIGINT, OnSignal);
  loop.Run();
  std::printf("%s\n", StatsJson(listeners).c_str());
  std::fflush(stdout);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Simulated SMSCs: they accept binds, answer messages and send receipts.");
  Arguments arguments;
  Define(app, arguments);
  CLI11_PARSE(app, argc, argv);
  auto all = ReadListeners(arguments);
  if (!all) return Fail(all.error());
  return Serve(arguments, std::move(all).value());
}
