// The disk as the journal sees it: the few calls whose failures and crashes it must survive. Tests put a disk of theirs in.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "protocol/wire/bytes.h"
#include "server/base/error.h"

namespace hub::journal {

/// An open file; closed with the object. One thread at a time. Errors name path, offset and errno.
class File {
 public:
  virtual ~File() = default;
  /// Writes the pieces one after the other from `offset` on. All of them or an Error: then nobody knows what is in the file.
  virtual Outcome<Done> Write(std::uint64_t offset, std::span<const smpp::Bytes> pieces) = 0;
  /// The same with zeroes, past the kernel's page cache where the file system can: 64 MiB of them cost no copy there, and
  /// push nothing out. Durable with the next Sync, of which they leave little to do. For a file that nobody else reads yet.
  virtual Outcome<Done> WriteZeroes(std::uint64_t offset, std::uint64_t octets) = 0;
  /// fdatasync: what was written survives power loss. After an Error the kernel may have dropped it: write it elsewhere.
  virtual Outcome<Done> Sync() = 0;
  /// Octets read; fewer than asked for only at the end of the file.
  virtual Outcome<std::size_t> Read(std::uint64_t offset, smpp::MutableBytes to) = 0;
  virtual Outcome<std::uint64_t> Size() = 0;
};

enum class OpenMode : std::uint8_t {
  kRead,
  kWrite,   // an existing file, to read and write
  kCreate,  // a new, empty one; what had the name is gone. 0600
};

/// Any thread.
class Disk {
 public:
  /// Held as long as it lives, and no longer than the process.
  class Lock {
   public:
    virtual ~Lock() = default;
  };

  virtual ~Disk() = default;
  virtual Outcome<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) = 0;
  virtual Outcome<Done> Rename(const std::string& from, const std::string& to) = 0;
  virtual Outcome<Done> Unlink(const std::string& path) = 0;
  virtual Outcome<Done> MakeFolder(const std::string& path) = 0;  // 0700; fine when it is there
  virtual Outcome<Done> SyncFolder(
      const std::string& path) = 0;  // names made, moved and removed survive power loss
  virtual Outcome<std::vector<std::string>> List(const std::string& path) = 0;  // names, sorted
  virtual Outcome<std::uint64_t> FreeOctets(const std::string& path) = 0;       // that we may use
  /// An Error with EWOULDBLOCK when another process, or another object of this one, has the lock.
  virtual Outcome<std::unique_ptr<Lock>> TakeLock(const std::string& path) = 0;
};

/// The machine's own. Lives for ever.
Disk* PosixDisk();

}  // namespace hub::journal
