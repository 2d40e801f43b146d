// esmeload: binds as an ESME, sends submit_sm at a pace or flat out, and tells what came back.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <optional>

#include "bench/load/lib/esme_run.h"
#include "server/net/loop.h"

namespace {

using namespace hub;
using namespace hub::load;

constexpr const char* kExamples = R"(
Flat out, 100,000 messages of 100 octets over four binds:
  esmeload --port 2775 --system-id acme --password secret --count 100000 --text-octets 100

A steady rate, and every receipt must come within 30 s of the last answer. Latency counts from when a message was due, also when
all windows were full then:
  esmeload --port 2775 --system-id acme --password secret --rate 2000 --seconds 60
           --registered-delivery 1 --wait-receipts 30

Half a minute of 3,000 messages/s, half a minute of none, for ten minutes; and what came back in each half second:
  esmeload --port 2775 --system-id acme --password secret --rate 3000 --burst-seconds 30 --burst-every 60 --seconds 600
           --timeline /tmp/otp.jsonl

Ten thousand binds over TLS that do nothing for a minute but answer enquire_link:
  esmeload --port 3550 --tls --tls-ca ca.pem --system-id acme --password secret --sessions 10000 --binds-per-second 500
           --idle --seconds 60

Something to send to:  smscsim --port 2801 --receipt-delay-ms 200

Exit status: 0 when every message was answered (and every awaited receipt came, once; with --idle: every bind stood), 1 when not,
2 for bad usage.
Answers with an error count as answers: look at the table, or at "statuses" of --json.)";

net::Loop* g_loop = nullptr;

// The first signal ends sending, the run still waits for its answers; Post takes a lock, so only the flag is set here.
volatile std::sig_atomic_t g_signalled = 0;
extern "C" void OnSignal(int) {
  g_signalled = 1;
  g_loop->Wake();
}

struct Arguments {
  EsmeOptions options;
  std::uint64_t seconds = 10;
  std::uint64_t wait_receipts = 0;
  std::uint64_t answer_timeout = 30;
  bool tls = false;
  std::string tls_ca;
  std::uint64_t burst_seconds = 0;
  std::uint64_t burst_every = 60;
  std::string timeline;
  bool json = false;
};

CLI::Validator ShorterThan(std::size_t characters) {
  return {[characters](const std::string& text) {
            return text.size() < characters ? "" : "is too long for a bind";
          },
          ""};
}

std::string TextOf(std::size_t octets) {
  constexpr std::string_view kPattern = "The quick brown fox jumps over the lazy dog. ";
  std::string text;
  while (text.size() < octets) text += kPattern.substr(0, octets - text.size());
  return text;
}

