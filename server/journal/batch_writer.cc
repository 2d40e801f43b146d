#include "server/journal/batch_writer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "server/base/crash_point.h"
#include "server/journal/segment.h"

namespace hub::journal {
namespace {

constexpr std::size_t kPageOctets = 4096;  // of the kernel's cache
constexpr std::array<std::uint8_t, kPageOctets> kZeroes{};

}  // namespace

BatchWriter::BatchWriter(Disk* disk, Folder* folder, Spares* spares, Limits limits,
                         std::int64_t epoch, Position end)
    : disk_(disk), folder_(folder), spares_(spares), limits_(limits), epoch_(epoch), end_(end) {}

Outcome<Done> BatchWriter::Write(std::span<const smpp::Bytes> pieces) {
  std::size_t octets = Mark::kOctets;
  for (const smpp::Bytes piece : pieces) octets += piece.size();
  if (!Fits(octets)) {
    if (auto begun = BeginSegment(); !begun) return begun;
  }
  const Mark mark{end_, limits_.sync ? end_ : 0, octets - Mark::kOctets, folder_->id()};
  const auto frame = mark.Encode();
  pieces_.assign(1, frame);
  pieces_.insert(pieces_.end(), pieces.begin(), pieces.end());
  pieces_.push_back(Padding(octets));
  if (auto written = WriteAndSync(pieces_, octets); !written) return written;
  end_ += octets;
  proven_ = pieces.empty() || !limits_.sync;
  return Done{};
}

// A mark must fit behind the batch, too.
bool BatchWriter::Fits(std::size_t octets) const {
  if (!file_) return false;
  const bool is_empty = end_ == start_;
  return is_empty ||
         kSegmentHeaderOctets + (end_ - start_) + octets + Mark::kOctets <= file_octets_;
}

// Zeroes up to the end of a page, where zeroes are: the spare's pages are not in the kernel's cache, and one that is written
// in part would be read from the disk first, by each batch.
smpp::Bytes BatchWriter::Padding(std::size_t octets) const {
  const std::uint64_t end = kSegmentHeaderOctets + (end_ - start_) + octets;
  if (end >= file_octets_) return {};
  const std::size_t to_page = (kPageOctets - end % kPageOctets) % kPageOctets;
  return smpp::Bytes(kZeroes).first(std::min<std::uint64_t>(to_page, file_octets_ - end));
}

Outcome<Done> BatchWriter::WriteAndSync(std::span<const smpp::Bytes> pieces, std::size_t octets) {
  Pass(CrashPoint::journal_before_write);
  if (auto written = WritePieces(pieces, octets); !written) {
    // A full disk may take the same octets later; a place that cannot be written is left.
    if (written.error().system_errno != ENOSPC) file_.reset();
    return written;
  }
  Pass(CrashPoint::journal_before_sync);
  if (limits_.sync) {
    if (auto synced = file_->Sync(); !synced) {
      file_.reset();
      return synced;
    }
  }
  Pass(CrashPoint::journal_after_sync);
  const std::uint64_t file_end = kSegmentHeaderOctets + (end_ - start_) + octets;
  if (file_end > file_octets_) folder_->SetOctetsOfLast(file_octets_ = file_end);
  return Done{};
}

Outcome<Done> BatchWriter::WritePieces(std::span<const smpp::Bytes> pieces, std::size_t octets) {
  const std::uint64_t offset = kSegmentHeaderOctets + (end_ - start_);
  if (internal::armed_crash_point.load(std::memory_order_relaxed) != CrashPoint::journal_mid_write)
      [[likely]]
    return file_->Write(offset, pieces);
  std::vector<std::uint8_t> whole;
  for (const smpp::Bytes piece : pieces) whole.insert(whole.end(), piece.begin(), piece.end());
  const smpp::Bytes half[] = {smpp::Bytes(whole).first(octets / 2)};
  const smpp::Bytes rest[] = {smpp::Bytes(whole).subspan(octets / 2)};
  if (auto written = file_->Write(offset, half); !written) return written;
  Pass(CrashPoint::journal_mid_write);
  return file_->Write(offset + octets / 2, rest);
}

Outcome<Done> BatchWriter::BeginSegment() {
  // Its start will prove that everything before it is durable, so it must be, even if batches are not synced.
  if (file_ && !limits_.sync) {
    if (auto synced = file_->Sync(); !synced) return synced;
  }
  auto spare = spares_->Take();
  if (!spare) return Err{spare.error()};
  auto named = NameSegment(&*spare);
  if (!named) {
    (void)disk_->Unlink(spare->path);
    return Err{named.error()};
  }
  start_ = end_;
  file_ = std::move(named).value();
  file_octets_ = limits_.segment_octets;
  folder_->Add(start_, epoch_, file_octets_);
  Pass(CrashPoint::journal_new_segment);
  return Done{};
}

// Header first, then the name: no segment was ever seen without its header. Opened anew, so that errors tell its name.
Outcome<std::unique_ptr<File>> BatchWriter::NameSegment(Spare* spare) {
  const auto header = SegmentHeader{folder_->node_id(), epoch_, folder_->id(), end_}.Encode();
  const smpp::Bytes pieces[] = {header};
  const std::string path = folder_->PathOf(SegmentName(end_));
  if (auto written = spare->file->Write(0, pieces); !written) return Err{written.error()};
  if (auto synced = spare->file->Sync(); !synced) return Err{synced.error()};
  if (auto renamed = disk_->Rename(spare->path, path); !renamed) return Err{renamed.error()};
  if (auto synced = disk_->SyncFolder(folder_->path()); !synced) return Err{synced.error()};
  return disk_->Open(path, OpenMode::kWrite);
}

}  // namespace hub::journal
