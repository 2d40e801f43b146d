// smpphubd: reads hub.toml, starts the hub and its control socket, waits for signals, drains.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "server/admin/server.h"
#include "server/base/core_dumps.h"
#include "server/base/crash_point.h"
#include "server/base/memory.h"
#include "server/hub_control.h"
#include "server/telemetry/log.h"

#ifndef HUB_VERSION
#define HUB_VERSION "unknown"
#endif

namespace hub {
namespace {

constexpr char kFooter[] =
    "SIGTERM, SIGINT: drain and end; a second one ends at once.  SIGHUP: reload catalog and "
    "script.\n"
    "example: smpphubd --config /etc/smpphub/hub.toml";

// Every thread inherits the mask, so that signals come to the one place that waits for them.
sigset_t BlockSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return set;
}

// Every connection is a descriptor, and a shell gives 1,024 of them: we take as many as we may and need.
void TakeDescriptors(const Settings& settings) {
  constexpr rlim_t kOthers = 1'024;  // suppliers' binds, journal, PostgreSQL
  const rlim_t wanted = settings.smpp_connections_max + kOthers;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = std::max(before, std::min(wanted, limit.rlim_max));
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  if (limit.rlim_cur >= wanted) return;
  Log(Event::config_warning,
      {{"why", "smpp.connections_max wants " + std::to_string(wanted) +
                   " descriptors, the limit is " + std::to_string(limit.rlim_cur) +
                   ": raise LimitNOFILE (ulimit -n)"}});
}

// The largest of what fills with time: with messages whose receipt never came, and ids within their window.
void LookAtMemory(const Settings& settings) {
  constexpr std::uint64_t kReceiptOctets = 200, kDedupeOctets = 80, kMiB = 1 << 20;
  const std::uint64_t has = settings.overload_memory_octets_max == 0
                                ? MemoryOctetsMax()
                                : settings.overload_memory_octets_max;
  const std::uint64_t tables = settings.relay_receipts_correlated_max * kReceiptOctets +
                               settings.relay_dedupe_entries_max * kDedupeOctets;
  if (tables <= has / 2) return;
  Log(Event::config_warning,
      {{"why", "relay.receipts_correlated_max and relay.dedupe_entries_max may come to take " +
                   std::to_string(tables / kMiB) + " MiB of the " + std::to_string(has / kMiB) +
                   " MiB there are (overload.memory_octets_max): lower them, or the hub will be "
                   "overloaded for good"}});
}

void LookAtDurability(const Settings& settings) {
  if (settings.journal_durability == "disk") return;
  Log(Event::config_warning,
      {{"why",
        "journal.durability is none: no message, receipt or charge is written down, here or in "
        "PostgreSQL"}});
}

int PrintErrors(const Errors& errors) {
  for (const Error& error : errors) std::fprintf(stderr, "smpphubd: %s\n", error.Text().c_str());
  return 1;
}

// LogStop wants silence: nothing of the hub is left when this is called.
int StartFailed(const Error& error) {
  Log(Event::hub_start_failed, {{"why", error.Text()}});
  LogStop();
  std::fprintf(stderr, "smpphubd: %s\n", error.Text().c_str());
  return 1;
}

// Returns at SIGTERM or SIGINT.
void Serve(relay::Hub& hub, const sigset_t& signals) {
  while (true) {
    int number = 0;
    if (sigwait(&signals, &number) != 0) continue;
    if (number != SIGHUP) return;
    (void)hub.Reload();  // it logs how it went
  }
}

// A second signal while draining ends the process at once: its default action does.
void LetSignalsKill(const sigset_t& signals) {
  signal(SIGHUP, SIG_IGN);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

// The control socket opens between the hub's Start, which can fail too, and its Run: when either fails, nobody was let in.
Outcome<std::unique_ptr<admin::Server>> OpenControl(const Settings& settings,
                                                    HubControlImpl& control) {
  if (settings.admin_socket.empty()) return std::unique_ptr<admin::Server>();
  return admin::Server::Start({.path = settings.admin_socket}, control);
}

int Run(const Settings& settings) {
  const sigset_t signals = BlockSignals();
  LogStart({.level = *FindLogLevel(settings.log_level)});
  Log(Event::hub_starting,
      {{"version", HUB_VERSION}, {"pid", static_cast<std::int64_t>(getpid())}});
  if (settings.node_core_dumps == "off" && !ForbidCoreDumps())
    Log(Event::config_warning, {{"why", "core dumps cannot be forbidden"}, {"errno", errno}});
  TakeDescriptors(settings);
  LookAtDurability(settings);
  LookAtMemory(settings);
  if (const char* at = std::getenv("HUB_CRASH_AT")) {
    if (!ArmCrashPoint(at))
      return StartFailed(Error{"arm a crash point", "HUB_CRASH_AT names none", at, 0, "", ""});
    Log(Event::crash_point_armed, {{"at", at}});
  }
  const auto end = [] { kill(getpid(), SIGTERM); };
  auto hub = relay::Hub::Start(settings, end);
  if (!hub) return StartFailed(hub.error());
  HubControlImpl control(**hub, end);
  auto server = OpenControl(settings, control);
  if (!server) {
    hub->reset();
    return StartFailed(server.error());
  }
  (*hub)->Run();
  Log(Event::hub_started, {{"listen", (*hub)->listening()},
                           {"listen_tls", (*hub)->listening_tls()},
                           {"node", (*hub)->store().node().node_id},
                           {"epoch", (*hub)->store().node().epoch}});
  Serve(**hub, signals);
  Log(Event::hub_draining, {{"drain_ms", settings.node_drain_ms}});
  LetSignalsKill(signals);
  const bool clean = (*hub)->Drain();
  server->reset();
  Log(Event::hub_stopped, {{"unsettled", (*hub)->store().settler().stats().octets_waiting}});
  hub->reset();
  LogStop();
  return clean ? 0 : 1;
}

int Main(int argc, char** argv) {
  CLI::App app("smpphubd: an SMPP hub between customers' ESMEs and suppliers' SMSCs");
  app.footer(kFooter);
  std::string config = "/etc/smpphub/hub.toml";
  bool check = false, sample = false;
  app.add_option("-c,--config", config, "settings of the process")->capture_default_str();
  app.add_flag("--check", check, "judge the settings and end: opens no port, asks no database");
  app.add_flag("--print-sample-config", sample, "print a file with every setting and its meaning");
  app.set_version_flag("--version", HUB_VERSION);
  CLI11_PARSE(app, argc, argv);
  if (sample) {
    std::fputs(SampleConfig().c_str(), stdout);
    return 0;
  }
  auto loaded = LoadSettings(config);
  if (!loaded) return PrintErrors(loaded.error());
  for (const Error& warning : loaded->warnings)
    Log(Event::config_warning, {{"why", warning.Text()}});
  return check ? 0 : Run(loaded->settings);
}

}  // namespace
}  // namespace hub

int main(int argc, char** argv) { return hub::Main(argc, argv); }
