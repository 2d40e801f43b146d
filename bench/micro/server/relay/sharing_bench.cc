// What loops pay for memory that another loop writes, too: each case by two threads on one thing, and on one of their own. Between two
// looks there is work, as between two messages: so each finds the line with the other core. The difference of the two is the price.
// bench/README.md ("How many loops") says which of them a message meets, and how often.
#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <memory>

#include "server/base/token_bucket.h"
#include "server/net/loop_counters.h"
#include "server/relay/snapshot.h"

namespace hub::relay {
namespace {

constexpr int kThreads = 2;

// One for all threads, or one for each, on lines of their own.
template <class T>
struct alignas(kCacheLine) Padded {
  T value{};
};
template <class T>
std::array<Padded<T>, kThreads> things;

// About 100 ns that touch no memory.
std::uint64_t Work(std::uint64_t x) {
  for (int i = 0; i < 80; ++i) x = x * 6364136223846793005u + 1442695040888963407u;
  return x;
}

template <class T>
T& Mine(const benchmark::State& state) {
  const bool shared = state.range(0) != 0;
  return things<T>[shared ? 0 : static_cast<std::size_t>(state.thread_index())].value;
}

void Cases(benchmark::internal::Benchmark* bench) {
  bench->ArgName("shared")->Arg(0)->Arg(1)->Threads(kThreads)->UseRealTime();
}

// A counter that all loops add to.
void Count(benchmark::State& state) {
  auto& count = Mine<std::atomic<std::uint64_t>>(state);
  std::uint64_t x = 1;
  for (auto _ : state) {
    count.fetch_add(1, std::memory_order_relaxed);
    benchmark::DoNotOptimize(x = Work(x));
  }
}
BENCHMARK(Count)->Apply(Cases);

// What ClientState::of_loop is for: counters of two loops side by side, or each on its line.
void CountApart(benchmark::State& state) {
  static std::array<Padded<std::array<net::Counter, kThreads>>, kThreads> cells;
  const auto thread = static_cast<std::size_t>(state.thread_index());
  net::Counter& own = cells[state.range(0) != 0 ? 0 : thread].value[thread];
  std::uint64_t x = 1;
  for (auto _ : state) {
    own.Add(1);
    benchmark::DoNotOptimize(x = Work(x));
  }
}
BENCHMARK(CountApart)->Apply(Cases);

// A reference to a snapshot, a client or a link, taken and dropped.
void Reference(benchmark::State& state) {
  static const std::array<std::shared_ptr<Padded<int>>, kThreads> made = {
      std::make_shared<Padded<int>>(), std::make_shared<Padded<int>>()};
  const auto& thing =
      made[state.range(0) != 0 ? 0 : static_cast<std::size_t>(state.thread_index())];
  std::uint64_t x = 1;
  for (auto _ : state) {
    std::shared_ptr<Padded<int>> mine = thing;
    benchmark::DoNotOptimize(x = Work(x));
    benchmark::DoNotOptimize(mine.get());
  }
}
BENCHMARK(Reference)->Apply(Cases);

// A client's rate, and as AccountCredit::TryReserve: a compare-exchange.
void TakeOfARate(benchmark::State& state) {
  auto& bucket = Mine<TokenBucket>(state);
  bucket.Set(1'000'000'000, 1'000'000'000);
  TimePoint now{std::chrono::hours(1)};
  std::uint64_t x = 1;
  for (auto _ : state) {
    benchmark::DoNotOptimize(bucket.TryTake(now += Duration(100)));
    benchmark::DoNotOptimize(x = Work(x));
  }
}
BENCHMARK(TakeOfARate)->Apply(Cases);

// What ChooseLink looks at: a link whose loop writes its load meanwhile.
void LookAtALink(benchmark::State& state) {
  static std::array<LinkState, kThreads> links;
  const auto thread = static_cast<std::size_t>(state.thread_index());
  const LinkState& seen = links[state.range(0) != 0 ? 1 - thread : thread];
  std::uint64_t x = 1;
  std::int32_t load = 0;
  for (auto _ : state) {
    links[thread].load.store(++load, std::memory_order_relaxed);
    benchmark::DoNotOptimize(
        x = Work(x + static_cast<std::uint64_t>(seen.load.load(std::memory_order_relaxed))));
  }
}
BENCHMARK(LookAtALink)->Apply(Cases);

}  // namespace
}  // namespace hub::relay
