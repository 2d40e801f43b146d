// A view writes what it was made of; a changed field is all that changes.
#include "protocol/pdu/write_view.h"

#include <gtest/gtest.h>

#include "protocol/wire/header.h"
#include "tests/unit/protocol/vectors.h"

namespace smpp {
namespace {

TEST(WriteView, WritesEveryGoldenMessageAsItCame) {
  int messages = 0;
  for (const test::Json& vector : test::ValidVectors()) {
    test::Octets pdu = test::FromHex(vector["hex"].get<std::string>());
    MessageView view;
    if (ViewMessage(ReadHeader(pdu.data()).command_id, pdu, view) != Status::ESME_ROK) continue;
    WriteU32(pdu.data() + 8, 0);   // command_status
    WriteU32(pdu.data() + 12, 0);  // sequence_number
    const auto written = WriteView(view);
    ASSERT_TRUE(written) << vector["id"];
    EXPECT_EQ(test::ToHex(*written), test::ToHex(pdu)) << vector["id"];
    ++messages;
  }
  EXPECT_GT(messages, 50);
}

TEST(WriteView, RefusesWhatNoLayoutHolds) {
  const std::string longer(21, '1'), text(256, 'x');
  MessageView view;
  view.command_id = CommandId::submit_sm;
  view.destination_addr = "1";
  EXPECT_TRUE(WriteView(view));
  view.source_addr = longer;
  EXPECT_EQ(WriteView(view).error(), Status::ESME_RINVSRCADR);
  view.source_addr = {};
  view.destination_addr = longer;
  EXPECT_EQ(WriteView(view).error(), Status::ESME_RINVDSTADR);
  view.command_id = CommandId::data_sm;
  EXPECT_TRUE(WriteView(view));
  view.short_message = AsBytes("x");
  EXPECT_EQ(WriteView(view).error(), Status::ESME_RINVMSGLEN) << "a data_sm has none";
  view = {};
  view.command_id = CommandId::deliver_sm;
  view.short_message = AsBytes(text);
  EXPECT_EQ(WriteView(view).error(), Status::ESME_RINVMSGLEN);
  view.short_message = AsBytes(text).first(255);
  EXPECT_TRUE(WriteView(view));
  view.command_id = CommandId::query_sm;
  EXPECT_EQ(WriteView(view).error(), Status::ESME_RINVCMDID);
}

}  // namespace
}  // namespace smpp
