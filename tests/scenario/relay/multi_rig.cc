#include "tests/scenario/relay/multi_rig.h"

#include <gtest/gtest.h>

namespace hub::test {

using smpp::Status;

Octets SubmitMulti(std::uint32_t sequence_number, const std::vector<std::string>& to,
                   std::uint8_t registered_delivery, std::string_view text) {
  Octets entries(to.size() * 24);
  smpp::Writer writer{smpp::MutableBytes(entries)};
  for (const std::string& each : to) {
    smpp::DestAddress dest;
    if (each.starts_with('@')) {
      dest.dest_flag = smpp::DestAddress::kDistributionList;
      dest.dl_name = std::string_view(each).substr(1);
    } else {
      dest.dest_addr_ton = dest.dest_addr_npi = 1;
      dest.destination_addr = each;
    }
    smpp::WriteDest(writer, dest);
  }
  smpp::SubmitMulti multi;
  multi.source_addr_ton = 5;
  multi.source_addr = "ACME";
  multi.dest_address.count = static_cast<std::uint8_t>(to.size());
  multi.dest_address.entries = smpp::Bytes(entries).first(writer.wanted());
  multi.registered_delivery = registered_delivery;
  multi.short_message = smpp::AsBytes(text);
  return smpp::Encode(multi, Status::ESME_ROK, sequence_number);
}

MultiAnswer::MultiAnswer(const std::optional<Pdu>& pdu) {
  EXPECT_TRUE(pdu);
  if (!pdu) return;
  status = pdu->status();
  EXPECT_EQ(pdu->id(), smpp::CommandId::submit_multi_resp);
  if (status != Status::ESME_ROK) return;
  const auto response =
      smpp::Decode<smpp::SubmitMultiResp>(smpp::Bytes(pdu->octets).subspan(smpp::kHeaderOctets));
  EXPECT_TRUE(response.ok());
  if (!response.ok()) return;
  message_id = response->message_id;
  smpp::Reader reader(response->unsuccess_sme.entries);
  smpp::UnsuccessSme sme;
  while (smpp::ReadUnsuccess(reader, sme) == Status::ESME_ROK)
    unsuccess.emplace_back(sme.destination_addr, sme.error_status_code);
}

std::map<std::string, Pdu> Submits(SmppPeer& supplier) {
  std::map<std::string, Pdu> all;
  while (std::optional<Pdu> next = supplier.Next()) {
    std::string to(next->view().destination_addr);
    all.emplace(std::move(to), std::move(*next));
  }
  return all;
}

void TakeSubmits(SmppPeer& supplier) {
  for (const auto& [to, submit] : Submits(supplier)) supplier.Answer(submit, Status::ESME_ROK, to);
}

MultiRig::MultiRig(store::Catalog catalog, relay::Limits with)
    : RelayRig(std::move(catalog), std::move(with)), acme((alpha(), Customer())) {}

std::map<std::string, Pdu> MultiRig::Sends(const std::vector<std::string>& to) {
  acme.Send(SubmitMulti(7, to));
  return Submits(alpha());
}

MultiAnswer MultiRig::SendsAndAllAreTaken(const std::vector<std::string>& to) {
  acme.Send(SubmitMulti(7, to));
  TakeSubmits(alpha());
  return Answer();
}

}  // namespace hub::test
