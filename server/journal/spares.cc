#include "server/journal/spares.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace hub::journal {
namespace {

using std::chrono_literals::operator""ms;

constexpr std::uint64_t kFillOctets = 1u << 20;
constexpr auto kPauseAfterFill = 16ms;  // 64 MB/s at most, while nobody waits

Error Stopped() {
  return {.doing = "prepare a segment",
          .why = "the journal is being closed",
          .place = {},
          .system_errno = 0,
          .sqlstate = {},
          .advice = {}};
}

}  // namespace

Spares::Spares(Disk* disk, const Folder* folder, std::uint64_t octets, bool sync)
    : disk_(disk), folder_(folder), octets_(octets), sync_(sync) {}

Outcome<Spare> Spares::Take() {
  std::unique_lock lock(mutex_);
  hurry_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !making_; });
  hurry_ = false;
  if (const auto spare = std::exchange(spare_, nullptr)) return std::move(*spare);
  return MakeUnlocked(lock, /*slowly=*/false);
}

Outcome<Spare> Spares::MakeUnlocked(std::unique_lock<std::mutex>& lock, bool slowly) {
  making_ = true;
  lock.unlock();
  auto made = Make(slowly);
  lock.lock();
  making_ = false;
  changed_.notify_all();
  return made;
}

Outcome<Done> Spares::Prepare() {
  std::unique_lock lock(mutex_);
  if (spare_ || making_ || stopped_) return Done{};
  auto made = MakeUnlocked(lock, /*slowly=*/true);
  if (!made) return Err{made.error()};
  spare_ = std::make_unique<Spare>(std::move(made).value());
  return Done{};
}

void Spares::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

Outcome<Spare> Spares::Make(bool slowly) {
  Spare spare;
  // Only one is made at a time: no lock for the number.
  spare.path =
      folder_->PathOf("segment-" + std::to_string(++made_) + std::string(kUnfinishedSuffix));
  auto file = disk_->Open(spare.path, OpenMode::kCreate);
  if (!file) return Err{file.error()};
  spare.file = std::move(file).value();
  if (auto filled = Fill(spare.file.get(), slowly); !filled) {
    spare.file.reset();
    (void)disk_->Unlink(
        spare.path);  // half a file would hold space that others need; a start removes it, too
    return Err{filled.error()};
  }
  return spare;
}

Outcome<Done> Spares::Fill(File* file, bool slowly) {
  for (std::uint64_t at = 0; at < octets_;) {
    const std::uint64_t size = std::min(kFillOctets, octets_ - at);
    if (auto written = file->WriteZeroes(at, size); !written) return written;
    at += size;
    if (slowly && at < octets_ && !Pause()) return Err{Stopped()};
  }
  return sync_ ? file->Sync() : Outcome<Done>(Done{});
}

// False: the journal is being closed.
bool Spares::Pause() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kPauseAfterFill, [this] { return hurry_ || stopped_; });
  return hurry_ || !stopped_;
}

}  // namespace hub::journal
