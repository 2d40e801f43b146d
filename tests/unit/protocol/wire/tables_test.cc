// The tables of protocol/wire: every row stands once, by name and by value.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "protocol/pdu/any_pdu.h"
#include "protocol/wire/tlv.h"

namespace smpp {
namespace {

struct Row {
  std::string name;
  std::uint32_t value;
};

const Row kCommands[] = {
#define COMMAND(name, value) {#name, value},
#include "protocol/wire/command.def"
#undef COMMAND
};
const Row kStatuses[] = {
#define STATUS(name, value, since, meaning) {#name, value},
#include "protocol/wire/status.def"
#undef STATUS
};
const Row kTags[] = {
#define TLV(name, tag, min, max) {#name, tag},
#include "protocol/wire/tlv.def"
#undef TLV
};
const Row kPdus[] = {
#define PDU(command, type) {#command, static_cast<std::uint32_t>(type::kCommandId)},
#include "protocol/pdu/pdu_table.def"
#undef PDU
};

template <std::size_t n>
void ExpectUnique(const Row (&rows)[n]) {
  std::set<std::string> names;
  std::set<std::uint32_t> values;
  for (const Row& row : rows) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(values.insert(row.value).second) << row.name;
  }
}

TEST(Tables, HoldEveryCommandOnce) { ExpectUnique(kCommands); }
TEST(Tables, HoldEveryStatusOnce) { ExpectUnique(kStatuses); }
TEST(Tables, HoldEveryTagOnce) { ExpectUnique(kTags); }

TEST(Tables, GiveEveryCommandItsOwnPdu) {
  ExpectUnique(kPdus);
  std::map<std::string, std::uint32_t> pdus;
  for (const Row& row : kPdus) pdus[row.name] = row.value;
  EXPECT_EQ(pdus.size(), std::size(kCommands));
  for (const Row& row : kCommands) EXPECT_EQ(pdus[row.name], row.value) << row.name;
}

TEST(Tables, GiveEveryTagAPossibleLength) {
  for (const Row& row : kTags) {
    const TagRow* tag = FindTag(static_cast<Tag>(row.value));
    ASSERT_NE(tag, nullptr);
    EXPECT_EQ(tag->name, row.name);
    EXPECT_LE(tag->octets_min, tag->octets_max) << row.name;
  }
  EXPECT_EQ(FindTag(static_cast<Tag>(0x1400)), nullptr);
  EXPECT_EQ(TagName(static_cast<Tag>(0x1400)), "");
}

TEST(Status, IsFoundByNameAndNumber) {
  Status status{};
  for (const char* text : {"ESME_RTHROTTLED", "RTHROTTLED", "0x58", "0X58", "88"}) {
    ASSERT_TRUE(ParseStatus(text, &status)) << text;
    EXPECT_EQ(status, Status::ESME_RTHROTTLED);
  }
  EXPECT_EQ(StatusName(status), "ESME_RTHROTTLED");
  EXPECT_EQ(StatusMeaning(status), "rate exceeded");
  for (const char* text : {"", "0x", "RTHROTTLE", "88 ", "-1", "4294967296"}) {
    EXPECT_FALSE(ParseStatus(text, &status)) << text;
  }
  EXPECT_EQ(StatusName(static_cast<Status>(0x400)), "");  // a vendor's travels without a name
}

TEST(Command, TellsRequestsFromResponses) {
  EXPECT_EQ(ResponseOf(CommandId::submit_sm), CommandId::submit_sm_resp);
  EXPECT_TRUE(IsResponse(CommandId::generic_nack));
  EXPECT_FALSE(IsResponse(CommandId::alert_notification));
  EXPECT_TRUE(IsKnown(CommandId::outbind));
  EXPECT_FALSE(IsKnown(static_cast<CommandId>(0x0000000A)));
  EXPECT_EQ(CommandName(CommandId::data_sm), "data_sm");
  EXPECT_EQ(CommandName(static_cast<CommandId>(0x00010200)), "");
}

}  // namespace
}  // namespace smpp
