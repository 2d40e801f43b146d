#include "server/journal/tail.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "server/journal/frame.h"
#include "server/journal/frame_cursor.h"

namespace hub::journal {
namespace {

constexpr std::size_t kSearchOctets = 64u << 10;

// What lies behind a place that does not check.
struct Behind {
  std::optional<Position> proof_at;  // of a mark that says: it had been durable
  bool all_zero = true;
};

class TailFinder {
 public:
  TailFinder(const SegmentInfo& segment, const JournalId& journal, std::unique_ptr<File> file)
      : segment_(segment), journal_(journal), cursor_(std::move(file), kSegmentHeaderOctets) {}

  Outcome<Tail> Find() {
    tail_.durable = segment_.start;
    const char* why = "";
    for (;;) {
      auto frame = cursor_.Look(UINT64_MAX);
      if (!frame) return Err{frame.error()};
      if (frame->check == FrameCheck::kFrame) why = CheckMark(*frame);
      if (frame->check != FrameCheck::kFrame || *why != '\0') {
        if (frame->check == FrameCheck::kGarbage) why = frame->why;
        return End(why);
      }
      cursor_.Advance(frame->size);
    }
  }

 private:
  // "" when the frame is no mark, or a good one.
  const char* CheckMark(const ParsedFrame& frame) {
    if (frame.kind != Mark::kKind) return "";
    const std::optional<Mark> mark = GoodMark(frame, segment_.PositionOf(cursor_.offset()));
    if (!mark) return "the mark here is not of this place";
    tail_.durable = std::max(tail_.durable, mark->durable_below);
    batch_begin_ = mark->at + Mark::kOctets;
    batch_octets_ = mark->octets;
    return "";
  }

  std::optional<Mark> GoodMark(const ParsedFrame& frame, Position at) const {
    const std::optional<Mark> mark = Mark::Decode(frame.payload);
    if (!mark || mark->at != at || mark->journal != journal_) return std::nullopt;
    return mark;
  }

  Outcome<Tail> End(const char* why) {
    tail_.end = segment_.PositionOf(cursor_.offset());
    // Of a batch that is not all there nothing counts: else half of what a loop did in one turn would have happened.
    const bool is_whole = tail_.end - batch_begin_ >= batch_octets_;
    if (!is_whole) tail_.end = batch_begin_;
    auto behind = LookBehind();
    if (!behind) return Err{behind.error()};
    if (behind->proof_at)
      return Err{DamageError(segment_, cursor_.offset(),
                             std::string("the frame here does not check") + (*why ? ": " : "") +
                                 why + "; the mark at position " +
                                 std::to_string(*behind->proof_at) +
                                 " proves that it had been durable")};
    tail_.torn = !is_whole || !behind->all_zero;
    return tail_;
  }

  // Octet by octet, for damage may have shifted what follows: no length can be trusted here.
  Outcome<Behind> LookBehind() {
    Behind behind;
    std::vector<std::uint8_t> octets(kSearchOctets);
    for (std::uint64_t from = cursor_.offset();;) {
      auto got = cursor_.file()->Read(from, octets);
      if (!got) return Err{got.error()};
      const smpp::Bytes piece = smpp::Bytes(octets).first(*got);
      behind.all_zero =
          behind.all_zero && std::all_of(piece.begin(), piece.end(), [](auto o) { return o == 0; });
      behind.proof_at = FindProof(piece, from);
      if (behind.proof_at || *got < octets.size()) return behind;
      from += *got - (Mark::kOctets - 1);  // a mark may lie across the border
    }
  }

  std::optional<Position> FindProof(smpp::Bytes piece, std::uint64_t offset) const {
    static constexpr std::uint8_t kMarkLength[4] = {Mark::kPayloadOctets + 1, 0, 0, 0};
    const std::uint8_t* at = piece.data();
    const std::uint8_t* const end = piece.data() + piece.size();
    while ((at = static_cast<const std::uint8_t*>(
                memmem(at, static_cast<std::size_t>(end - at), kMarkLength, sizeof kMarkLength))) !=
           nullptr) {
      const auto skipped = static_cast<std::uint64_t>(at - piece.data());
      const ParsedFrame frame = ParseFrame(piece.subspan(skipped));
      if (frame.check == FrameCheck::kFrame && frame.kind == Mark::kKind) {
        const std::optional<Mark> mark = GoodMark(frame, segment_.PositionOf(offset + skipped));
        if (mark && mark->durable_below > tail_.end) return mark->at;
      }
      ++at;
    }
    return std::nullopt;
  }

  const SegmentInfo& segment_;
  const JournalId& journal_;
  FrameCursor cursor_;
  Tail tail_;
  Position batch_begin_ = 0;  // of the last batch, behind its mark
  std::uint64_t batch_octets_ = 0;
};

Outcome<Done> SecureTail(Disk* disk, const SegmentInfo& last, const Tail& tail) {
  auto file = disk->Open(last.path, OpenMode::kWrite);
  if (!file) return Err{file.error()};
  std::vector<std::uint8_t> octets(kSearchOctets);
  const std::uint64_t end = last.OffsetOf(tail.end);
  for (std::uint64_t from = last.OffsetOf(std::min(tail.durable, tail.end)); from < end;) {
    const std::size_t wanted = std::min<std::uint64_t>(octets.size(), end - from);
    auto got = (*file)->Read(from, smpp::MutableBytes(octets).first(wanted));
    if (!got) return Err{got.error()};
    if (*got == 0) break;
    const smpp::Bytes pieces[] = {smpp::Bytes(octets).first(*got)};
    if (auto written = (*file)->Write(from, pieces); !written) return written;
    from += *got;
  }
  return (*file)->Sync();
}

}  // namespace

Outcome<Tail> FindTail(Disk* disk, const SegmentInfo& last, const JournalId& journal) {
  auto file = disk->Open(last.path, OpenMode::kRead);
  if (!file) return Err{file.error()};
  return TailFinder(last, journal, std::move(file).value()).Find();
}

Outcome<Tail> RecoverTail(Disk* disk, Folder* folder) {
  Tail tail;
  const std::optional<SegmentInfo> last = folder->Last();
  if (last) {
    auto found = FindTail(disk, *last, folder->id());
    if (!found) return found;
    tail = *found;
  }
  if (auto settled = folder->Settle(); !settled) return Err{settled.error()};
  if (!last) return tail;
  if (auto secured = SecureTail(disk, *last, tail); !secured) return Err{secured.error()};
  return tail;
}

}  // namespace hub::journal
