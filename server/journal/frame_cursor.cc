#include "server/journal/frame_cursor.h"

#include <algorithm>

namespace hub::journal {

Outcome<ParsedFrame> FrameCursor::Look(std::uint64_t limit) {
  for (;;) {
    const ParsedFrame parsed = ParseFrame(View(limit));
    if (parsed.check != FrameCheck::kShort) return parsed;
    auto more = Fill(limit, parsed.size);
    if (!more) return Err{more.error()};
    if (!*more) return parsed;
  }
}

smpp::Bytes FrameCursor::View(std::uint64_t limit) const {
  const std::uint64_t end = std::min(limit, buffer_begin_ + buffer_.size());
  if (end <= offset_) return {};
  return smpp::Bytes(buffer_).subspan(offset_ - buffer_begin_, end - offset_);
}

// False: there is no more below the limit, or in the file.
Outcome<bool> FrameCursor::Fill(std::uint64_t limit, std::size_t needed) {
  const std::size_t had = View(limit).size();
  if (offset_ + had >= limit) return false;
  const std::uint64_t wanted =
      std::min<std::uint64_t>(limit - offset_, std::max(needed, kReadOctets));
  // What is read already moves to the front: less than one frame.
  buffer_.erase(buffer_.begin(),
                buffer_.begin() + static_cast<std::ptrdiff_t>(offset_ - buffer_begin_));
  buffer_begin_ = offset_;
  buffer_.resize(wanted);
  auto got = file_->Read(offset_ + had, smpp::MutableBytes(buffer_).subspan(had));
  buffer_.resize(had + (got ? *got : 0));
  if (!got) return Err{got.error()};
  return *got > 0;
}

}  // namespace hub::journal
