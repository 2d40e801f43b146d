#include "tests/unit/server/journal/fake_disk.h"

#include <algorithm>
#include <cerrno>

namespace hub::journal {
namespace {

Err<Error> Failed(const std::string& doing, int number) { return Err{SystemError(doing, number)}; }

}  // namespace

class FakeDisk::OpenFile final : public File {
 public:
  OpenFile(FakeDisk* disk, InodePtr inode, std::string path)
      : disk_(disk), inode_(std::move(inode)), path_(std::move(path)) {}

  Outcome<Done> Write(std::uint64_t offset, std::span<const smpp::Bytes> pieces) override {
    Octets octets;
    for (const smpp::Bytes piece : pieces) octets.insert(octets.end(), piece.begin(), piece.end());
    const int failure = disk_->fault(Call::kWrite, path_);
    const std::lock_guard lock(disk_->mutex_);
    if (failure != 0) octets.resize(octets.size() / 2);
    Put(&inode_->octets, offset, octets);
    disk_->records_.push_back({Record::What::kWrite, inode_, offset, std::move(octets), {}, {}});
    if (failure != 0) return Failed("write " + path_ + " at " + std::to_string(offset), failure);
    return Done{};
  }

  Outcome<Done> WriteZeroes(std::uint64_t offset, std::uint64_t octets) override {
    const Octets zeroes(octets);
    const smpp::Bytes pieces[] = {zeroes};
    return Write(offset, pieces);
  }

  Outcome<Done> Sync() override {
    const int failure = disk_->fault(Call::kSync, path_);
    const std::lock_guard lock(disk_->mutex_);
    const auto what = failure == 0 ? Record::What::kSync : Record::What::kFailedSync;
    disk_->records_.push_back({what, inode_, 0, {}, {}, {}});
    if (failure != 0) return Failed("sync " + path_, failure);
    return Done{};
  }

  Outcome<std::size_t> Read(std::uint64_t offset, smpp::MutableBytes to) override {
    const std::lock_guard lock(disk_->mutex_);
    const Octets& from = inode_->octets;
    if (offset >= from.size()) return std::size_t{0};
    const std::size_t size = std::min<std::size_t>(to.size(), from.size() - offset);
    std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(offset), size, to.begin());
    return size;
  }

  Outcome<std::uint64_t> Size() override {
    const std::lock_guard lock(disk_->mutex_);
    return std::uint64_t{inode_->octets.size()};
  }

 private:
  FakeDisk* disk_;
  InodePtr inode_;
  std::string path_;
};

struct FakeDisk::HeldLock final : Disk::Lock {
  HeldLock(FakeDisk* on, std::string at) : disk(on), path(std::move(at)) {}
  ~HeldLock() override {
    const std::lock_guard lock(disk->mutex_);
    disk->locked_.erase(path);
  }
  FakeDisk* disk;
  std::string path;
};

void FakeDisk::Put(Octets* to, std::uint64_t offset, smpp::Bytes octets) {
  if (to->size() < offset + octets.size()) to->resize(offset + octets.size());
  std::copy(octets.begin(), octets.end(), to->begin() + static_cast<std::ptrdiff_t>(offset));
}

Outcome<std::unique_ptr<File>> FakeDisk::Open(const std::string& path, OpenMode mode) {
  const int failure = mode == OpenMode::kCreate ? fault(Call::kCreate, path) : 0;
  const std::lock_guard lock(mutex_);
  if (failure != 0) return Failed("open " + path, failure);
  if (mode == OpenMode::kCreate) {
    names_[path] = std::make_shared<Inode>();
    records_.push_back({Record::What::kName, names_[path], 0, {}, path, {}});
  }
  const auto found = names_.find(path);
  if (found == names_.end()) return Failed("open " + path, ENOENT);
  return std::unique_ptr<File>(std::make_unique<OpenFile>(this, found->second, path));
}

Outcome<Done> FakeDisk::Rename(const std::string& from, const std::string& to) {
  const int failure = fault(Call::kRename, from);
  const std::lock_guard lock(mutex_);
  const auto found = names_.find(from);
  if (failure != 0 || found == names_.end())
    return Failed("rename " + from, failure ? failure : ENOENT);
  records_.push_back({Record::What::kRename, found->second, 0, {}, to, from});
  names_[to] = found->second;
  names_.erase(from);
  return Done{};
}

Outcome<Done> FakeDisk::Unlink(const std::string& path) {
  const int failure = fault(Call::kUnlink, path);
  const std::lock_guard lock(mutex_);
  if (failure != 0 || names_.erase(path) == 0)
    return Failed("remove " + path, failure ? failure : ENOENT);
  records_.push_back({Record::What::kUnname, nullptr, 0, {}, path, {}});
  return Done{};
}

