// Splice: a PDU with some of its octets replaced, without copying or re-encoding the rest.
#pragma once

#include <array>

#include "protocol/wire/header.h"

namespace smpp {

/// Up to kEditsMax edits over a borrowed PDU. Everything that no edit names stays as it came, byte
/// for byte; command_length follows. Replacement octets are borrowed too and must live until the
/// result is written.
///
///     pdu:      [header][....XXXX.....YY...]         edits: X -> x, Y -> yyyyy
///     pieces:   [header'] [....] [x] [.....] [yyyyy] [...]
class Splice {
 public:
  static constexpr std::size_t kEditsMax = 8;
  static constexpr std::size_t kPiecesMax = 2 * kEditsMax + 2;

  /// `pdu` is whole: 16 octets at least, command_length of them.
  explicit Splice(Bytes pdu);

  /// Puts `replacement` in the place of `removed` octets at `offset` (from the PDU's first octet).
  /// Edits may come in any order; insertions (removed = 0) at one place follow each other as they
  /// came. False, and nothing changes: the range touches the header, reaches beyond the PDU or
  /// overlaps another edit, or kEditsMax edits are there already.
  [[nodiscard]] bool Replace(std::size_t offset, std::size_t removed, Bytes replacement);

  /// Overwrites one octet, or a two-octet number; the value is kept here.
  [[nodiscard]] bool ReplaceU8(std::size_t offset, std::uint8_t v);
  [[nodiscard]] bool ReplaceU16(std::size_t offset, std::uint16_t v);

  void set_sequence_number(std::uint32_t n) { sequence_number_ = n; }

  std::size_t edits() const { return count_; }
  /// Octets of the result, header included.
  std::size_t octets() const { return octets_; }

  /// Writes the result. Returns octets(), or 0 when `out` is too small (and leaves it alone).
  std::size_t Apply(MutableBytes out) const;

  /// The result as borrowed pieces, none empty, for writev. The first (the header) and short
  /// numbers lie inside this Splice, so it must stay where it is until they are written. Returns
  /// how many of `out` are used.
  std::size_t Pieces(std::array<Bytes, kPiecesMax>& out);

 private:
  struct Edit {
    std::size_t offset = 0;
    std::size_t removed = 0;
    Bytes borrowed;
    std::array<std::uint8_t, 2> own{};  // of ReplaceU8 and ReplaceU16
    std::uint8_t own_octets = 0;        // 0: `borrowed` counts

    Bytes replacement() const { return own_octets == 0 ? borrowed : Bytes(own).first(own_octets); }
  };

  bool Insert(const Edit& edit);
  Header NewHeader() const;

  Bytes pdu_;
  std::size_t octets_;
  std::uint32_t sequence_number_;
  std::array<Edit, kEditsMax> edits_;  // by offset
  std::size_t count_ = 0;
  std::array<std::uint8_t, kHeaderOctets> header_{};
};

}  // namespace smpp
