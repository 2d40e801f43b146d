// A journal with its threads on a disk that fails when told to.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <climits>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/journal/file_journal.h"
#include "tests/unit/server/journal/fake_disk.h"
#include "tests/unit/server/journal/written_journal.h"

namespace hub::journal {

inline constexpr Duration kLong =
    std::chrono::seconds(30);  // of a wait that ends at once when all is well

// Until the journal's threads have come so far. No sleep decides about a result: only about when a failure is told.
inline bool Becomes(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + kLong;
  while (!condition() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  return condition();
}

class FileJournalRig : public testing::Test {
 protected:
  FileJournalRig() {
    disk_.fault = [this](FakeDisk::Call call, const std::string& path) {
      while (call == FakeDisk::Call::kSync && sync_hangs_) std::this_thread::yield();
      if (failures_left_ == 0 || call != failing_call_ || !path.ends_with(failing_suffix_))
        return 0;
      --failures_left_;
      return failing_errno_.load();
    };
  }

  // From now on, so many times.
  void Fail(FakeDisk::Call call, int error, int times = INT_MAX) {
    failing_call_ = call;
    failing_errno_ = error;
    failures_left_ = times;
  }

  void Open() {
    auto opened = FileJournal::Open(options_, kNode, &disk_);
    ASSERT_TRUE(opened) << opened.error().Text();
    journal_ = std::move(opened).value();
  }

  void Start(unsigned writers = 1, Position known = 0) {
    Open();
    const auto started = journal_->Start(
        ++epoch_, writers, [this](unsigned) { ++wakes_; }, known);
    ASSERT_TRUE(started) << started.error().Text();
  }

  Ticket Append(std::uint64_t tag, unsigned writer = 0) {
    FrameBuffer frames;
    AppendTagged(tag, &frames);
    return journal_->Append(writer, &frames);
  }

  // From..to, one Append each.
  void AppendAll(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t tag = from; tag <= to; ++tag) Append(tag);
  }

  std::vector<std::uint64_t> Tags() {
    auto reader = journal_->NewReader(journal_->first_position());
    const ReadBack all = ReadAll(reader.get(), journal_->durable_end());
    EXPECT_EQ(all.error, "");
    return all.tags;
  }

  static std::vector<std::uint64_t> Range(std::uint64_t from, std::uint64_t to) {
    std::vector<std::uint64_t> tags;
    for (; from <= to; ++from) tags.push_back(from);
    return tags;
  }

  FakeDisk disk_;
  std::atomic<FakeDisk::Call> failing_call_{};
  std::atomic<int> failing_errno_{0}, failures_left_{0};
  std::string failing_suffix_;  // of the path; set before Start
  std::atomic<bool> sync_hangs_{false};
  Options options_{
      .folder = kFolder, .segment_octets = 32u << 10, .octets_free_min = 0, .retry_ms = 1};
  std::int64_t epoch_ = 0;
  std::atomic<int> wakes_{0};
  std::unique_ptr<FileJournal> journal_;
};

}  // namespace hub::journal