Outcome<Done> FakeDisk::SyncFolder(const std::string& path) {
  const int failure = fault(Call::kSyncFolder, path);
  const std::lock_guard lock(mutex_);
  if (failure != 0) return Failed("sync folder " + path, failure);
  records_.push_back({Record::What::kSyncNames, nullptr, 0, {}, {}, {}});
  return Done{};
}

Outcome<std::vector<std::string>> FakeDisk::List(const std::string& path) {
  std::vector<std::string> names;
  for (const std::string& name : Names())
    if (name.starts_with(path + "/")) names.push_back(name.substr(path.size() + 1));
  return names;
}

Outcome<std::uint64_t> FakeDisk::FreeOctets(const std::string&) {
  const std::lock_guard lock(mutex_);
  return std::uint64_t{free_octets_};
}

Outcome<std::unique_ptr<Disk::Lock>> FakeDisk::TakeLock(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (!locked_.insert(path).second) return Failed("lock " + path, EWOULDBLOCK);
  return std::unique_ptr<Lock>(std::make_unique<HeldLock>(this, path));
}

void FakeDisk::SetFreeOctets(std::uint64_t octets) {
  const std::lock_guard lock(mutex_);
  free_octets_ = octets;
}

std::vector<std::string> FakeDisk::Names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, inode] : names_) names.push_back(name);
  return names;
}

FakeDisk::Octets FakeDisk::Content(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return names_.at(path)->octets;
}

void FakeDisk::SetContent(const std::string& path, Octets octets) {
  const std::lock_guard lock(mutex_);
  before_[path] = octets;
  before_inodes_[path] = names_[path] = std::make_shared<Inode>(Inode{std::move(octets)});
}

void FakeDisk::Flip(const std::string& path, std::size_t offset, std::uint8_t mask) {
  const std::lock_guard lock(mutex_);
  names_.at(path)->octets.at(offset) ^= mask;
}

std::size_t FakeDisk::calls() const {
  const std::lock_guard lock(mutex_);
  return records_.size();
}

// What is surely on the platter, and what is still on its way there.
struct FakeDisk::Replay {
  struct Content {
    Octets octets;
    std::vector<const Record*> pending;
  };
  std::map<const Inode*, Content> contents;
  std::map<std::string, const Inode*> names;
  std::vector<const Record*> pending_names;

  static void ApplyAll(Content* content) {
    for (const Record* write : content->pending)
      Put(&content->octets, write->offset, write->octets);
    content->pending.clear();
  }

  // Each sector of each write reaches the platter, or not: with a chance of 0, 1/2, 9/10 or 1 for all.
  static void ApplySome(Content* content, std::uint64_t tenths, Random* random) {
    for (const Record* write : content->pending) {
      for (std::size_t done = 0; done < write->octets.size();) {
        const std::uint64_t at = write->offset + done;
        const std::size_t size =
            std::min<std::size_t>(write->octets.size() - done, kSectorOctets - at % kSectorOctets);
        if (random->Below(10) < tenths)
          Put(&content->octets, at, smpp::Bytes(write->octets).subspan(done, size));
        done += size;
      }
    }
    content->pending.clear();
  }

  void ApplyName(const Record& record) {
    if (record.what == Record::What::kRename) names.erase(record.from);
    if (record.what == Record::What::kUnname)
      names.erase(record.name);
    else
      names[record.name] = record.inode.get();
  }

  void Take(const Record& record, Random* random) {
    using enum Record::What;
    switch (record.what) {
      case kWrite:
        contents[record.inode.get()].pending.push_back(&record);
        break;
      case kSync:
        ApplyAll(&contents[record.inode.get()]);
        break;
      case kFailedSync:
        ApplySome(&contents[record.inode.get()], 5, random);
        break;
      case kSyncNames:
        for (const Record* name : pending_names) ApplyName(*name);
        pending_names.clear();
        break;
      default:
        pending_names.push_back(&record);
    }
  }
};

std::unique_ptr<FakeDisk> FakeDisk::AfterPowerLoss(std::size_t calls, Random* random) const {
  static constexpr std::uint64_t kTenths[] = {0, 5, 9, 10};
  const std::lock_guard lock(mutex_);
  Replay replay;
  for (const auto& [name, inode] : before_inodes_) {
    replay.names[name] = inode.get();
    replay.contents[inode.get()].octets = before_.at(name);
  }
  for (std::size_t i = 0; i < calls; ++i) replay.Take(records_[i], random);
  const std::uint64_t tenths = kTenths[random->Below(4)];
  for (auto& [inode, content] : replay.contents) Replay::ApplySome(&content, tenths, random);
  for (const Record* name : replay.pending_names)
    if (random->Below(10) < tenths) replay.ApplyName(*name);
  auto disk = std::make_unique<FakeDisk>();
  for (const auto& [name, inode] : replay.names)
    disk->SetContent(name, replay.contents[inode].octets);
  return disk;
}

}  // namespace hub::journal
