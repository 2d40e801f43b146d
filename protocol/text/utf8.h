// UTF-8 in and out, for tools and tests: the relay itself never transcodes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace smpp {

inline constexpr char32_t kReplacement = 0xFFFD;

/// Takes one code point off the front of a text that is not empty. A broken sequence, an overlong
/// form, a surrogate or a value over U+10FFFF takes one octet and gives kReplacement.
char32_t TakeUtf8(std::string_view& text);

/// Appends a code point; what is no Unicode scalar value becomes kReplacement.
void AppendUtf8(std::string& out, char32_t code_point);

}  // namespace smpp
