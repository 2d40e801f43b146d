// Printer: walks a PDU's layout into a line of text that holds no secret.
#pragma once

#include <string>

#include "protocol/pdu/address_list.h"
#include "protocol/wire/tlv.h"

namespace smpp {

/// A codec for `P::Walk`. Secrets are blanked, texts replaced by their length, addresses masked but
/// for their last two characters, all other strings quoted with control and non-ASCII octets
/// escaped.
class Printer {
 public:
  explicit Printer(std::string& out) : out_(out) {}

  bool Absent(const bool& absent);
  bool U8(const char* name, const std::uint8_t& v);
  bool CString(const char* name, const std::string_view& v, std::size_t octets_max, Status);
  bool Secret(const char* name, const std::string_view& v, std::size_t octets_max, Status);
  bool Time(const char* name, const std::string_view& v, Status);
  bool Counted(const char* length_name, const char* name, const Bytes& v);
  bool Dests(const char* name, const DestList& list);
  bool Unsuccess(const char* name, const UnsuccessList& list);
  bool Tlvs(const Bytes& stream);
  bool Extra(const Bytes& octets);

 private:
  void Name(std::string_view name);
  void Quoted(std::string_view v);
  void Masked(std::string_view v);
  void Octets(std::size_t octets);

  std::string& out_;
};

/// Appends "0x0424", `digits` of them.
void AppendHex(std::string& out, std::uint32_t v, int digits);

}  // namespace smpp
