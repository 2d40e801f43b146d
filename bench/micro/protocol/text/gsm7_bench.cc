// The GSM alphabet over one message of 160 characters: judged, put into septets, packed as a telephone has it, and back.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "protocol/text/gsm7.h"

namespace smpp {
namespace {

constexpr unsigned kFillBits = 1;  // behind a header of 6 octets

// 160 septets: letters of the alphabet that are two octets of UTF-8, and characters behind an escape, among plain ones.
const std::string& Text() {
  static const std::string text = [] {
    std::string made;
    for (int i = 0; i < 10; ++i) made += "Grüße {now} 42";
    return made;
  }();
  return text;
}

std::vector<std::uint8_t> Septets() {
  auto septets = Gsm7FromUtf8(Text());
  if (!septets || septets->size() != 160) std::abort();
  return *std::move(septets);
}

void CountsSeptets(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(CountSeptets(Text()));
}
BENCHMARK(CountsSeptets);

void FromUtf8(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Gsm7FromUtf8(Text()));
}
BENCHMARK(FromUtf8);

void ToUtf8(benchmark::State& state) {
  const auto septets = Septets();
  for (auto _ : state) benchmark::DoNotOptimize(Utf8FromGsm7(septets));
}
BENCHMARK(ToUtf8);

void Packs(benchmark::State& state) {
  const auto septets = Septets();
  for (auto _ : state) benchmark::DoNotOptimize(PackSeptets(septets, kFillBits));
}
BENCHMARK(Packs);

void Unpacks(benchmark::State& state) {
  const auto packed = PackSeptets(Septets(), kFillBits);
  for (auto _ : state) benchmark::DoNotOptimize(UnpackSeptets(packed, 160, kFillBits));
}
BENCHMARK(Unpacks);

}  // namespace
}  // namespace smpp
