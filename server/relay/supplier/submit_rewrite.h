// A message in the form that its supplier's profile asks for. Pure functions; nothing here knows a link.
#pragma once

#include <memory>

#include "protocol/pdu/message_view.h"
#include "server/base/slab.h"
#include "server/relay/supplier/sent_as.h"
#include "server/store/supplier_profile.h"

namespace hub::relay {

/// interface_version from which TLVs exist.                                  SMPP v3.4 §3.4
inline constexpr std::uint8_t kTlvVersion = 0x34;

/// What one supplier gets of a message.
struct Rewritten {
  smpp::Status status = smpp::Status::ESME_ROK;  // else it cannot have it
  Slice pdu;  // a copy, sequence_number 0; empty: the message goes as it is
  std::unique_ptr<const SentAs> sent_as;  // null: its addresses go as they came
};

/// Every message goes as it came. `profile` may be null: the supplier has none.
bool SendsAsItCame(const store::SupplierProfile* profile, bool takes_tlvs);

/// Applies the rules for addresses, data_coding, registered_delivery and TLVs, in this order, then takes TLVs out of
/// what may have none. The segments stay as many as they were.
///
/// profile     null: no rules
/// takes_tlvs  of the link that the message is to go over
/// view        of a submit_sm or data_sm; its octets are never written to
/// returns     ESME_RINVSRCADR, ESME_RINVDSTADR  a rule refuses the address, or gives it one that does not fit
///             and those of smpp::WriteV33Submit
/// cost        none of its own where nothing changes; else some allocations and a copy
Rewritten RewriteSubmit(const store::SupplierProfile* profile, bool takes_tlvs,
                        const smpp::MessageView& view);

/// What the client's addresses are, and what the supplier calls the destination; null: both sides went as they came.
std::unique_ptr<const SentAs> AddressesSent(const store::SupplierProfile& profile,
                                            const smpp::MessageView& view);

/// The address as the supplier has it. `address` is replaced where a rule says so; false: a rule refuses it.
bool MapAddress(const std::vector<store::AddressRule>& rules, SentAs::Party* party);

/// What a client sees of a supplier's error.
smpp::Status ShownStatus(const store::SupplierProfile& profile, smpp::Status status);

}  // namespace hub::relay
