#include "protocol/pdu/printer.h"

#include "protocol/wire/status.h"

namespace smpp {
namespace {

constexpr std::size_t kShownOfAddress = 2;  // its last characters
constexpr std::size_t kShownOfTlv = 16;     // its first octets, as hex

bool EndsWith(std::string_view name, std::string_view end) { return name.ends_with(end); }

/// TLVs that may hold a text or an address of somebody.
bool IsPrivate(Tag tag) {
  switch (tag) {
    case Tag::message_payload:
    case Tag::callback_num:
    case Tag::callback_num_atag:
    case Tag::source_subaddress:
    case Tag::dest_subaddress:
      return true;
    default:
      return FindTag(tag) == nullptr;  // a vendor's: nobody knows what it holds
  }
}

}  // namespace

void AppendHex(std::string& out, std::uint32_t v, int digits) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  out.append("0x");
  for (int i = digits - 1; i >= 0; --i) out.push_back(kDigits[v >> (4 * i) & 0xF]);
}

void Printer::Name(std::string_view name) { out_.append(" ").append(name).append("="); }

void Printer::Quoted(std::string_view v) {
  out_.push_back('"');
  for (const char c : v) {
    if (c == '"' || c == '\\') out_.push_back('\\');
    if (c >= 0x20 && c <= 0x7E) {
      out_.push_back(c);
    } else {
      out_.append("\\");
      AppendHex(out_, static_cast<unsigned char>(c), 2);
    }
  }
  out_.push_back('"');
}

void Printer::Masked(std::string_view v) {
  std::string shown(v);
  for (std::size_t i = 0; i + kShownOfAddress < shown.size(); ++i) shown[i] = '*';
  Quoted(shown);
}

void Printer::Octets(std::size_t octets) {
  out_.append("(").append(std::to_string(octets)).append(" octets)");
}

bool Printer::Absent(const bool& absent) {
  if (absent) out_.append(" no body");
  return absent;
}

bool Printer::U8(const char* name, const std::uint8_t& v) {
  Name(name);
  out_.append(std::to_string(v));
  return true;
}

bool Printer::CString(const char* name, const std::string_view& v, std::size_t, Status) {
  Name(name);
  EndsWith(name, "_addr") ? Masked(v) : Quoted(v);
  return true;
}

bool Printer::Secret(const char* name, const std::string_view&, std::size_t, Status) {
  Name(name);
  out_.append("***");  // not even its length
  return true;
}

bool Printer::Time(const char* name, const std::string_view& v, Status) {
  Name(name);
  Quoted(v);
  return true;
}

bool Printer::Counted(const char*, const char* name, const Bytes& v) {
  Name(name);
  Octets(v.size());
  return true;
}

bool Printer::Dests(const char* name, const DestList& list) {
  Name(name);
  out_.push_back('[');
  Reader entries(list.entries);
  DestAddress dest;
  for (int i = 0; i < list.count && ReadDest(entries, dest) == Status::ESME_ROK; ++i) {
    if (i != 0) out_.push_back(' ');
    if (dest.dest_flag == DestAddress::kDistributionList) {
      out_.append("list:");
      Quoted(dest.dl_name);
    } else {
      out_.append(std::to_string(dest.dest_addr_ton))
          .append("/")
          .append(std::to_string(dest.dest_addr_npi));
      out_.push_back(':');
      Masked(dest.destination_addr);
    }
  }
  out_.push_back(']');
  return true;
}

bool Printer::Unsuccess(const char* name, const UnsuccessList& list) {
  Name(name);
  out_.push_back('[');
  Reader entries(list.entries);
  UnsuccessSme sme;
  for (int i = 0; i < list.count && ReadUnsuccess(entries, sme) == Status::ESME_ROK; ++i) {
    if (i != 0) out_.push_back(' ');
    Masked(sme.destination_addr);
    out_.push_back(':');
    AppendHex(out_, static_cast<std::uint32_t>(sme.error_status_code), 8);
  }
  out_.push_back(']');
  return true;
}

bool Printer::Tlvs(const Bytes& stream) {
  TlvCursor cursor(stream);
  Tlv tlv;
  while (cursor.Next(tlv)) {
    const std::string_view name = TagName(tlv.tag);
    out_.push_back(' ');
    if (name.empty()) AppendHex(out_, static_cast<std::uint32_t>(tlv.tag), 4);
    out_.append(name).append("=");
    if (IsPrivate(tlv.tag) || tlv.value.size() > kShownOfTlv) {
      Octets(tlv.value.size());
      continue;
    }
    for (const std::uint8_t octet : tlv.value) {
      std::string hex;
      AppendHex(hex, octet, 2);
      out_.append(hex, 2);
    }
  }
  return true;
}

bool Printer::Extra(const Bytes& octets) {
  if (octets.empty()) return true;
  Name("extra");
  Octets(octets.size());
  return true;
}

}  // namespace smpp
