// What is peculiar to one supplier: how it wants its submits, and how it writes what it sends. Rows of
// crm.supplier and of the tables beside it (sql/migrations/0030_supplier_profiles.sql); server/relay/supplier
// applies them. A profile that says nothing costs nothing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hub::store {

/// Whether a supplier is sent TLVs. A bind below v3.4 never is.
enum class SupplierTlvs : std::uint8_t {
  kPass,  // whatever it says of itself
  kShown,  // if its answer to our bind shows sc_interface_version 0x34 or above   SMPP v3.4 §5.3.2.25
  kNone,
};

enum class TlvAction : std::uint8_t {
  kAdd,   // where the message has none of this tag
  kDrop,  // all of this tag
  kMap,   // all of this tag get another tag, and another value if the rule has one
};

struct TlvRule {
  std::uint16_t tag = 0;
  TlvAction action = TlvAction::kDrop;
  std::uint16_t to_tag = 0;  // of kMap
  bool has_value = false;    // kAdd: always
  std::vector<std::uint8_t> value;

  bool operator==(const TlvRule&) const = default;
};

enum class AddressSide : std::uint8_t { kSource, kDestination };

enum class AddressAction : std::uint8_t {
  kKeep,     // the address stays
  kPrefix,   // `to` stands in the place of `prefix`
  kAddress,  // `to` stands in the place of the address
  kRefuse,   // the supplier does not get such a message
};

inline constexpr std::int16_t kAnyTonNpi = -1;

/// One rule for an address on its way to the supplier. The first that matches counts, and no other.
struct AddressRule {
  AddressSide side = AddressSide::kSource;
  std::int16_t ton = kAnyTonNpi, npi = kAnyTonNpi;  // that the message must have
  std::string prefix;                               // that its address must have
  AddressAction action = AddressAction::kKeep;
  std::string to;
  std::int16_t to_ton = kAnyTonNpi, to_npi = kAnyTonNpi;  // kAnyTonNpi: stays

  bool operator==(const AddressRule&) const = default;
};

struct SupplierProfile {
  SupplierTlvs tlvs = SupplierTlvs::kPass;
  std::vector<TlvRule> tlv_rules;  // by tag
  std::vector<AddressRule> source_rules, destination_rules;
  std::map<std::uint8_t, std::uint8_t> data_codings;  // the client's -> the supplier's
  bool force_receipts = false;    // asked for one of each message; clients hear what they asked for
  bool receipts_by_text = false;  // its receipts may come as ordinary messages
  std::map<std::string, std::uint8_t> receipt_states;  // word of `stat:`, capitals -> message_state
  std::map<std::uint32_t, std::uint32_t> client_statuses;  // its command_status -> what clients see

  /// What is sent differs from what the client sent, or may.
  bool ChangesSubmits() const {
    return tlvs != SupplierTlvs::kPass || !tlv_rules.empty() || ChangesAddresses() ||
           !data_codings.empty() || force_receipts;
  }
  /// Some message may not be sayable to it. What data_codings and force_receipts change fits everywhere.
  bool MayMakeUnfit() const {
    return tlvs != SupplierTlvs::kPass || !tlv_rules.empty() || ChangesAddresses();
  }
  bool ChangesAddresses() const { return !source_rules.empty() || !destination_rules.empty(); }
  bool ChangesReceipts() const { return receipts_by_text || !receipt_states.empty(); }
  bool operator==(const SupplierProfile&) const = default;
};

}  // namespace hub::store
