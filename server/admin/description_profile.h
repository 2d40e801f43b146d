// What a description says of a supplier's peculiarities: store::SupplierProfile.
#pragma once

#include "server/config/toml_reader.h"
#include "server/store/supplier_profile.h"

namespace hub::admin {

/// Reads tlvs, [[supplier.tlv]], [[supplier.address]], data_codings, force_receipts, receipts_by_text, receipt_states and
/// client_statuses of one supplier's table; the caller finishes it.
void ReadProfile(TomlReader& table, store::SupplierProfile* profile);

}  // namespace hub::admin
