// Encoder: walks a PDU's layout the other way, from a struct to octets.
#pragma once

#include "protocol/pdu/address_list.h"

namespace smpp {

/// A codec for `P::Walk`. Refuses (the walk returns false) what the layout cannot hold: a string
/// that is too long or has a NUL inside, a time that is neither empty nor 16 characters, over 255
/// counted octets, a list whose entries are not what its count says.
class Encoder {
 public:
  explicit Encoder(Writer& out) : out_(out) {}

  bool Absent(const bool& absent) { return absent; }
  bool U8(const char*, const std::uint8_t& v) {
    out_.U8(v);
    return true;
  }
  bool CString(const char*, const std::string_view& v, std::size_t octets_max, Status) {
    if (v.size() >= octets_max || v.find('\0') != std::string_view::npos) return false;
    out_.CString(v);
    return true;
  }
  bool Secret(const char* name, const std::string_view& v, std::size_t octets_max, Status wrong) {
    return CString(name, v, octets_max, wrong);
  }
  bool Time(const char* name, const std::string_view& v, Status wrong) {
    return (v.empty() || v.size() == 16) && CString(name, v, 17, wrong);
  }
  bool Counted(const char*, const char*, const Bytes& v) {
    if (v.size() > 0xFF) return false;
    out_.U8(static_cast<std::uint8_t>(v.size()));
    out_.Put(v);
    return true;
  }
  bool Dests(const char*, const DestList& list) {
    DestAddress dest;
    return List(list, [&](Reader& r) { return ReadDest(r, dest); });
  }
  bool Unsuccess(const char*, const UnsuccessList& list) {
    UnsuccessSme sme;
    return List(list, [&](Reader& r) { return ReadUnsuccess(r, sme); });
  }
  bool Tlvs(const Bytes& stream) { return Extra(stream); }
  bool Extra(const Bytes& octets) {
    out_.Put(octets);
    return true;
  }

 private:
  template <class L, class ReadOne>
  bool List(const L& list, ReadOne read_one) {
    Reader entries(list.entries);
    for (int i = 0; i < list.count; ++i) {
      if (read_one(entries) != Status::ESME_ROK) return false;
    }
    if (!entries.at_end()) return false;
    out_.U8(list.count);
    out_.Put(list.entries);
    return true;
  }

  Writer& out_;
};

}  // namespace smpp
