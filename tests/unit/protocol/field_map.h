// A codec that collects a PDU's fields by name, in the shape of the golden vectors.
#pragma once

#include "protocol/pdu/any_pdu.h"
#include "tests/unit/protocol/vectors.h"

namespace smpp::test {

/// Walks a PDU into {"system_id": "esme01", "short_message": {"hex": ...}, "dest_address": [[1, 1,
/// "46"], "LIST"]}.
class FieldMap {
 public:
  Json fields = Json::object();
  Bytes tlvs;

  bool Absent(const bool& absent) { return absent; }
  bool U8(const char* name, const std::uint8_t& v) {
    fields[name] = v;
    return true;
  }
  bool CString(const char* name, const std::string_view& v, std::size_t, Status) {
    fields[name] = std::string(v);
    return true;
  }
  bool Secret(const char* name, const std::string_view& v, std::size_t n, Status s) {
    return CString(name, v, n, s);
  }
  bool Time(const char* name, const std::string_view& v, Status s) {
    return CString(name, v, 17, s);
  }
  bool Counted(const char* length_name, const char* name, const Bytes& v) {
    fields[length_name] = v.size();
    fields[name] = {{"hex", ToHex(v)}};
    return true;
  }
  bool Dests(const char* name, const DestList& list) {
    fields[name] = Json::array();
    Reader entries(list.entries);
    DestAddress dest;
    for (int i = 0; i < list.count; ++i) {
      if (ReadDest(entries, dest) != Status::ESME_ROK) return false;
      if (dest.dest_flag == DestAddress::kDistributionList) {
        fields[name].push_back(std::string(dest.dl_name));
      } else {
        fields[name].push_back(
            {dest.dest_addr_ton, dest.dest_addr_npi, std::string(dest.destination_addr)});
      }
    }
    return entries.at_end();
  }
  bool Unsuccess(const char* name, const UnsuccessList& list) {
    fields[name] = Json::array();
    Reader entries(list.entries);
    UnsuccessSme sme;
    for (int i = 0; i < list.count; ++i) {
      if (ReadUnsuccess(entries, sme) != Status::ESME_ROK) return false;
      fields[name].push_back({sme.dest_addr_ton, sme.dest_addr_npi,
                              std::string(sme.destination_addr),
                              static_cast<std::uint32_t>(sme.error_status_code)});
    }
    return entries.at_end();
  }
  bool Tlvs(const Bytes& stream) {
    tlvs = stream;
    return true;
  }
  bool Extra(const Bytes& octets) { return Tlvs(octets); }
};

}  // namespace smpp::test
