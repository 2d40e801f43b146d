// What the hub takes of the machine for a message in steady state: run by bench/hot-path, which says what it means.
//
//   hot_path_cost FORM RULE ROUNDS [counts | sites | marks]
//     FORM    relay, journal or receipts     RULE    file of the routing rule     ROUNDS    counted ones, of 1,000 messages each
//     counts, sites: what the preloaded library counts; marks: getpgid() stands around the hub's system calls
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "bench/hot_path/counters.h"
#include "bench/hot_path/rig.h"
#include "bench/hot_path/turns.h"

namespace hub::bench {
namespace {

constexpr unsigned kWarmUpRounds = 10;

const std::map<std::string, Form> kForms = {
    {"relay", {.journal = false, .receipts = false}},
    {"journal", {.journal = true, .receipts = false}},
    {"receipts", {.journal = true, .receipts = true}},
};

template <class F>
F* Preloaded(const char* name) {
  auto* function = reinterpret_cast<F*>(dlsym(RTLD_DEFAULT, name));
  if (function == nullptr) {
    std::fprintf(stderr, "hot_path_cost: %s is not there: preload the library of counters\n", name);
    std::exit(2);
  }
  return function;
}

int Run(const Form& form, const std::string& rule, unsigned rounds, const std::string& what) {
  const bool preloaded = what == "counts" || what == "sites";
  TellCounters(preloaded, what == "marks");
  Rig rig(form, rule);
  rig.Run(kWarmUpRounds);
  const std::uint64_t before = rig.messages();
  if (preloaded) Preloaded<decltype(hot_path_reset)>("hot_path_reset")(what == "sites");
  rig.RunCounted(rounds);
  std::printf("messages %lu\n", rig.messages() - before);
  if (!preloaded) return 0;
  const HotPathCounts counts = Preloaded<decltype(hot_path_counts)>("hot_path_counts")();
  std::printf("allocations %lu\nallocated_octets %lu\nmarked_octets_copied %lu\n",
              counts.allocations, counts.allocated_octets, counts.marked_octets_copied);
  if (what == "sites") Preloaded<decltype(hot_path_print_sites)>("hot_path_print_sites")();
  return 0;
}

int Main(int argc, char** argv) {
  const auto form = argc < 4 ? kForms.end() : kForms.find(argv[1]);
  if (form == kForms.end()) {
    std::fputs("usage: hot_path_cost relay|journal|receipts RULE ROUNDS [counts|sites|marks]\n",
               stderr);
    return 2;
  }
  const auto rounds = static_cast<unsigned>(std::strtoul(argv[3], nullptr, 10));
  return Run(form->second, argv[2], rounds, argc > 4 ? argv[4] : "");
}

}  // namespace
}  // namespace hub::bench

int main(int argc, char** argv) { return hub::bench::Main(argc, argv); }
