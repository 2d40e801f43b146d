// A peer that speaks SMPP over a ScriptedPeer: sends PDUs, takes PDUs apart.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "protocol/pdu/any_pdu.h"
#include "protocol/pdu/bind.h"
#include "protocol/pdu/message.h"
#include "protocol/pdu/message_view.h"
#include "protocol/wire/framing.h"
#include "tests/support/fake_network.h"

namespace hub::test {

using Octets = std::vector<std::uint8_t>;

/// One whole PDU as it came.
struct Pdu {
  Octets octets;
  smpp::Header header() const { return smpp::ReadHeader(octets.data()); }
  smpp::CommandId id() const { return header().command_id; }
  smpp::Status status() const { return header().command_status; }
  std::uint32_t sequence_number() const { return header().sequence_number; }
  std::string message_id() const;  // of a response; "" when there is none
  smpp::MessageView view() const;  // of a submit_sm, deliver_sm or data_sm
  std::string receipt_id() const;  // of a receipt: the message that it is about
};

/// The hex of a golden vector as octets.
Octets FromHex(std::string_view hex);
Octets Bare(smpp::CommandId id, std::uint32_t sequence_number,
            smpp::Status status = smpp::Status::ESME_ROK);
Octets Bind(smpp::CommandId id, std::uint32_t sequence_number, std::string_view system_id,
            std::string_view password, std::uint8_t version = 0x34);
/// A submit_sm (or, with another id, a deliver_sm) to a number; tlvs: raw tail.
Octets Message(smpp::CommandId id, std::uint32_t sequence_number, std::string_view from,
               std::string_view to, std::string_view text, std::uint8_t registered_delivery = 0,
               const Octets& tlvs = {});
/// A receipt as a supplier sends it.
Octets Receipt(std::uint32_t sequence_number, std::string_view upstream_id, std::string_view from,
               std::string_view to, std::string_view stat = "DELIVRD");
/// submit_sm_resp and its like.
Octets IdAnswer(smpp::CommandId id, smpp::Status status, std::uint32_t sequence_number,
                std::string_view message_id);

class SmppPeer {
 public:
  explicit SmppPeer(ScriptedPeer& peer) : peer_(&peer) {}

  void Send(const Octets& pdu) { peer_->Deliver(smpp::Bytes(pdu)); }
  /// The next PDU that came; nullopt when none waits.
  std::optional<Pdu> Next();
  /// Answers with `status` and takes the message's own sequence number.
  void Answer(const Pdu& request, smpp::Status status, std::string_view message_id);
  ScriptedPeer& raw() { return *peer_; }
  bool connected() const { return peer_->connected(); }

 private:
  ScriptedPeer* peer_;
  std::string input_;
};

}  // namespace hub::test
