// A disk in memory that fails when told to, remembers every call, and can lose power at any of them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "server/base/random.h"
#include "server/journal/disk.h"

namespace hub::journal {

inline constexpr std::size_t kSectorOctets = 512;

class FakeDisk final : public Disk {
 public:
  using Octets = std::vector<std::uint8_t>;
  enum class Call : std::uint8_t { kWrite, kSync, kRename, kUnlink, kSyncFolder, kCreate };

  /// Asked before every call that changes something: 0, or the errno that it fails with. A write that fails has written
  /// half of its octets; a sync that fails has lost some of what was written.
  std::function<int(Call, const std::string& path)> fault = [](Call, const std::string&) {
    return 0;
  };

  Outcome<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
  Outcome<Done> Rename(const std::string& from, const std::string& to) override;
  Outcome<Done> Unlink(const std::string& path) override;
  Outcome<Done> MakeFolder(const std::string&) override { return Done{}; }
  Outcome<Done> SyncFolder(const std::string& path) override;
  Outcome<std::vector<std::string>> List(const std::string& path) override;
  Outcome<std::uint64_t> FreeOctets(const std::string&) override;
  Outcome<std::unique_ptr<Lock>> TakeLock(const std::string& path) override;

  void SetFreeOctets(std::uint64_t octets);
  std::vector<std::string> Names() const;
  Octets Content(const std::string& path) const;
  void SetContent(const std::string& path, Octets octets);  // as if it had always been there
  void Flip(const std::string& path, std::size_t offset, std::uint8_t mask);

  std::size_t calls() const;  // recorded so far
  /// The disk after power was lost behind the first `calls` of them: what was not synced is there, or not, sector by
  /// sector and name by name, as `random` says.
  std::unique_ptr<FakeDisk> AfterPowerLoss(std::size_t calls, Random* random) const;

 private:
  struct Inode {
    Octets octets;
  };
  using InodePtr = std::shared_ptr<Inode>;
  struct Record {
    enum class What : std::uint8_t {
      kWrite,
      kSync,
      kFailedSync,
      kName,
      kUnname,
      kRename,
      kSyncNames
    };
    What what;
    InodePtr inode;
    std::uint64_t offset = 0;
    Octets octets;
    std::string name, from;
  };
  class OpenFile;
  struct HeldLock;
  struct Replay;

  static void Put(Octets* to, std::uint64_t offset, smpp::Bytes octets);

  mutable std::mutex mutex_;
  std::map<std::string, InodePtr> names_;
  std::map<std::string, Octets> before_;  // what was there when recording began
  std::map<std::string, InodePtr> before_inodes_;
  std::vector<Record> records_;
  std::set<std::string> locked_;
  std::uint64_t free_octets_ = 1ull << 40;
};

}  // namespace hub::journal
