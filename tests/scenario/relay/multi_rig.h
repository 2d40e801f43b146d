// submit_multi as clients send it, and its answer taken apart.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/pdu/submit_multi.h"
#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {

/// "hello" from ACME to each number; one that begins with '@' is the name of a distribution list.
Octets SubmitMulti(std::uint32_t sequence_number, const std::vector<std::string>& to,
                   std::uint8_t registered_delivery = 1, std::string_view text = "hello");

/// A submit_multi_resp.
struct MultiAnswer {
  /// Nothing came: the test fails.
  explicit MultiAnswer(const std::optional<Pdu>& pdu);

  smpp::Status status = smpp::Status::ESME_RUNKNOWNERR;
  std::string message_id;
  std::vector<std::pair<std::string, smpp::Status>> unsuccess;
};

/// The submits that wait at a supplier, by destination: the first message of an account waits for its lease, and others may
/// overtake it.
std::map<std::string, Pdu> Submits(SmppPeer& supplier);
/// It takes all of them, each under the id of its destination.
void TakeSubmits(SmppPeer& supplier);

/// alpha is up, and acme sends submit_multi number 7.
struct MultiRig : RelayRig {
  explicit MultiRig(store::Catalog catalog = TwoSuppliers(), relay::Limits with = {});

  /// What alpha has got of it.
  std::map<std::string, Pdu> Sends(const std::vector<std::string>& to);
  /// The answer, alpha having taken all.
  MultiAnswer SendsAndAllAreTaken(const std::vector<std::string>& to);
  MultiAnswer Answer() { return MultiAnswer(acme.Next()); }

  SmppPeer acme;
};

}  // namespace hub::test
