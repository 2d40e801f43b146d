// The relay with clients of answer = accepted, and a PostgreSQL that shows what the journal says.
#pragma once

#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {

/// TwoSuppliers, but acme and other have their ESME_ROK when their message is on disk.
store::Catalog Accepting();
/// Accepting, but beta is switched off.
store::Catalog AlphaAlone();
/// No peer is asked whether it lives: time may pass in leaps.
relay::Limits Patient();

/// "hello" from ACME, with times as the test gives them.
Octets Timed(std::uint32_t sequence_number, std::string_view schedule_delivery_time,
             std::string_view validity_period, std::uint8_t registered_delivery = 1);
/// A number of network 262-01.
std::string To(std::uint32_t n);
/// A moment as an absolute time of SMPP.
std::string At(WallTime moment);
/// stat: of a receipt.
std::string StatIn(const Pdu& receipt);

struct KeptRig : RelayRig {
  explicit KeptRig(store::Catalog catalog = AlphaAlone(), relay::Limits with = Patient());

  /// The customer sends it and gets its ESME_ROK; returns the id.
  std::string Accepted(SmppPeer& customer, const Octets& submit);
  /// The next submit at a supplier is answered so; false when none is there.
  bool Answers(SmppPeer& supplier, smpp::Status status, std::string_view upstream_id = "up");
  /// A supplier that was lost binds again, however long the hub pauses before it tries.
  SmppPeer& Returns(std::uint16_t port);
  /// PostgreSQL takes nothing more from now on; what it shows stays as it is.
  void FreezePostgreSql();
  void ThawPostgreSql() { settler.stays_at.reset(); }
  /// The destination of the next submit at a supplier, which then takes it; "" when there is none.
  std::string TakeNext(SmppPeer& supplier);
  /// Of all that come while time passes, sorted.
  std::vector<std::string> TakeAll(SmppPeer& supplier, Duration during);
  /// What is in the queue of PostgreSQL once everything written so far is settled, by next_at.
  std::vector<store::StoredMessage> Queue() const;
  /// The last records of their kind.
  template <class R>
  R Last() const {
    const std::vector<R> all = All<R>();
    return all.empty() ? R{} : all.back();
  }
  WallTime wall_now() const { return network.clock().WallNow(); }
  std::int64_t micros_from_now(Duration later) const {
    return ToMicros(wall_now() + std::chrono::duration_cast<std::chrono::microseconds>(later));
  }
};

}  // namespace hub::test