void Define(CLI::App& app, Arguments& a) {
  EsmeOptions& o = a.options;
  app.footer(kExamples);
  app.option_defaults()->always_capture_default();
  app.add_option("--host", o.hub.host, "Name or address to bind to");
  app.add_option("--port", o.hub.port, "... and its port");
  app.add_flag("--tls", a.tls, "Speak TLS");
  app.add_option("--tls-ca", a.tls_ca,
                 "PEM file that must have signed the hub's certificate; without it any will do");
  app.add_option("--system-id", o.system_id, "Account, up to 15 characters")
      ->check(ShorterThan(16));
  app.add_option("--password", o.password, "... up to 8 characters")->check(ShorterThan(9));
  app.add_option("--sessions", o.sessions, "TRX binds")->check(CLI::Range(1, 10'000));
  app.add_option("--binds-per-second", o.binds_per_second, "Connect at this pace; 0: all at once")
      ->check(CLI::Range(0, 1'000'000));
  app.add_flag("--idle", o.idle, "Send nothing: bind, stay for --seconds, unbind");
  app.add_option("--window", o.window, "Unanswered messages per bind")
      ->check(CLI::Range(1, 100'000));
  app.add_option("--count", o.count, "Messages to send; 0: for --seconds");
  app.add_option("--seconds", a.seconds, "How long to send, without --count")
      ->check(CLI::Range(1, 86'400 * 7));
  app.add_option("--rate", o.rate, "Messages per second over all binds; 0: flat out")
      ->check(CLI::Range(0, 10'000'000));
  app.add_option("--burst-seconds", a.burst_seconds,
                 "Keep the rate for as long only, out of every --burst-every; 0: always")
      ->check(CLI::Range(0, 86'400));
  app.add_option("--burst-every", a.burst_every, "... seconds, the first burst at once")
      ->check(CLI::Range(1, 86'400));
  app.add_option("--dest-prefix", o.dest_prefix, "Destinations are this and counted digits");
  app.add_flag(
      "--scatter", o.scatter,
      "Count so that destinations in a row lie far apart: no table is read in its own order");
  app.add_option("--source", o.source, "Source address: digits, or a name");
  CLI::Option* text = app.add_option(
      "--text", o.text, "Text in UTF-8; ASCII goes out as it is, anything else as UCS-2");
  app.add_option_function<std::size_t>(
         "--text-octets", [&o](std::size_t octets) { o.text = TextOf(octets); },
         "A text of as many octets instead")
      ->check(CLI::Range(1, 254))
      ->excludes(text);
  app.add_option("--registered-delivery", o.registered_delivery, "1: ask for receipts")
      ->check(CLI::Range(0, 1));
  app.add_option("--wait-receipts", a.wait_receipts,
                 "Wait up to this many seconds after the last answer; all must come")
      ->check(CLI::Range(0, 86'400));
  app.add_option("--answer-timeout", a.answer_timeout,
                 "Give up after as many seconds without any answer")
      ->check(CLI::Range(1, 3'600));
  app.add_option(
      "--timeline", a.timeline,
      "File that gets a JSON line each half second: what was answered in it, and how fast");
  app.add_flag("--json", a.json, "Print the result as one JSON line");
}

// False, with a line on stderr, when a file of the certificate cannot be used.
bool PrepareTls(Arguments& a) {
  if (!a.tls) return true;
  auto context =
      net::TlsContext::ForClient({.verify = !a.tls_ca.empty(), .ca = a.tls_ca, .names = "--tls-"});
  if (!context) {
    std::fprintf(stderr, "esmeload: %s\n", context.error().Text().c_str());
    return false;
  }
  a.options.tls = std::move(context).value();
  return true;
}

// --timeline: a line each kEvery while the program runs.
class TimelineFile {
 public:
  TimelineFile(net::Loop& loop, std::FILE* file)
      : loop_(loop),
        file_(file),
        timeline_(loop.clock().Now()),
        timer_(loop.timers(), [this] { Write(); }) {
    timer_.Start(kEvery);
  }
  ~TimelineFile() { std::fclose(file_); }
  TimelineFile(const TimelineFile&) = delete;
  TimelineFile& operator=(const TimelineFile&) = delete;

  Timeline& timeline() { return timeline_; }

 private:
  static constexpr Duration kEvery = std::chrono::milliseconds(500);

  void Write() {
    std::fprintf(file_, "%s\n", timeline_.Line(loop_.clock().Now()).c_str());
    std::fflush(file_);
    timer_.Start(kEvery);
  }

  net::Loop& loop_;
  std::FILE* const file_;
  Timeline timeline_;
  Timer timer_;
};

// Null, with a line on stderr, when it cannot be written.
std::FILE* OpenTimeline(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "we");
  if (file == nullptr) std::perror(("esmeload: " + path).c_str());
  return file;
}

int Run(const Arguments& arguments, SubmitTemplate message) {
  SystemClock clock;
  net::Loop loop(clock, {.precise_timers = true});
  EsmeRun run(loop, arguments.options, std::move(message), [&] { loop.Stop(); });
  std::optional<TimelineFile> timeline;
  if (!arguments.timeline.empty()) {
    std::FILE* file = OpenTimeline(arguments.timeline);
    if (file == nullptr) return 2;
    timeline.emplace(loop, file);
    run.Tell(timeline->timeline());
  }
  loop.EachTurn([&] {
    if (g_signalled != 0) run.StopSending();
  });
  unsigned seconds = 0;
  Timer progress(loop.timers(), [&] {
    std::fprintf(stderr, "%5u s  %s\n", ++seconds, run.ProgressLine().c_str());
    progress.Start(std::chrono::seconds(1));
  });
  progress.Start(std::chrono::seconds(1));
  g_loop = &loop;
  std::signal(SIGTERM, OnSignal);
  std::signal(SIGINT, OnSignal);
  run.Start();
  loop.Run();
  const EsmeResults& results = run.results();
  std::printf("%s%s", (arguments.json ? results.Json() : results.Table()).c_str(),
              arguments.json ? "\n" : "");
  return results.ok() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "SMPP load generator: throughput, latency and completeness of answers and receipts.");
  Arguments arguments;
  Define(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // CLI11 speaks in exceptions; they end here
    return app.exit(error) == 0 ? 0 : 2;
  }
  EsmeOptions& options = arguments.options;
  options.duration = std::chrono::seconds(arguments.seconds);
  options.wait_receipts = std::chrono::seconds(arguments.wait_receipts);
  options.answer_timeout = std::chrono::seconds(arguments.answer_timeout);
  options.bursts = {std::chrono::seconds(arguments.burst_seconds),
                    std::chrono::seconds(arguments.burst_every)};
  if (options.bursts.length > options.bursts.every) {
    std::fprintf(stderr, "esmeload: --burst-seconds is more than --burst-every\n");
    return 2;
  }
  if (!PrepareTls(arguments)) return 2;
  auto message = SubmitTemplate::Make(options);
  if (!message) {
    std::fprintf(stderr, "esmeload: %s\n", message.error().Text().c_str());
    return 2;
  }
  return Run(arguments, std::move(message).value());
}
