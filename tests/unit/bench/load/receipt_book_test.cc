#include "bench/load/lib/receipt_book.h"

#include <gtest/gtest.h>

#include <iterator>
#include <string>

namespace hub::load {
namespace {

TEST(ReceiptBook, IsCompleteWhenEachIdHasItsReceipt) {
  ReceiptBook book;
  book.Accepted("1");
  book.Accepted("2");
  book.Received("1");
  EXPECT_FALSE(book.complete());
  book.Received("2");
  EXPECT_TRUE(book.complete());
  EXPECT_EQ(book.matched(), 2u);
}

TEST(ReceiptBook, TellsDuplicatesFromUnknownIds) {
  ReceiptBook book;
  book.Accepted("1");
  book.Received("1");
  book.Received("1");
  book.Received("foreign");
  EXPECT_EQ(book.matched(), 1u);
  EXPECT_EQ(book.duplicates(), 1u);
  EXPECT_EQ(book.unknown(), 1u);
}

TEST(ReceiptBook, AReceiptMayOvertakeTheResponse) {
  ReceiptBook book;
  book.Received("1");
  EXPECT_EQ(book.unknown(), 1u);
  book.Accepted("1");
  EXPECT_EQ(book.unknown(), 0u);
  EXPECT_TRUE(book.complete());
}

TEST(ReceiptBook, CountsAnIdGivenTwice) {
  ReceiptBook book;
  book.Accepted("1");
  book.Accepted("1");
  EXPECT_EQ(book.accepted(), 1u);
  EXPECT_EQ(book.repeated_ids(), 1u);
}

TEST(ReceiptBook, KnowsNumbersByTheirTextAndAnyOtherIdToo) {
  ReceiptBook book;
  const char* const kIds[] = {"7",
                              "007",
                              "0",
                              "18446744073709551615",
                              "18446744073709551616",
                              "1a2b3",
                              "-7",
                              "+7",
                              "7 ",
                              "",
                              "alpha",
                              "1e10",
                              "7.0",
                              "99999999999999999999999999999999999999"};
  for (const char* id : kIds) book.Accepted(id);
  EXPECT_EQ(book.accepted(), std::size(kIds));
  for (const char* id : kIds) book.Accepted(id);
  EXPECT_EQ(book.repeated_ids(), std::size(kIds));
  for (const char* id : kIds) book.Received(id);
  EXPECT_TRUE(book.complete());
  EXPECT_EQ(book.duplicates() + book.unknown(), 0u);
}

TEST(ReceiptBook, ForgetsNoneOfAMillionIds) {
  ReceiptBook book;
  constexpr std::uint64_t kIds = 1'000'000;
  constexpr std::uint64_t kFirst = 6'000'000'000'000'000;  // in a row, as a simulator gives them
  for (std::uint64_t i = 0; i < kIds; ++i) book.Accepted(std::to_string(kFirst + i));
  for (std::uint64_t i = 0; i < kIds; i += 2) book.Received(std::to_string(kFirst + i));
  EXPECT_EQ(book.accepted(), kIds);
  EXPECT_EQ(book.repeated_ids(), 0u);
  EXPECT_EQ(book.matched(), kIds / 2);
  EXPECT_EQ(book.duplicates() + book.unknown(), 0u);
}

}  // namespace
}  // namespace hub::load
