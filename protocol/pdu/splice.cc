#include "protocol/pdu/splice.h"

#include <algorithm>
#include <cstring>

namespace smpp {

Splice::Splice(Bytes pdu)
    : pdu_(pdu), octets_(pdu.size()), sequence_number_(ReadHeader(pdu.data()).sequence_number) {}

bool Splice::Replace(std::size_t offset, std::size_t removed, Bytes replacement) {
  return Insert({.offset = offset, .removed = removed, .borrowed = replacement});
}

bool Splice::ReplaceU8(std::size_t offset, std::uint8_t v) {
  return Insert({.offset = offset, .removed = 1, .borrowed = {}, .own = {v}, .own_octets = 1});
}

bool Splice::ReplaceU16(std::size_t offset, std::uint16_t v) {
  Edit edit{.offset = offset, .removed = 2, .borrowed = {}, .own = {}, .own_octets = 2};
  WriteU16(edit.own.data(), v);
  return Insert(edit);
}

bool Splice::Insert(const Edit& edit) {
  if (count_ == kEditsMax || edit.offset < kHeaderOctets || edit.offset > pdu_.size() ||
      edit.removed > pdu_.size() - edit.offset) {
    return false;
  }
  Edit* const end = edits_.data() + count_;
  Edit* const next = std::upper_bound(
      edits_.data(), end, edit, [](const Edit& a, const Edit& b) { return a.offset < b.offset; });
  if (next != edits_.data() && next[-1].offset + next[-1].removed > edit.offset) return false;
  if (next != end && edit.offset + edit.removed > next->offset) return false;
  std::move_backward(next, end, end + 1);
  *next = edit;
  ++count_;
  octets_ = octets_ - edit.removed + edit.replacement().size();
  return true;
}

Header Splice::NewHeader() const {
  Header header = ReadHeader(pdu_.data());
  header.command_length = static_cast<std::uint32_t>(octets_);
  header.sequence_number = sequence_number_;
  return header;
}

std::size_t Splice::Apply(MutableBytes out) const {
  if (out.size() < octets_) return 0;
  std::uint8_t* to = out.data();
  const auto put = [&to](Bytes octets) {
    if (!octets.empty()) std::memcpy(to, octets.data(), octets.size());
    to += octets.size();
  };
  std::size_t from = 0;
  for (const Edit& edit : std::span(edits_).first(count_)) {
    put(pdu_.subspan(from, edit.offset - from));
    put(edit.replacement());
    from = edit.offset + edit.removed;
  }
  put(pdu_.subspan(from));
  WriteHeader(out.data(), NewHeader());
  return octets_;
}

std::size_t Splice::Pieces(std::array<Bytes, kPiecesMax>& out) {
  WriteHeader(header_.data(), NewHeader());
  std::size_t used = 0;
  const auto put = [&](Bytes octets) {
    if (!octets.empty()) out[used++] = octets;
  };
  put(header_);
  std::size_t from = kHeaderOctets;
  for (const Edit& edit : std::span(edits_).first(count_)) {
    put(pdu_.subspan(from, edit.offset - from));
    put(edit.replacement());
    from = edit.offset + edit.removed;
  }
  put(pdu_.subspan(from));
  return used;
}

}  // namespace smpp
