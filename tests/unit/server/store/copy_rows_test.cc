#include "server/store/copy_rows.h"

#include <gtest/gtest.h>

#include <limits>

#include "server/base/random.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

using store::CleanText;
using store::CopyRows;

std::string_view Whole(CopyRows& rows) {
  rows.Finish();
  return rows.Stream();
}

constexpr NanoSum kMax = std::numeric_limits<std::int64_t>::max();

TEST(CopyRows, NumericsArriveToTheLastDigit) {
  store::Pg pg = Connect(PostgresServer::Get().NewEmptyDatabase());
  ASSERT_TRUE(pg.Run("make", "CREATE TABLE public.n (i bigint, v numeric(40,9))").ok());
  std::vector<NanoSum> amounts = {0,
                                  1,
                                  -1,
                                  9,
                                  10,
                                  999,
                                  1'000,
                                  9'999,
                                  10'000,
                                  99'999'999,
                                  1'000'000'000,
                                  -1'000'000'000,
                                  10'000'000'000'000,
                                  kMax,
                                  -kMax - 1,
                                  kMax * 1'000'000'000,
                                  -kMax * 999'999'937};
  Random random(7);
  for (int i = 0; i < 2'000; ++i) {
    const auto shift = static_cast<unsigned>(random.Below(64));
    amounts.push_back(static_cast<std::int64_t>(random.Next()) >> shift);
  }
  CopyRows rows;
  for (std::size_t i = 0; i < amounts.size(); ++i) {
    rows.Begin(2);
    rows.Int8(static_cast<std::int64_t>(i));
    rows.Numeric(amounts[i]);
  }
  ASSERT_TRUE(pg.CopyIn("copy", "COPY public.n FROM STDIN (FORMAT binary)", Whole(rows)).ok());
  auto read = pg.Run("read", "SELECT v::text, scale(v) FROM public.n ORDER BY i");
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->rows(), static_cast<int>(amounts.size()));
  for (int i = 0; i < read->rows(); ++i) {
    std::string expected = FormatNanoSum(amounts[static_cast<std::size_t>(i)]);
    if (expected.find('.') == std::string::npos) expected += '.';
    expected.append(9 - (expected.size() - expected.find('.') - 1), '0');
    ASSERT_EQ(read->Text(i, 0), expected);
  }
}

TEST(CopyRows, DatesAndTimesAreUtc) {
  store::Pg pg = Connect(PostgresServer::Get().NewEmptyDatabase());
  ASSERT_TRUE(pg.Run("make", "CREATE TABLE public.t (d date, t timestamptz)").ok());
  CopyRows rows;
  rows.Begin(2);
  rows.Date(20'777);  // 2026-11-20
  rows.Timestamp(1'795'176'000'123'456);
  ASSERT_TRUE(pg.CopyIn("copy", "COPY public.t FROM STDIN (FORMAT binary)", Whole(rows)).ok());
  EXPECT_EQ(Scalar(pg, "SELECT d || ' ' || t FROM public.t"),
            "2026-11-20 2026-11-20 12:00:00.123456+00");
}

struct TextCase {
  const char* name;
  std::string_view octets;
  const char* clean;
};

constexpr TextCase kTextCases[] = {
    {"Plain", "Alpha 1\\2", "Alpha 1\\2"},
    {"Utf8", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"Latin1", "caf\xe9", "caf\\xE9"},
    {"Nul", std::string_view("a\0b", 3), "a\\x00b"},
    {"BackslashIsDoubledWhenAnythingIsEscaped", "a\\\x01", "a\\\\\\x01"},
    {"Overlong", "\xc0\x80\xe0\x80\x80", "\\xC0\\x80\\xE0\\x80\\x80"},
    {"Surrogate", "\xed\xa0\x80", "\\xED\\xA0\\x80"},
    {"AboveUnicode", "\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"},
    {"CutShort", "\xe2\x82", "\\xE2\\x82"},
};

class CleanTextTest : public testing::TestWithParam<TextCase> {};
INSTANTIATE_TEST_SUITE_P(Octets, CleanTextTest, testing::ValuesIn(kTextCases),
                         [](const auto& c) { return std::string(c.param.name); });

TEST_P(CleanTextTest, BecomesTextThatPostgresTakes) {
  EXPECT_EQ(CleanText(GetParam().octets), GetParam().clean);
}

TEST(CleanText, IsSentWhereverAnOctetWantsIt) {
  for (int octet = 0; octet < 256; ++octet) {
    for (std::size_t size = 1; size <= 17; ++size) {
      for (std::size_t place = 0; place < size; ++place) {
        std::string text(size, 'a');
        text[place] = static_cast<char>(octet);
        CopyRows rows;
        rows.Begin(1);
        rows.Text(text);
        ASSERT_TRUE(rows.Stream().ends_with(CleanText(text))) << octet << " at " << place;
      }
    }
  }
}

TEST(CleanText, NoOctetsOfAPeerCanFailACopy) {
  store::Pg pg = Connect(PostgresServer::Get().NewEmptyDatabase());
  ASSERT_TRUE(pg.Run("make", "CREATE TABLE public.t (t text)").ok());
  Random random(11);
  CopyRows rows;
  for (int i = 0; i < 5'000; ++i) {
    std::string octets;
    for (std::uint64_t n = random.Below(12); n > 0; --n)
      octets += static_cast<char>(random.Below(256));
    rows.Begin(1);
    rows.Text(octets);
  }
  auto copied = pg.CopyIn("copy", "COPY public.t FROM STDIN (FORMAT binary)", Whole(rows));
  EXPECT_TRUE(copied.ok()) << copied.error().Text();
}

}  // namespace
}  // namespace hub::test
