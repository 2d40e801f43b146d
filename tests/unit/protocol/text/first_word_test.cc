// The first word of a text: what keywords of mobile originated messages are compared with.
#include "protocol/text/first_word.h"

#include <gtest/gtest.h>

#include "protocol/text/gsm7.h"
#include "protocol/text/ucs2.h"

namespace smpp::test {
namespace {

std::string WordOf(std::uint8_t data_coding, Bytes text, std::uint8_t esm_class = 0) {
  MessageView view;
  view.data_coding = data_coding;
  view.esm_class = esm_class;
  view.short_message = text;
  return std::string(FirstWord(view).view());
}
std::string WordOf(std::uint8_t data_coding, std::string_view text) {
  return WordOf(data_coding, AsBytes(text));
}
std::string Gsm7(std::string_view utf8) { return WordOf(0, *Gsm7FromUtf8(utf8)); }
std::string Ucs2(std::string_view utf8) { return WordOf(8, Ucs2FromUtf8(utf8)); }

TEST(FirstWord, IsFoldedAndEndsAtWhatIsNoLetter) {
  for (const char* text : {"STOP", "stop", "Stop please", "  stop", "\"stop\"", "stop!", "stop.",
                           "\r\nstop\nall", "stop,all", "stop-all"}) {
    EXPECT_EQ(Gsm7(text), "STOP") << text;
    EXPECT_EQ(Ucs2(text), "STOP") << text;
    EXPECT_EQ(WordOf(1, text), "STOP") << text;  // ASCII
    EXPECT_EQ(WordOf(3, text), "STOP") << text;  // Latin-1
    EXPECT_EQ(WordOf(4, text), "STOP") << text;  // octets
  }
  EXPECT_EQ(Gsm7("STOPPED"), "STOPPED");
  EXPECT_EQ(Gsm7("2win"), "2WIN");
}

TEST(FirstWord, IsNoneInATextWithoutOne) {
  for (const char* text : {"", "   ", "?!", "\n"}) EXPECT_EQ(Gsm7(text), "") << text;
  EXPECT_EQ(Ucs2("\xf0\x9f\x98\x80"), "");  // an emoji, alone
}

TEST(FirstWord, ReadsTheLettersOfItsAlphabet) {
  EXPECT_EQ(Gsm7("ärger x"), "ÄRGER");
  EXPECT_EQ(WordOf(3, "\xe4rger x"), "ÄRGER");
  EXPECT_EQ(Ucs2("ärger x"), "ÄRGER");
  EXPECT_EQ(Gsm7("ΔΩ x"), "ΔΩ");
  EXPECT_EQ(Ucs2("стоп сейчас"), "СТОП");
  EXPECT_EQ(Ucs2("τέλος"), "ΤΈΛΟΣ");
  EXPECT_EQ(Ucs2("şirket"), "ŞIRKET");
  EXPECT_EQ(Ucs2("Żółw"), "ŻÓŁW");
  EXPECT_EQ(Ucs2("停止 x"), "停止");
  EXPECT_EQ(WordOf(0, AsBytes(std::string_view("\x00STOP", 5))), "STOP");  // septet 0 is "@"
}

TEST(FirstWord, AnEscapedSignIsNoLetter) {
  const std::uint8_t euro[] = {'A', 'B', kGsm7Escape, 0x65, 'C'};  // AB€C
  EXPECT_EQ(WordOf(0, Bytes(euro)), "AB");
  const std::uint8_t torn[] = {kGsm7Escape};
  EXPECT_EQ(WordOf(0, Bytes(torn)), "");
}

TEST(FirstWord, StandsBehindTheUserDataHeader) {
  const std::string text = std::string("\x05\x00\x03\x2a\x02\x01", 6) + "stop it";
  EXPECT_EQ(WordOf(0, AsBytes(text), 0x40), "STOP");
  const std::string payload = "join us";
  MessageView view;
  view.short_message = AsBytes(text);
  view.message_payload = AsBytes(payload);
  EXPECT_EQ(FirstWord(view).view(), "JOIN");  // the payload is what the handset wrote
}

TEST(FirstWord, OfMoreThanThirtyTwoLettersIsNoKeyword) {
  EXPECT_EQ(Gsm7(std::string(32, 'a')), std::string(32, 'A'));
  EXPECT_EQ(Gsm7(std::string(33, 'a')), "");
  std::string wide;
  for (int i = 0; i < 32; ++i) wide += "停";
  EXPECT_EQ(Ucs2(wide), wide);  // three octets each
}

TEST(FirstWord, AnOddOctetOfUcs2IsPassedOver) {
  const std::uint8_t text[] = {0, 'a', 0};
  EXPECT_EQ(WordOf(8, Bytes(text)), "A");
}

TEST(Keyword, IsOneWordFoldedLikeATextIs) {
  EXPECT_EQ(KeywordOf("Stop").view(), "STOP");
  EXPECT_EQ(KeywordOf("стоп").view(), "СТОП");
  for (const char* text : {"", "two words", " stop", "stop!", "a-b", "\xff", "\xf0\x9f\x98\x80"}) {
    EXPECT_EQ(KeywordOf(text).view(), "") << text;
  }
  EXPECT_EQ(KeywordOf(std::string(33, 'a')).view(), "");
}

}  // namespace
}  // namespace smpp::test
