// What a record pays for its place in the journal: framing, CRC, hand-over, write and sync, reading back.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "server/journal/crc32c.h"
#include "server/journal/file_journal.h"

namespace hub::journal {
namespace {

using std::chrono_literals::operator""s;

constexpr std::size_t kRecordOctets = 300;

void AppendRecord(FrameBuffer* to) {
  static const std::string text(kRecordOctets - 40, 'x');
  to->Begin(2);
  for (std::uint64_t i = 0; i < 3; ++i) to->U64(i);
  to->Blob(text);
  to->End();
}

// A journal in a folder of its own, which goes with it.
class Journaled {
 public:
  explicit Journaled(bool sync)
      : folder_(std::filesystem::temp_directory_path() /
                ("journal_bench." + std::to_string(getpid()))) {
    std::filesystem::remove_all(folder_);
    Options options{.folder = folder_, .sync = sync};
    journal_ = std::move(FileJournal::Open(options, 1)).value();
    if (!journal_->Start(1, 1, nullptr, 0)) std::abort();
  }
  ~Journaled() {
    journal_.reset();
    std::filesystem::remove_all(folder_);
  }
  FileJournal* operator->() { return journal_.get(); }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<FileJournal> journal_;
};

double CpuMicros() {
  rusage used;
  getrusage(RUSAGE_SELF, &used);
  const auto micros = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  return micros(used.ru_utime) + micros(used.ru_stime);
}

void Crc(benchmark::State& state) {
  const std::vector<std::uint8_t> octets(static_cast<std::size_t>(state.range(0)), 7);
  for (auto _ : state) benchmark::DoNotOptimize(Crc32c(0, octets));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(Crc)->Arg(kRecordOctets)->Arg(64 << 10);

void CrcByTable(benchmark::State& state) {
  const std::vector<std::uint8_t> octets(kRecordOctets, 7);
  for (auto _ : state) benchmark::DoNotOptimize(Crc32cByTable(0, octets));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kRecordOctets));
}
BENCHMARK(CrcByTable);

void FrameARecord(benchmark::State& state) {
  FrameBuffer frames;
  for (auto _ : state) {
    AppendRecord(&frames);
    if (frames.frames() == 100) frames.Clear();
  }
}
BENCHMARK(FrameARecord);

// range(0) records a turn, and the loop waits for its ticket: as many records a sync. cpu_us: of both threads, a record.
void AppendAndWait(benchmark::State& state) {
  Journaled journal(state.range(1) != 0);
  FrameBuffer frames;
  const double before = CpuMicros();
  for (auto _ : state) {
    for (std::int64_t i = 0; i < state.range(0); ++i) AppendRecord(&frames);
    const Ticket ticket = journal->Append(0, &frames);
    while (journal->durable(0) < ticket) journal->AwaitBeyond(journal->durable_end(), 1s);
  }
  const auto records = static_cast<double>(state.iterations() * state.range(0));
  state.counters["cpu_us"] = (CpuMicros() - before) / records;
  state.counters["octets_a_record"] = static_cast<double>(journal->durable_end()) / records;
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(AppendAndWait)
    ->ArgNames({"records", "sync"})
    ->Args({1, 1})
    ->Args({20, 1})
    ->Args({200, 1})
    ->Args({20, 0})
    ->UseRealTime();

// What a loop pays for its turn: range(0) records framed and handed over. The writing is another thread's, which is waited for now
// and then, uncounted.
void AppendATurn(benchmark::State& state) {
  constexpr std::int64_t kRecordsAhead = 20'000;  // 6 MB
  Journaled journal(false);
  FrameBuffer frames;
  std::int64_t ahead = 0;
  for (auto _ : state) {
    for (std::int64_t i = 0; i < state.range(0); ++i) AppendRecord(&frames);
    benchmark::DoNotOptimize(journal->Append(0, &frames));
    if ((ahead += state.range(0)) < kRecordsAhead) continue;
    state.PauseTiming();
    if (!journal->Flush(60s)) std::abort();
    ahead = 0;
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(AppendATurn)->ArgName("records")->Arg(1)->Arg(20)->Arg(200);

void ReadAll(benchmark::State& state) {
  constexpr int kTurns = 1'000, kRecordsATurn = 200;  // 60 MB
  Journaled journal(false);
  FrameBuffer frames;
  for (int turn = 0; turn < kTurns; ++turn) {
    for (int i = 0; i < kRecordsATurn; ++i) AppendRecord(&frames);
    journal->Append(0, &frames);
  }
  if (!journal->Flush(60s)) std::abort();
  const Position end = journal->durable_end();
  for (auto _ : state) {
    const auto reader = journal->NewReader(0);
    Frame frame;
    for (auto next = reader->Next(end, &frame); next && *next; next = reader->Next(end, &frame))
      benchmark::DoNotOptimize(frame.payload.data());
    if (reader->position() != end) std::abort();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(end));
}
BENCHMARK(ReadAll)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hub::journal
