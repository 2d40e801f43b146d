#include "tests/support/smpp_peer.h"

#include "protocol/pdu/answer.h"
#include "protocol/receipt/receipt.h"

namespace hub::test {

using smpp::CommandId;
using smpp::Status;

std::string Pdu::message_id() const { return std::string(smpp::ReadMessageId(octets)); }

smpp::MessageView Pdu::view() const { return smpp::ViewMessage(id(), octets).value(); }

std::string Pdu::receipt_id() const { return std::string(smpp::ReadReceipt(view()).id); }

Octets FromHex(std::string_view hex) {
  Octets octets;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    octets.push_back(
        static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return octets;
}

Octets Bare(CommandId id, std::uint32_t sequence_number, Status status) {
  Octets octets(smpp::kHeaderOctets);
  smpp::WriteAnswer(octets.data(), id, status, sequence_number);
  return octets;
}

Octets Bind(CommandId id, std::uint32_t sequence_number, std::string_view system_id,
            std::string_view password, std::uint8_t version) {
  smpp::BindTransceiver bind;
  bind.system_id = system_id;
  bind.password = password;
  bind.interface_version = version;
  Octets octets = smpp::Encode(bind, Status::ESME_ROK, sequence_number);
  smpp::WriteU32(octets.data() + 4, static_cast<std::uint32_t>(id));
  return octets;
}

Octets Message(CommandId id, std::uint32_t sequence_number, std::string_view from,
               std::string_view to, std::string_view text, std::uint8_t registered_delivery,
               const Octets& tlvs) {
  smpp::SubmitSm message;
  message.source_addr_ton = 5;
  message.source_addr = from;
  message.dest_addr_ton = 1;
  message.dest_addr_npi = 1;
  message.destination_addr = to;
  message.registered_delivery = registered_delivery;
  message.short_message = smpp::AsBytes(text);
  message.tlvs = tlvs;
  Octets octets = smpp::Encode(message, Status::ESME_ROK, sequence_number);
  smpp::WriteU32(octets.data() + 4, static_cast<std::uint32_t>(id));
  return octets;
}

Octets Receipt(std::uint32_t sequence_number, std::string_view upstream_id, std::string_view from,
               std::string_view to, std::string_view stat) {
  const std::string text =
      "id:" + std::string(upstream_id) +
      " sub:001 dlvrd:001 submit date:2611201200 done date:2611201201 stat:" + std::string(stat) +
      " err:000 text:Hello";
  smpp::DeliverSm receipt;
  receipt.source_addr = from;
  receipt.destination_addr = to;
  receipt.esm_class = 0x04;
  receipt.short_message = smpp::AsBytes(text);
  return smpp::Encode(receipt, Status::ESME_ROK, sequence_number);
}

Octets IdAnswer(CommandId id, Status status, std::uint32_t sequence_number,
                std::string_view message_id) {
  Octets octets(smpp::kAnswerOctetsMax);
  octets.resize(smpp::WriteMessageIdAnswer(octets.data(), id, status, sequence_number, message_id));
  return octets;
}

std::optional<Pdu> SmppPeer::Next() {
  input_ += peer_->TakeReceived();
  const smpp::Bytes bytes = smpp::AsBytes(input_);
  const smpp::FrameCut cut = smpp::CutFrame(bytes, smpp::kPduOctetsMaxDefault);
  if (cut.cut != smpp::Cut::kPdu) return std::nullopt;
  Pdu pdu{Octets(bytes.begin(), bytes.begin() + cut.length)};
  input_.erase(0, cut.length);
  return pdu;
}

void SmppPeer::Answer(const Pdu& request, Status status, std::string_view message_id) {
  const CommandId id = smpp::ResponseOf(request.id());
  if (status != Status::ESME_ROK) return Send(Bare(id, request.sequence_number(), status));
  Send(IdAnswer(id, status, request.sequence_number(), message_id));
}

}  // namespace hub::test
