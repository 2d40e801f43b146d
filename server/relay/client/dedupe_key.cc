#include "server/relay/client/dedupe_key.h"

#include "protocol/text/segments.h"

namespace hub::relay {
namespace {

/// Feeds numbers of fixed width and texts behind their length, so that no two messages feed the same octets. The layout
/// is for ever: keys of earlier runs stand in PostgreSQL.
class Feed {
 public:
  void U8(std::uint8_t v) { hash_.Update({&v, 1}); }
  void U16(std::uint16_t v) {
    std::uint8_t octets[2];
    smpp::WriteU16(octets, v);
    hash_.Update(octets);
  }
  void Text(smpp::Bytes text) {
    std::uint8_t octets[4];
    smpp::WriteU32(octets, static_cast<std::uint32_t>(text.size()));
    hash_.Update(octets);
    hash_.Update(text);
  }
  void Address(std::uint8_t ton, std::uint8_t npi, std::string_view address) {
    U8(ton);
    U8(npi);
    Text(smpp::AsBytes(address));
  }
  void Part(const std::optional<smpp::Concat>& concat) {
    const smpp::Concat part = concat.value_or(smpp::Concat{});  // total 0: a message of its own
    U16(part.ref);
    U8(part.total);
    U8(part.part);
  }
  DedupeKey Finish() { return hash_.Finish(); }

 private:
  Blake2b128 hash_;
};

// The first octet: the two kinds of keys never meet.
constexpr std::uint8_t kContentKey = 1, kReferenceKey = 2;

}  // namespace

std::optional<DedupeKey> DedupeKeyOf(store::DedupeBy by, const smpp::MessageView& view) {
  const bool by_reference = by == store::DedupeBy::kUserMessageReference;
  if (by_reference && !view.user_message_reference) return std::nullopt;
  Feed feed;
  feed.U8(by_reference ? kReferenceKey : kContentKey);
  feed.Address(view.source_addr_ton, view.source_addr_npi, view.source_addr);
  feed.Address(view.dest_addr_ton, view.dest_addr_npi, view.destination_addr);
  feed.Part(smpp::ConcatOf(view));
  if (by_reference) {
    feed.U16(*view.user_message_reference);
  } else {
    feed.U8(view.esm_class);
    feed.U8(view.data_coding);
    feed.Text(view.text());
  }
  return feed.Finish();
}

}  // namespace hub::relay
