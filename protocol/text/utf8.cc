#include "protocol/text/utf8.h"

namespace smpp {
namespace {

struct Lead {
  std::size_t octets;  // of the whole sequence; 0: no lead octet
  char32_t bits;       // those that the lead octet carries
  char32_t least;      // below it the form is overlong
};

Lead ReadLead(unsigned char c) {
  if (c < 0x80) return {1, c, 0};
  if (c >= 0xC2 && c < 0xE0) return {2, c & 0x1Fu, 0x80};
  if (c >= 0xE0 && c < 0xF0) return {3, c & 0x0Fu, 0x800};
  if (c >= 0xF0 && c < 0xF5) return {4, c & 0x07u, 0x10000};
  return {0, 0, 0};
}

bool IsScalar(char32_t c) { return c <= 0x10FFFF && !(c >= 0xD800 && c <= 0xDFFF); }

}  // namespace

char32_t TakeUtf8(std::string_view& text) {
  const Lead lead = ReadLead(static_cast<unsigned char>(text[0]));
  char32_t code_point = lead.bits;
  bool good = lead.octets != 0 && lead.octets <= text.size();
  for (std::size_t i = 1; good && i < lead.octets; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    good = (c & 0xC0) == 0x80;
    code_point = code_point << 6 | (c & 0x3Fu);
  }
  good = good && code_point >= lead.least && IsScalar(code_point);
  text.remove_prefix(good ? lead.octets : 1);
  return good ? code_point : kReplacement;
}

void AppendUtf8(std::string& out, char32_t c) {
  if (!IsScalar(c)) c = kReplacement;
  const auto put = [&out](char32_t octet) { out.push_back(static_cast<char>(octet)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0 | c >> 6);
  } else {
    if (c < 0x10000) {
      put(0xE0 | c >> 12);
    } else {
      put(0xF0 | c >> 18);
      put(0x80 | (c >> 12 & 0x3F));
    }
    put(0x80 | (c >> 6 & 0x3F));
  }
  put(0x80 | (c & 0x3F));
}

}  // namespace smpp
