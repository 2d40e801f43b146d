// The first word of a text, as keywords are compared: "stop!" and "STOP please" both begin with STOP.
#pragma once

#include <array>

#include "protocol/pdu/message_view.h"

namespace smpp {

/// Characters of the longest word that can be a keyword.
inline constexpr std::size_t kWordCharactersMax = 32;

/// A word in capitals, UTF-8, in memory of its own: reading one allocates nothing.
class Word {
 public:
  std::string_view view() const { return {octets_.data(), size_}; }

  /// Adds a character, folded to its capital; false when it is the 33rd.
  bool Add(char32_t c);

 private:
  std::array<char, kWordCharactersMax * 4> octets_{};
  std::size_t size_ = 0;
  std::size_t characters_ = 0;
};

/// The first word of what a handset wrote, "" when there is none or it is too long to be a keyword.
///
/// A word is of letters and digits; what stands before it (blanks, quotes) is passed over, and anything else ends it. The text is
/// short_message or message_payload without its user data header, read by data_coding: 0 as GSM 7-bit, an octet a septet, and
/// UCS-2; every other one as Latin-1, which for A to Z and digits fits all that are in use. The text of a later part of a long
/// message is not its beginning: the caller knows.
///
/// cost  one pass over the word, no allocation
Word FirstWord(const MessageView& view);

/// A keyword as an operator wrote it, UTF-8: folded like a text. "" when it is not exactly one such word.
Word KeywordOf(std::string_view utf8);

}  // namespace smpp
