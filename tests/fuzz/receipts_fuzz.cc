// Receipts: fields lie inside their text, a rewritten one carries the client's id and stays readable.
#include "protocol/pdu/message.h"
#include "protocol/receipt/make.h"
#include "protocol/receipt/rewrite.h"
#include "tests/fuzz/fuzz.h"

namespace {

using hub::fuzz::Input;
using hub::fuzz::Octets;
using smpp::Bytes;
using smpp::Receipt;
using smpp::ReceiptField;

constexpr std::string_view kNewId = "7261234567890123456";

void CheckFields(std::string_view text) {
  const smpp::ReceiptText found = smpp::ParseReceiptText(text);
  for (const ReceiptField* field : {&found.id, &found.sub, &found.dlvrd, &found.submit_date,
                                    &found.done_date, &found.stat, &found.err, &found.text}) {
    if (!field->present) continue;
    FUZZ_CHECK(field->offset + field->value.size() <= text.size());
    FUZZ_CHECK(text.substr(field->offset, field->value.size()) == field->value);
  }
}

void CheckRewrite(const Octets& pdu, const smpp::ReceiptRewrite& rewrite) {
  smpp::MessageView view;
  if (smpp::ViewMessage(smpp::CommandId::deliver_sm, pdu, view) != smpp::Status::ESME_ROK) return;
  const Receipt before = smpp::ReadReceipt(view);
  const Octets out = smpp::RewriteReceipt(view, before, pdu, rewrite);
  if (out.empty()) return;
  smpp::MessageView after;
  FUZZ_CHECK(smpp::ViewMessage(smpp::CommandId::deliver_sm, out, after) == smpp::Status::ESME_ROK);
  const Receipt receipt = smpp::ReadReceipt(after);
  // A user data header that claimed more than there was may be whole now that the text is longer: then it is read from there.
  const bool same_header = receipt.text_offset == before.text_offset;
  FUZZ_CHECK(!same_header || receipt.id.empty() || receipt.id == kNewId);
  FUZZ_CHECK(after.source_addr == view.source_addr && after.esm_class == view.esm_class);
  FUZZ_CHECK(view.message_payload ||
             after.short_message.size() <= rewrite.short_message_octets_max);
}

void CheckOwn(Input& in) {
  smpp::OwnReceipt own;
  own.message_id = smpp::AsText(in.Take(in.U8() % 70));
  own.source.addr = smpp::AsText(in.Take(in.U8() % 30));
  own.destination.addr = smpp::AsText(in.Take(in.U8() % 30));
  own.state = static_cast<smpp::MessageState>(in.U8());
  own.err = in.U16();
  own.submit_date = std::chrono::sys_seconds(std::chrono::seconds(in.U32()));
  own.done_date = std::chrono::sys_seconds(std::chrono::seconds(in.U32()));
  own.tlvs = in.U8() % 2 == 0;
  const Octets pdu = smpp::MakeReceipt(own, 1);
  if (pdu.empty()) return;
  smpp::MessageView view;
  FUZZ_CHECK(smpp::ViewMessage(smpp::CommandId::deliver_sm, pdu, view) == smpp::Status::ESME_ROK);
  FUZZ_CHECK(view.is_receipt() && (!own.tlvs || smpp::ReadReceipt(view).id == own.message_id));
}

}  // namespace

// How to rewrite, esm_class, the text with its length, the tail.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  const smpp::ReceiptRewrite rewrite{
      .message_id = kNewId,
      .short_message_octets_max = static_cast<std::uint8_t>(in.U8() % 2 == 0 ? 254 : 255)};
  smpp::DeliverSm deliver;
  deliver.esm_class = in.U8();
  deliver.short_message = in.Take(in.U8());
  deliver.tlvs = in.Rest();
  CheckFields(smpp::AsText(deliver.short_message));
  CheckFields(smpp::AsText(deliver.tlvs));
  CheckRewrite(smpp::Encode(deliver, smpp::Status::ESME_ROK, 3), rewrite);
  Input own(data, size);
  CheckOwn(own);
  return 0;
}
