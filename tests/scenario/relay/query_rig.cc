#include "tests/scenario/relay/query_rig.h"

#include <gtest/gtest.h>

namespace hub::test {

Octets QuerySm(std::uint32_t sequence_number, std::string_view message_id,
               std::string_view source_addr) {
  smpp::QuerySm query;
  query.message_id = message_id;
  query.source_addr_ton = 5;
  query.source_addr = source_addr;
  return smpp::Encode(query, smpp::Status::ESME_ROK, sequence_number);
}

smpp::QuerySmResp ReadAnswer(const Pdu& answer) {
  const auto read =
      smpp::Decode<smpp::QuerySmResp>(smpp::Bytes(answer.octets).subspan(smpp::kHeaderOctets));
  EXPECT_TRUE(read);
  return *read;
}

store::MessageFate Fate() {
  store::MessageFate fate;
  fate.message_id = kAsked;
  fate.client_id = 1;
  fate.source_addr = "ACME";
  fate.source_addr_ton = 5;
  fate.started = true;
  return fate;
}

store::MessageFate Final(smpp::MessageState state, std::string_view error) {
  store::MessageFate fate = Fate();
  fate.is_final = true;
  fate.final_state = static_cast<std::uint8_t>(state);
  fate.final_at_us = 1'764'028'800'000'000;  // 2025-11-25 00:00:00 UTC
  fate.error = error;
  return fate;
}

store::Catalog AlphaTells(std::int32_t window_requests_max) {
  store::Catalog catalog = UpstreamAlphaAlone();
  catalog.suppliers[0].relays_query = true;
  catalog.supplier_binds[0].window_requests_max = window_requests_max;
  return catalog;
}

store::MessageFate AtAlpha() {
  store::MessageFate fate = Fate();
  fate.supplier_id = 101;
  fate.upstream_id = "0A1B";
  return fate;
}

Octets Word(std::uint32_t sequence_number, std::uint8_t state, std::string_view final_date,
            std::uint8_t error_code, std::string_view message_id) {
  smpp::QuerySmResp word;
  word.message_id = message_id;
  word.final_date = final_date;
  word.message_state = state;
  word.error_code = error_code;
  return smpp::Encode(word, smpp::Status::ESME_ROK, sequence_number);
}

}  // namespace hub::test
