#include "protocol/pdu/multi_split.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocol/pdu/message.h"
#include "protocol/pdu/message_view.h"

namespace smpp::test {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::uint8_t kTlvs[] = {0x14, 0x99, 0, 2, 'h', 'i', 0x00, 0x05, 0, 1, 3};

SubmitMulti Full() {
  SubmitMulti multi;
  multi.service_type = "CMT";
  multi.source_addr_ton = 5;
  multi.source_addr_npi = 1;
  multi.source_addr = "ACME";
  multi.esm_class = 0x40;
  multi.protocol_id = 0x7F;
  multi.priority_flag = 2;
  multi.schedule_delivery_time = "000000001000000R";
  multi.validity_period = "000002000000000R";
  multi.registered_delivery = 0x11;
  multi.replace_if_present_flag = 1;
  multi.data_coding = 8;
  multi.sm_default_msg_id = 9;
  multi.short_message = AsBytes("\x05");
  multi.tlvs = kTlvs;
  return multi;
}

Octets Written(const SubmitMulti& like, const std::vector<DestAddress>& dests) {
  Octets entries(dests.size() * 24 + 1);
  Writer writer{MutableBytes(entries)};
  for (const DestAddress& dest : dests) WriteDest(writer, dest);
  SubmitMulti multi = like;
  multi.dest_address = {static_cast<std::uint8_t>(dests.size()),
                        Bytes(entries).first(writer.wanted())};
  return Encode(multi, Status::ESME_ROK, 7);
}

Octets Part(const MultiSplit& split, const DestAddress& dest) {
  Octets part(split.octets(dest));
  split.Write(dest, part.data());
  return part;
}

// What a submit_sm of the same fields looks like, octet for octet.
Octets Alone(const SubmitMulti& multi, const DestAddress& dest) {
  SubmitSm alone;
  alone.service_type = multi.service_type;
  alone.source_addr_ton = multi.source_addr_ton;
  alone.source_addr_npi = multi.source_addr_npi;
  alone.source_addr = multi.source_addr;
  alone.dest_addr_ton = dest.dest_addr_ton;
  alone.dest_addr_npi = dest.dest_addr_npi;
  alone.destination_addr = dest.destination_addr;
  alone.esm_class = multi.esm_class;
  alone.protocol_id = multi.protocol_id;
  alone.priority_flag = multi.priority_flag;
  alone.schedule_delivery_time = multi.schedule_delivery_time;
  alone.validity_period = multi.validity_period;
  alone.registered_delivery = multi.registered_delivery;
  alone.replace_if_present_flag = multi.replace_if_present_flag;
  alone.data_coding = multi.data_coding;
  alone.sm_default_msg_id = multi.sm_default_msg_id;
  alone.short_message = multi.short_message;
  alone.tlvs = multi.tlvs;
  return Encode(alone, Status::ESME_ROK, 0);
}

TEST(MultiSplit, EachDestinationIsTheSubmitSmOfTheSameFields) {
  const SubmitMulti multi = Full();
  const std::vector<DestAddress> dests = {{DestAddress::kSme, 1, 1, "4915112345678", ""},
                                          {DestAddress::kDistributionList, 0, 0, "", "staff"},
                                          {DestAddress::kSme, 0, 0, "", ""},
                                          {DestAddress::kSme, 2, 8, "12345678901234567890", ""}};
  const Octets pdu = Written(multi, dests);
  MultiSplit split(pdu);
  ASSERT_EQ(split.count(), dests.size());
  DestAddress dest;
  for (const DestAddress& wanted : dests) {
    ASSERT_TRUE(split.Next(dest));
    EXPECT_EQ(dest.dest_flag, wanted.dest_flag);
    EXPECT_EQ(dest.dl_name, wanted.dl_name);
    EXPECT_EQ(dest.destination_addr, wanted.destination_addr);
    if (dest.dest_flag == DestAddress::kSme) {
      EXPECT_EQ(Part(split, dest), Alone(multi, wanted));
    }
  }
  EXPECT_FALSE(split.Next(dest));
}

TEST(MultiSplit, WhatDoesNotDecodeHasNoDestination) {
  Octets pdu = Written(Full(), {{DestAddress::kSme, 1, 1, "49151", ""}});
  pdu.pop_back();
  MultiSplit split(pdu);
  DestAddress dest;
  EXPECT_EQ(split.count(), 0u);
  EXPECT_FALSE(split.Next(dest));
}

}  // namespace
}  // namespace smpp::test
