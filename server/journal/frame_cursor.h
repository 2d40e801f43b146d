// Walks over the frames of one file, a large piece read at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "server/base/error.h"
#include "server/journal/disk.h"
#include "server/journal/frame.h"

namespace hub::journal {

/// One thread's. Memory: kReadOctets, or one frame.
class FrameCursor {
 public:
  static constexpr std::size_t kReadOctets = 128u << 10;

  FrameCursor(std::unique_ptr<File> file, std::uint64_t offset)
      : file_(std::move(file)), offset_(offset), buffer_begin_(offset) {}

  /// What stands at offset(), of the octets below `limit` (an offset too; those behind it are not even read). The payload
  /// borrows until the next call. kShort: the limit or the end of the file comes before the frame's end.
  Outcome<ParsedFrame> Look(std::uint64_t limit);
  void Advance(std::size_t octets) { offset_ += octets; }

  std::uint64_t offset() const { return offset_; }
  File* file() { return file_.get(); }

 private:
  smpp::Bytes View(std::uint64_t limit) const;
  Outcome<bool> Fill(std::uint64_t limit, std::size_t needed);

  std::unique_ptr<File> file_;
  std::uint64_t offset_;
  std::uint64_t buffer_begin_;  // offset of buffer_'s first octet
  std::vector<std::uint8_t> buffer_;
};

}  // namespace hub::journal
