#include "protocol/wire/tlv.h"

namespace smpp {
namespace {

constexpr TagRow kRows[] = {
#define TLV(name, tag, min, max) {Tag::name, #name, min, max},
#include "protocol/wire/tlv.def"
#undef TLV
};

}  // namespace

const TagRow* FindTag(Tag tag) {
  for (const TagRow& row : kRows) {
    if (row.tag == tag) return &row;
  }
  return nullptr;
}

std::string_view TagName(Tag tag) {
  const TagRow* row = FindTag(tag);
  return row == nullptr ? std::string_view{} : row->name;
}

std::optional<std::uint8_t> FindTlvU8(Bytes stream, Tag tag) {
  const std::optional<Tlv> tlv = FindTlv(stream, tag);
  if (!tlv || tlv->value.size() != 1) return std::nullopt;
  return tlv->value[0];
}

}  // namespace smpp
