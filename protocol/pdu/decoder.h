// Decoder: walks a PDU's layout over the octets that came, and says what to answer when they do not
// fit.
#pragma once

#include "protocol/pdu/address_list.h"
#include "protocol/wire/tlv.h"

namespace smpp {

/// A codec for `P::Walk`. Fields borrow from the body. The first misfit stops the walk; `status()`
/// names it: the field's own status when its NUL is missing, ESME_RINVCMDLEN when the body ends
/// inside it, ESME_RINVMSGLEN when sm_length reaches beyond the body, ESME_RINVTLVSTREAM for a
/// broken tail.
class Decoder {
 public:
  explicit Decoder(Bytes body) : reader_(body) {}

  Status status() const { return status_; }

  /// A response may come without its body (v5.0: it should, when it is an error).
  bool Absent(bool& absent) {
    absent = reader_.at_end();
    return absent;
  }
  bool U8(const char*, std::uint8_t& v) { return reader_.U8(v) || Fail(Status::ESME_RINVCMDLEN); }
  bool CString(const char*, std::string_view& v, std::size_t octets_max, Status too_long) {
    const bool short_body = reader_.left() < octets_max;
    return reader_.CString(octets_max, v) || Fail(short_body ? Status::ESME_RINVCMDLEN : too_long);
  }
  bool Secret(const char* name, std::string_view& v, std::size_t octets_max, Status too_long) {
    return CString(name, v, octets_max, too_long);
  }
  /// A time of exactly 16 characters, or none.                                  SMPP v3.4 §7.1
  bool Time(const char* name, std::string_view& v, Status wrong) {
    return CString(name, v, 17, wrong) && (v.empty() || v.size() == 16 || Fail(wrong));
  }
  /// A length octet and that many octets.
  bool Counted(const char*, const char*, Bytes& v) {
    std::uint8_t length = 0;
    if (!reader_.U8(length)) return Fail(Status::ESME_RINVCMDLEN);
    return reader_.Take(length, v) || Fail(Status::ESME_RINVMSGLEN);
  }
  bool Dests(const char*, DestList& list) {
    DestAddress dest;
    return List(list, Status::ESME_RINVNUMDESTS, [&](Reader& r) { return ReadDest(r, dest); });
  }
  bool Unsuccess(const char*, UnsuccessList& list) {
    UnsuccessSme sme;
    return List(list, Status::ESME_ROK, [&](Reader& r) { return ReadUnsuccess(r, sme); });
  }
  /// Everything behind the mandatory fields.
  bool Tlvs(Bytes& stream) {
    stream = reader_.rest();
    const Status status = JudgeTlvs(stream);
    return status == Status::ESME_ROK || Fail(status);
  }
  /// Octets behind a header-only PDU: kept, never judged.
  bool Extra(Bytes& octets) {
    octets = reader_.rest();
    return true;
  }

 protected:
  bool Fail(Status status) {
    status_ = status;
    return false;
  }

 private:
  template <class L, class ReadOne>
  bool List(L& list, Status when_empty, ReadOne read_one) {
    if (!reader_.U8(list.count)) return Fail(Status::ESME_RINVCMDLEN);
    if (list.count == 0 && when_empty != Status::ESME_ROK) return Fail(when_empty);
    const std::uint8_t* first = reader_.at();
    for (int i = 0; i < list.count; ++i) {
      const Status status = read_one(reader_);
      if (status != Status::ESME_ROK) return Fail(status);
    }
    list.entries = {first, reader_.at()};
    return true;
  }

  Reader reader_;
  Status status_ = Status::ESME_ROK;
};

}  // namespace smpp
