#include "protocol/text/first_word.h"

#include "protocol/text/alphabet.h"
#include "protocol/text/gsm7.h"
#include "protocol/text/udh.h"
#include "protocol/text/utf8.h"

namespace smpp {
namespace {

struct Span {
  char32_t first, last;
};

// What ends a word beyond ASCII: signs and blanks of Latin-1, general punctuation, CJK punctuation, the byte order mark, and
// what could not be read. Everything else there counts as a letter: the worst of a mistake is a keyword that nobody can match.
constexpr Span kNoLetters[] = {{0x80, 0xA9},     {0xAB, 0xB4},     {0xB6, 0xB9},
                               {0xBB, 0xBF},     {0xD7, 0xD7},     {0xF7, 0xF7},
                               {0x2000, 0x206F}, {0x20A0, 0x20CF}, {0x3000, 0x303F},
                               {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFF0, 0xFFFF}};

bool IsOfWord(char32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  for (const Span& span : kNoLetters) {
    if (c >= span.first && c <= span.last) return false;
  }
  return true;
}

// Small letters whose capitals stand at one distance: what handsets write in these alphabets. Others are compared as they are.
struct Case {
  char32_t first, last;
  char32_t down;  // from the small letter to its capital
};
constexpr Case kSmall[] = {{'a', 'z', 0x20},     {0xE0, 0xF6, 0x20},   {0xF8, 0xFE, 0x20},
                           {0x3B1, 0x3C1, 0x20}, {0x3C2, 0x3C2, 0x1F},  // a final sigma
                           {0x3C3, 0x3CB, 0x20}, {0x3AC, 0x3AC, 0x26}, {0x3AD, 0x3AF, 0x25},
                           {0x3CC, 0x3CC, 0x40}, {0x3CD, 0x3CE, 0x3F}, {0x430, 0x44F, 0x20},
                           {0x450, 0x45F, 0x50}, {0x561, 0x586, 0x30}};
// Where capitals and small letters take turns, the capital first.
constexpr Span kEvenCapitals[] = {{0x100, 0x12F}, {0x132, 0x137}, {0x14A, 0x177},
                                  {0x460, 0x481}, {0x48A, 0x4BF}, {0x4D0, 0x52F}};
constexpr Span kOddCapitals[] = {{0x139, 0x148}, {0x179, 0x17E}, {0x4C1, 0x4CE}};

char32_t Capital(char32_t c) {
  for (const Case& row : kSmall) {
    if (c >= row.first && c <= row.last) return c - row.down;
  }
  for (const Span& span : kEvenCapitals) {
    if (c >= span.first && c <= span.last) return c & ~char32_t{1};
  }
  for (const Span& span : kOddCapitals) {
    if (c >= span.first && c <= span.last) return (c & 1) != 0 ? c : c - 1;
  }
  return c;
}

// One character after the other of a text as it stands in a PDU.
class Characters {
 public:
  Characters(std::uint8_t data_coding, Bytes text) : text_(text) {
    const Alphabet alphabet = AlphabetOf(data_coding);
    is_ucs2_ = alphabet == Alphabet::kUcs2;
    is_gsm7_ = alphabet == Alphabet::kGsm7 && data_coding != 0x01;  // that one is ASCII
  }

  bool Next(char32_t* c) {
    if (text_.size() < (is_ucs2_ ? 2u : 1u)) return false;
    *c = is_ucs2_ ? TakeUcs2() : is_gsm7_ ? TakeGsm7() : char32_t{Take()};
    return true;
  }

 private:
  std::uint8_t Take() {
    const std::uint8_t octet = text_[0];
    text_ = text_.subspan(1);
    return octet;
  }
  // Behind an escape stands a bracket or the like, whatever letter the octet would be without it.
  char32_t TakeGsm7() {
    const std::uint8_t septet = Take();
    if (septet != kGsm7Escape) return CharacterOfSeptet(septet);
    if (!text_.empty()) Take();
    return U' ';
  }
  // What is beyond U+FFFF (emoji) is no letter.
  char32_t TakeUcs2() {
    const char32_t unit = ReadU16(text_.data());
    text_ = text_.subspan(2);
    return unit >= 0xD800 && unit < 0xE000 ? kReplacement : unit;
  }

  Bytes text_;
  bool is_ucs2_ = false, is_gsm7_ = false;
};

}  // namespace

bool Word::Add(char32_t c) {
  if (++characters_ > kWordCharactersMax) return false;
  c = Capital(c);
  const auto put = [this](char32_t octet) { octets_[size_++] = static_cast<char>(octet); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else {  // no character here is beyond U+FFFF
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
  return true;
}

Word FirstWord(const MessageView& view) {
  Bytes text = view.text();
  if (view.has_udhi()) text = text.subspan(UdhOctets(text));
  Characters characters(view.data_coding, text);
  Word word;
  char32_t c = 0;
  while (characters.Next(&c)) {
    if (IsOfWord(c)) {
      if (!word.Add(c)) return {};
    } else if (!word.view().empty()) {
      break;
    }
  }
  return word;
}

Word KeywordOf(std::string_view utf8) {
  Word word;
  while (!utf8.empty()) {
    const char32_t c = TakeUtf8(utf8);
    if (c > 0xFFFF || !IsOfWord(c) || !word.Add(c)) return {};
  }
  return word;
}

}  // namespace smpp
