// The relay's reader and its edits: it judges as the decoders do, and an edit changes what it names and nothing else.
#include "protocol/pdu/any_pdu.h"
#include "protocol/pdu/message_edits.h"
#include "protocol/text/first_word.h"
#include "protocol/text/segments.h"
#include "tests/fuzz/fuzz.h"

namespace {

using hub::fuzz::Input;
using hub::fuzz::Octets;
using smpp::Bytes;
using smpp::CommandId;
using smpp::MessageView;
using smpp::Status;

constexpr CommandId kMessages[] = {CommandId::submit_sm, CommandId::deliver_sm, CommandId::data_sm};

Octets Joined(smpp::Splice& splice) {
  std::array<Bytes, smpp::Splice::kPiecesMax> pieces;
  const std::size_t used = splice.Pieces(pieces);
  Octets out;
  for (const Bytes piece : std::span(pieces).first(used)) {
    FUZZ_CHECK(!piece.empty());
    out.insert(out.end(), piece.begin(), piece.end());
  }
  return out;
}

bool SameBut(const MessageView& a, const MessageView& b) {
  const auto same = [](Bytes x, Bytes y) { return smpp::AsText(x) == smpp::AsText(y); };
  return a.service_type == b.service_type && a.esm_class == b.esm_class &&
         a.validity_period == b.validity_period && a.data_coding == b.data_coding &&
         a.schedule_delivery_time == b.schedule_delivery_time && same(a.tlvs, b.tlvs) &&
         same(a.short_message, b.short_message) && same(a.text(), b.text());
}

void Edit(const Octets& pdu, const MessageView& view, Input& how) {
  const std::string_view source = smpp::AsText(how.Take(how.U8() % 70));
  const std::string_view destination = smpp::AsText(how.Take(how.U8() % 70));
  const std::uint8_t registered = how.U8();
  smpp::Splice splice(pdu);
  if (!smpp::SetSource(splice, view, 5, 0, source)) return;
  if (!smpp::SetDestination(splice, view, 1, 1, destination)) return;
  if (!smpp::SetRegisteredDelivery(splice, view, registered)) return;
  splice.set_sequence_number(9);
  Octets out(splice.octets());
  FUZZ_CHECK(splice.Apply(out) == out.size());
  FUZZ_CHECK(out == Joined(splice));
  FUZZ_CHECK(smpp::ReadHeader(out.data()).command_length == out.size());
  FUZZ_CHECK(smpp::ReadHeader(out.data()).sequence_number == 9);

  MessageView after;
  const Status status = smpp::ViewMessage(view.command_id, out, after);
  if (status == Status::ESME_RINVSRCADR || status == Status::ESME_RINVDSTADR)
    return;  // not printable
  FUZZ_CHECK(status == Status::ESME_ROK);
  FUZZ_CHECK(after.source_addr == source && after.destination_addr == destination);
  FUZZ_CHECK(after.registered_delivery == registered && SameBut(view, after));
}

}  // namespace

// First octet: which command; 32 octets: the edits (two texts with their lengths, an octet); the rest is the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  const CommandId id = kMessages[in.U8() % std::size(kMessages)];
  const Bytes edits = in.Take(32);
  Input how(edits.data(), edits.size());
  const Bytes body = in.Rest();
  Octets pdu(smpp::kHeaderOctets);
  smpp::WriteHeader(pdu.data(), {static_cast<std::uint32_t>(16 + body.size()), id, {}, 7});
  pdu.insert(pdu.end(), body.begin(), body.end());
  pdu.shrink_to_fit();

  MessageView view;
  const Status status = smpp::ViewMessage(id, pdu, view);
  FUZZ_CHECK(status == smpp::JudgePdu(id, body));
  if (status != Status::ESME_ROK) return 0;
  FUZZ_CHECK(smpp::SegmentCount(view) >= 1);
  const smpp::Word word = smpp::FirstWord(view);
  FUZZ_CHECK(smpp::KeywordOf(word.view()).view() == word.view());  // what is folded stays so
  Edit(pdu, view, how);
  return 0;
}
