// Disk over POSIX.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "server/journal/disk.h"

namespace hub::journal {
namespace {

constexpr std::size_t kDirectAlignment = 4096;  // of memory, offset and size: no disk asks for more
constexpr std::size_t kZeroOctets = 1u << 20;
// Never written: all of it is the kernel's one page of zeroes.
alignas(kDirectAlignment) std::uint8_t zeroes[kZeroOctets];
constexpr std::size_t kPiecesPerCall = 256;  // below IOV_MAX (1,024): fits on the stack

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Err<Error> Failed(const char* doing, const std::string& path, int number = errno) {
  return Err{SystemError(std::string(doing) + ' ' + path, number)};
}

Err<Error> FailedAt(const char* doing, const std::string& path, std::uint64_t offset, int number) {
  return Err{
      SystemError(std::string(doing) + ' ' + path + " at " + std::to_string(offset), number)};
}

class PosixFile final : public File {
 public:
  PosixFile(Descriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Outcome<Done> Write(std::uint64_t offset, std::span<const smpp::Bytes> pieces) override {
    std::size_t skip = 0;  // octets of the first piece that are written already
    while (!pieces.empty()) {
      const ssize_t written = WriteSome(offset, pieces, skip);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return FailedAt("write", path_, offset, errno);
      offset += static_cast<std::uint64_t>(written);
      skip += static_cast<std::size_t>(written);
      while (!pieces.empty() && skip >= pieces.front().size()) {
        skip -= pieces.front().size();
        pieces = pieces.subspan(1);
      }
      if (written == 0 && !pieces.empty()) return FailedAt("write", path_, offset, EIO);
    }
    return Done{};
  }

  Outcome<Done> WriteZeroes(std::uint64_t offset, std::uint64_t octets) override {
    const std::uint64_t end = offset + octets;
    if (offset % kDirectAlignment == 0) offset = WriteDirectZeroes(offset, end);
    const bool some_are_cached = offset < end;
    while (offset < end) {
      const smpp::Bytes pieces[] = {
          smpp::Bytes(zeroes).first(std::min<std::uint64_t>(kZeroOctets, end - offset))};
      if (auto written = Write(offset, pieces); !written) return written;
      offset += pieces[0].size();
    }
    return some_are_cached ? Sync() : Outcome<Done>(Done{});
  }

  Outcome<Done> Sync() override {
    if (fdatasync(descriptor_.get()) != 0) return Failed("sync", path_);
    return Done{};
  }

  Outcome<std::size_t> Read(std::uint64_t offset, smpp::MutableBytes to) override {
    std::size_t got = 0;
    while (got < to.size()) {
      const ssize_t n = pread(descriptor_.get(), to.data() + got, to.size() - got,
                              static_cast<off_t>(offset + got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return FailedAt("read", path_, offset + got, errno);
      if (n == 0) break;
      got += static_cast<std::size_t>(n);
    }
    return got;
  }

  Outcome<std::uint64_t> Size() override {
    struct stat found;
    if (fstat(descriptor_.get(), &found) != 0) return Failed("look at", path_);
    return static_cast<std::uint64_t>(found.st_size);
  }

 private:
  // How far it came: whole blocks only, or nothing where the file system cannot. An error is the next Write's to tell.
  std::uint64_t WriteDirectZeroes(std::uint64_t offset, std::uint64_t end) {
    const int flags = fcntl(descriptor_.get(), F_GETFL);
    if (flags < 0 || fcntl(descriptor_.get(), F_SETFL, flags | O_DIRECT) != 0) return offset;
    end -= end % kDirectAlignment;
    while (offset < end) {
      const ssize_t written =
          pwrite(descriptor_.get(), zeroes, std::min<std::uint64_t>(kZeroOctets, end - offset),
                 static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0 || written % static_cast<ssize_t>(kDirectAlignment) != 0) break;
      offset += static_cast<std::uint64_t>(written);
    }
    (void)fcntl(descriptor_.get(), F_SETFL, flags);
    return offset;
  }

  ssize_t WriteSome(std::uint64_t offset, std::span<const smpp::Bytes> pieces, std::size_t skip) {
    std::array<iovec, kPiecesPerCall> vectors;
    const std::size_t count = std::min(pieces.size(), vectors.size());
    for (std::size_t i = 0; i < count; ++i) {
      const smpp::Bytes piece = i == 0 ? pieces[0].subspan(skip) : pieces[i];
      vectors[i] = {const_cast<std::uint8_t*>(piece.data()), piece.size()};  // pwritev only reads
    }
    return pwritev(descriptor_.get(), vectors.data(), static_cast<int>(count),
                   static_cast<off_t>(offset));
  }

  Descriptor descriptor_;
  std::string path_;
};

class PosixLock final : public Disk::Lock {
 public:
  explicit PosixLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  Descriptor descriptor_;
};

class Posix final : public Disk {
 public:
  Outcome<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override {
    const int flags = mode == OpenMode::kRead    ? O_RDONLY
                      : mode == OpenMode::kWrite ? O_RDWR
                                                 : O_RDWR | O_CREAT | O_TRUNC;
    Descriptor descriptor(open(path.c_str(), flags | O_CLOEXEC, 0600));
    if (descriptor.get() < 0) return Failed("open", path);
    return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(descriptor), path));
  }

  Outcome<Done> Rename(const std::string& from, const std::string& to) override {
    if (rename(from.c_str(), to.c_str()) != 0) return Failed("rename", from);
    return Done{};
  }

  Outcome<Done> Unlink(const std::string& path) override {
    if (unlink(path.c_str()) != 0) return Failed("remove", path);
    return Done{};
  }

  Outcome<Done> MakeFolder(const std::string& path) override {
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return Failed("make folder", path);
    return Done{};
  }

  Outcome<Done> SyncFolder(const std::string& path) override {
    Descriptor descriptor(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (descriptor.get() < 0) return Failed("open folder", path);
    if (fsync(descriptor.get()) != 0) return Failed("sync folder", path);
    return Done{};
  }

  Outcome<std::vector<std::string>> List(const std::string& path) override {
    DIR* folder = opendir(path.c_str());
    if (folder == nullptr) return Failed("list folder", path);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = readdir(folder)) names.emplace_back(entry->d_name);
    const int failure = errno;
    closedir(folder);
    if (failure != 0) return Failed("list folder", path, failure);
    std::erase_if(names, [](const std::string& name) { return name == "." || name == ".."; });
    std::sort(names.begin(), names.end());
    return names;
  }

  Outcome<std::uint64_t> FreeOctets(const std::string& path) override {
    struct statvfs found;
    if (statvfs(path.c_str(), &found) != 0) return Failed("ask for free space of", path);
    return std::uint64_t{found.f_bavail} * found.f_frsize;
  }

  Outcome<std::unique_ptr<Lock>> TakeLock(const std::string& path) override {
    Descriptor descriptor(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (descriptor.get() < 0) return Failed("open", path);
    if (flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) return Failed("lock", path);
    return std::unique_ptr<Lock>(std::make_unique<PosixLock>(std::move(descriptor)));
  }
};

}  // namespace

Disk* PosixDisk() {
  static Posix disk;
  return &disk;
}

}  // namespace hub::journal
