// The two lists of submit_multi, kept as the octets that came: walking one costs no allocation.
#pragma once

#include "protocol/wire/cursor.h"
#include "protocol/wire/status.h"

namespace smpp {

/// Where one copy of a submit_multi goes.                                      SMPP v3.4 §4.5.1.1
struct DestAddress {
  static constexpr std::uint8_t kSme = 1;
  static constexpr std::uint8_t kDistributionList = 2;

  std::uint8_t dest_flag = kSme;
  std::uint8_t dest_addr_ton = 0, dest_addr_npi = 0;  // of an SME
  std::string_view destination_addr = {};             // of an SME, 0..20 chars
  std::string_view dl_name = {};                      // of a distribution list, 0..20 chars
};

/// number_of_dests and the entries behind it. `entries` holds exactly `count` valid ones once
/// decoded.
struct DestList {
  std::uint8_t count = 0;
  Bytes entries = {};  // borrowed
};

/// Takes the next entry. ESME_RINVDESTFLAG, ESME_RINVDSTADR, ESME_RINVDLNAME, or ESME_RINVCMDLEN at
/// the end.
Status ReadDest(Reader& from, DestAddress& dest);
void WriteDest(Writer& out, const DestAddress& dest);

/// Who did not get it, and why.                                                SMPP v3.4 §4.5.2.1
struct UnsuccessSme {
  std::uint8_t dest_addr_ton = 0, dest_addr_npi = 0;
  std::string_view destination_addr = {};  // 0..20 chars
  Status error_status_code = Status::ESME_ROK;
};

/// no_unsuccess and the entries behind it.
struct UnsuccessList {
  std::uint8_t count = 0;
  Bytes entries = {};  // borrowed
};

/// Takes the next entry. ESME_RINVDSTADR, or ESME_RINVCMDLEN at the end.
Status ReadUnsuccess(Reader& from, UnsuccessSme& sme);
void WriteUnsuccess(Writer& out, const UnsuccessSme& sme);

}  // namespace smpp
