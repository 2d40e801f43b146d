#include "bench/load/lib/receipt_book.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace hub::load
