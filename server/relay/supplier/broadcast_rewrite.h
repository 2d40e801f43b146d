// A broadcast_sm in the form that its supplier's profile asks for.
#pragma once

#include "server/relay/supplier/submit_rewrite.h"

namespace hub::relay {

/// Applies the rules for source addresses and data_coding. Those for TLVs are of submits: a broadcast is made of TLVs.
///
/// profile  null: no rules
/// pdu      a whole broadcast_sm that was judged; never written to
/// returns  as RewriteSubmit: an empty pdu where nothing changes; ESME_RINVSRCADR when a rule refuses the source
Rewritten RewriteBroadcast(const store::SupplierProfile* profile, smpp::Bytes pdu);

}  // namespace hub::relay
