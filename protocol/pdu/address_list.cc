#include "protocol/pdu/address_list.h"

namespace smpp {
namespace {

constexpr std::size_t kAddressOctetsMax = 21;  // destination_addr and dl_name, with NUL

Status ReadName(Reader& from, std::string_view& name, Status too_long) {
  const bool short_body = from.left() < kAddressOctetsMax;
  if (from.CString(kAddressOctetsMax, name)) return Status::ESME_ROK;
  return short_body ? Status::ESME_RINVCMDLEN : too_long;
}

}  // namespace

Status ReadDest(Reader& from, DestAddress& dest) {
  dest = {};
  if (!from.U8(dest.dest_flag)) return Status::ESME_RINVCMDLEN;
  if (dest.dest_flag == DestAddress::kDistributionList) {
    return ReadName(from, dest.dl_name, Status::ESME_RINVDLNAME);
  }
  if (dest.dest_flag != DestAddress::kSme) return Status::ESME_RINVDESTFLAG;
  if (!from.U8(dest.dest_addr_ton) || !from.U8(dest.dest_addr_npi)) return Status::ESME_RINVCMDLEN;
  return ReadName(from, dest.destination_addr, Status::ESME_RINVDSTADR);
}

void WriteDest(Writer& out, const DestAddress& dest) {
  out.U8(dest.dest_flag);
  if (dest.dest_flag == DestAddress::kDistributionList) return out.CString(dest.dl_name);
  out.U8(dest.dest_addr_ton);
  out.U8(dest.dest_addr_npi);
  out.CString(dest.destination_addr);
}

Status ReadUnsuccess(Reader& from, UnsuccessSme& sme) {
  if (!from.U8(sme.dest_addr_ton) || !from.U8(sme.dest_addr_npi)) return Status::ESME_RINVCMDLEN;
  const Status name = ReadName(from, sme.destination_addr, Status::ESME_RINVDSTADR);
  if (name != Status::ESME_ROK) return name;
  std::uint32_t code = 0;
  if (!from.U32(code)) return Status::ESME_RINVCMDLEN;
  sme.error_status_code = static_cast<Status>(code);
  return Status::ESME_ROK;
}

void WriteUnsuccess(Writer& out, const UnsuccessSme& sme) {
  out.U8(sme.dest_addr_ton);
  out.U8(sme.dest_addr_npi);
  out.CString(sme.destination_addr);
  out.U32(static_cast<std::uint32_t>(sme.error_status_code));
}

}  // namespace smpp
