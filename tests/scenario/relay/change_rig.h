// KeptRig whose PostgreSQL answers who has a message, as cancel_sm and replace_sm ask.
#pragma once

#include "tests/scenario/relay/kept_rig.h"

namespace hub::test {

inline constexpr Duration kSettled = std::chrono::milliseconds(250);  // ticks and a question

/// One message that waits for its time, and no more.
relay::Limits NoRoomForLater();

/// As schedule_delivery_time.
std::string InAnHour(const KeptRig& rig);
Octets Cancel(std::uint32_t sequence_number, std::string_view message_id,
              std::string_view source_addr = "ACME", std::string_view destination_addr = "");
/// A replace_sm with the text "other".
Octets Otherwise(std::uint32_t sequence_number, std::string_view message_id,
                 std::string_view validity_period = "");
/// One cancel_sm_resp, and nothing else.
void ExpectCancelAnswer(SmppPeer& peer, std::uint32_t sequence_number, smpp::Status status);

struct ChangeRig : KeptRig {
  explicit ChangeRig(store::Catalog catalog = AlphaAlone(), relay::Limits with = Patient());

  /// acme's message, of which PostgreSQL shows nothing but that it is there.
  store::ChangeableMessage Changeable(std::uint32_t n) const;
  /// One that alpha took under the id 0A1B.
  store::ChangeableMessage AtAlpha() const;
  /// The next that alpha is sent, once PostgreSQL had time to answer.
  std::optional<Pdu> Relayed();
  /// The id of the n-th message of a node, on its first loop.
  MessageId MadeBy(unsigned node, std::uint32_t n) const;
  static std::string IdOf(const store::ChangeableMessage& message) {
    return std::to_string(message.message_id);
  }
  /// The customer sends it and gets its ESME_ROK; there is no room for it in memory. With NoRoomForLater: another one of the
  /// same kind has the room, and goes in an hour.
  std::string Spilled(SmppPeer& customer, const Octets& submit);

  std::vector<store::ChangeableMessage> shown;  // besides what the journal says

 private:
  void Show();
  void ShowAttempts(store::ChangeableMessage* message) const;
};

}  // namespace hub::test
