#include "server/journal/reader.h"

#include <algorithm>
#include <string>

#include "server/journal/frame.h"

namespace hub::journal {

Reader::Reader(Disk* disk, const Folder* folder, Position from)
    : disk_(disk), folder_(folder), position_(from) {}

Outcome<bool> Reader::Next(Position end, Frame* frame) {
  while (position_ < end) {
    if (auto entered = EnterSegment(); !entered) return Err{entered.error()};
    const Position limit = std::min(end, segment_.end);
    auto parsed = cursor_->Look(segment_.OffsetOf(limit));
    if (!parsed) return Err{parsed.error()};
    if (parsed->check != FrameCheck::kFrame) return Err{Damage(*parsed, limit)};
    const bool is_mark = parsed->kind == Mark::kKind;
    if (is_mark) {
      if (auto good = CheckMark(parsed->payload); !good) return Err{good.error()};
    }
    const Position at = position_;
    cursor_->Advance(parsed->size);
    position_ += parsed->size;
    if (is_mark) continue;
    *frame = {parsed->kind, parsed->payload, at, position_, segment_.epoch};
    return true;
  }
  return false;
}

// The segment that holds position_. Asked anew when segments came: the last one ends where the writer gave it up.
Outcome<Done> Reader::EnterSegment() {
  const std::uint64_t changes = folder_->changes();
  if (cursor_ && position_ < segment_.end && changes == seen_changes_) return Done{};
  seen_changes_ = changes;
  const std::optional<SegmentInfo> found = folder_->Find(position_);
  if (!found)
    return Err{Error{.doing = "read the journal",
                     .why = "position " + std::to_string(position_) +
                            " is gone: the oldest segment starts at " +
                            std::to_string(folder_->first_position()),
                     .place = folder_->path(),
                     .system_errno = 0,
                     .sqlstate = {},
                     .advice = {}}};
  const bool same = cursor_ && found->start == segment_.start;
  segment_ = *found;
  if (same) return Done{};
  auto file = disk_->Open(segment_.path, OpenMode::kRead);
  if (!file) return Err{file.error()};
  cursor_.emplace(std::move(file).value(), segment_.OffsetOf(position_));
  return Done{};
}

Outcome<Done> Reader::CheckMark(smpp::Bytes payload) const {
  const std::optional<Mark> mark = Mark::Decode(payload);
  if (mark && mark->at == position_ && mark->journal == folder_->id()) return Done{};
  return Err{DamageError(segment_, cursor_->offset(), "the mark here is not of this place")};
}

Error Reader::Damage(const ParsedFrame& frame, Position limit) const {
  std::string why = "the frame here does not check: ";
  if (frame.check == FrameCheck::kGarbage) why += frame.why;
  if (frame.check == FrameCheck::kNothing) why += "nothing was written here";
  if (frame.check == FrameCheck::kShort) why += "it is longer than what is there";
  why += "; it had been durable, for ";
  why += segment_.end == SegmentInfo::kOpenEnd
             ? "the journal was durable up to position " + std::to_string(limit)
             : "a later segment starts at position " + std::to_string(segment_.end);
  return DamageError(segment_, cursor_->offset(), std::move(why));
}

}  // namespace hub::journal
