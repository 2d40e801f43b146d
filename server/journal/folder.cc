#include "server/journal/folder.h"

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace hub::journal {
namespace {

constexpr std::string_view kLockName = "lock";
constexpr std::string_view kIdName = "id";
constexpr std::string_view kIdFirstWord = "smpphub-journal";
constexpr std::size_t kIdFileOctetsMax = 256;

// "smpphub-journal 0b3c1b1e-5f0a-4d8e-9c67-2f1d3a4b5c6d node 1\n"
std::string IdLine(const JournalId& id, std::int32_t node_id) {
  return std::string(kIdFirstWord) + ' ' + id.Text() + " node " + std::to_string(node_id) + '\n';
}

Error Refused(std::string path, std::string why, std::string advice) {
  return {.doing = "open the journal",
          .why = std::move(why),
          .place = std::move(path),
          .system_errno = 0,
          .sqlstate = {},
          .advice = std::move(advice)};
}

std::optional<JournalId> IdOfLine(std::string_view line) {
  const std::size_t from = kIdFirstWord.size() + 1;
  if (line.size() < from || !line.starts_with(kIdFirstWord)) return std::nullopt;
  return JournalId::FromText(line.substr(from, line.find(' ', from) - from));
}

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Folder::Folder(Disk* disk, std::string path, std::int32_t node_id)
    : disk_(disk), path_(std::move(path)), node_id_(node_id) {}

Outcome<std::unique_ptr<Folder>> Folder::Open(Disk* disk, const std::string& path,
                                              std::int32_t node_id) {
  if (auto made = disk->MakeFolder(path); !made) return Err{made.error()};
  std::unique_ptr<Folder> folder(new Folder(disk, path, node_id));
  auto lock = disk->TakeLock(folder->PathOf(std::string(kLockName)));
  if (!lock && lock.error().system_errno == EWOULDBLOCK)
    return Err{Refused(path, "another process has it",
                       "end the other smpphubd, or give this one a folder of its own")};
  if (!lock) return Err{lock.error()};
  folder->lock_ = std::move(lock).value();
  auto names = disk->List(path);
  if (!names) return Err{names.error()};
  const bool have_segments = std::any_of(names->begin(), names->end(), [](const std::string& name) {
    return ParseSegmentName(name).has_value();
  });
  if (auto id = folder->ReadId(have_segments, Contains(*names, kIdName)); !id)
    return Err{id.error()};
  if (auto read = folder->ReadSegments(*names); !read) return Err{read.error()};
  return folder;
}

Outcome<Done> Folder::ReadId(bool have_segments, bool have_id) {
  const std::string path = PathOf(std::string(kIdName));
  if (!have_id && have_segments)
    return Err{Refused(path, "it is missing, and there are segments", "put the whole folder back")};
  if (!have_id) return MakeId();
  auto file = disk_->Open(path, OpenMode::kRead);
  if (!file) return Err{file.error()};
  std::string line(kIdFileOctetsMax, '\0');
  auto got = (*file)->Read(0, {reinterpret_cast<std::uint8_t*>(line.data()), line.size()});
  if (!got) return Err{got.error()};
  line.resize(*got);
  const std::optional<JournalId> id = IdOfLine(line);
  if (!id) return Err{Refused(path, "it is not the id of a journal", "put the whole folder back")};
  if (line != IdLine(*id, node_id_))
    return Err{Refused(path, "the journal is not of node " + std::to_string(node_id_),
                       "give each node a folder of its own, or mend node_id")};
  id_ = *id;
  return Done{};
}

Outcome<Done> Folder::MakeId() {
  id_ = JournalId::MakeRandom();
  const std::string path = PathOf(std::string(kIdName));
  const std::string unfinished = path + std::string(kUnfinishedSuffix);
  auto file = disk_->Open(unfinished, OpenMode::kCreate);
  if (!file) return Err{file.error()};
  const std::string line = IdLine(id_, node_id_);
  const smpp::Bytes pieces[] = {smpp::AsBytes(line)};
  if (auto written = (*file)->Write(0, pieces); !written) return written;
  if (auto synced = (*file)->Sync(); !synced) return synced;
  return disk_->Rename(unfinished, path);
}

Outcome<Done> Folder::ReadSegments(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::optional<Position> start = ParseSegmentName(name);
    if (!start) continue;
    auto segment = ReadHeader(name, *start);
    if (!segment) return Err{segment.error()};
    segments_.push_back(std::move(segment).value());
  }
  return Done{};
}

Outcome<SegmentInfo> Folder::ReadHeader(const std::string& name, Position start) const {
  SegmentInfo segment{.path = PathOf(name), .start = start};
  auto file = disk_->Open(segment.path, OpenMode::kRead);
  if (!file) return Err{file.error()};
  std::vector<std::uint8_t> octets(kSegmentHeaderOctets);
  auto got = (*file)->Read(0, octets);
  if (!got) return Err{got.error()};
  const auto header = SegmentHeader::Decode(smpp::Bytes(octets).first(*got));
  if (!header) return Err{DamageError(segment, 0, header.error())};
  if (header->node_id != node_id_ || header->journal != id_)
    return Err{DamageError(segment, 0, "it belongs to another journal, " + header->journal.Text())};
  if (header->start != start)
    return Err{DamageError(segment, 0, "its header starts at " + std::to_string(header->start))};
  auto size = (*file)->Size();
  if (!size) return Err{size.error()};
  segment.epoch = header->epoch;
  segment.octets = *size;
  return segment;
}

Outcome<Done> Folder::Settle() {
  auto names = disk_->List(path_);
  if (!names) return Err{names.error()};
  for (const std::string& name : *names) {
    if (!name.ends_with(kUnfinishedSuffix)) continue;
    if (auto removed = disk_->Unlink(PathOf(name)); !removed) return removed;
  }
  return disk_->SyncFolder(path_);
}

SegmentInfo Folder::WithEnd(std::size_t index) const {
  SegmentInfo segment = segments_[index];
  if (index + 1 < segments_.size()) segment.end = segments_[index + 1].start;
  return segment;
}

std::optional<SegmentInfo> Folder::Find(Position position) const {
  const std::lock_guard lock(mutex_);
  const auto after = std::upper_bound(segments_.begin(), segments_.end(), position,
                                      [](Position p, const SegmentInfo& s) { return p < s.start; });
  if (after == segments_.begin()) return std::nullopt;
  return WithEnd(static_cast<std::size_t>(after - segments_.begin()) - 1);
}

std::optional<SegmentInfo> Folder::Last() const {
  const std::lock_guard lock(mutex_);
  if (segments_.empty()) return std::nullopt;
  return segments_.back();
}

std::optional<SegmentInfo> Folder::FirstOfSeveral() const {
  const std::lock_guard lock(mutex_);
  if (segments_.size() < 2) return std::nullopt;
  return WithEnd(0);
}

std::vector<SegmentInfo> Folder::Segments() const {
  const std::lock_guard lock(mutex_);
  std::vector<SegmentInfo> all;
  for (std::size_t i = 0; i < segments_.size(); ++i) all.push_back(WithEnd(i));
  return all;
}

Position Folder::first_position() const {
  const std::lock_guard lock(mutex_);
  return segments_.empty() ? 0 : segments_.front().start;
}

std::uint64_t Folder::octets() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const SegmentInfo& segment : segments_) sum += segment.octets;
  return sum;
}

void Folder::Add(Position start, std::int64_t epoch, std::uint64_t octets) {
  const std::lock_guard lock(mutex_);
  if (!segments_.empty() && segments_.back().start == start) segments_.pop_back();
  segments_.push_back(
      {.path = PathOf(SegmentName(start)), .start = start, .epoch = epoch, .octets = octets});
  changes_.fetch_add(1, std::memory_order_release);
}

void Folder::SetOctetsOfLast(std::uint64_t octets) {
  const std::lock_guard lock(mutex_);
  segments_.back().octets = octets;
}

void Folder::RemoveFirst() {
  const std::lock_guard lock(mutex_);
  segments_.erase(segments_.begin());
  changes_.fetch_add(1, std::memory_order_release);
}

}  // namespace hub::journal
