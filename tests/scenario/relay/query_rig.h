// What the tests of query_sm share: the request, its answer, and acme's message as PostgreSQL knows it.
#pragma once

#include "protocol/pdu/query_sm.h"
#include "protocol/receipt/message_state.h"
#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {

inline constexpr MessageId kAsked = 123'456'789'012;
inline constexpr const char* kAskedText = "123456789012";
/// A tick and a question.
inline constexpr Duration kToldIn = std::chrono::milliseconds(200);

Octets QuerySm(std::uint32_t sequence_number, std::string_view message_id,
               std::string_view source_addr = "ACME");
/// Borrows from the answer.
smpp::QuerySmResp ReadAnswer(const Pdu& answer);
/// On its way, no more is known.
store::MessageFate Fate();
store::MessageFate Final(smpp::MessageState state, std::string_view error = "");
/// Alpha, which may be asked, has it under the id 0A1B.
store::MessageFate AtAlpha();
store::Catalog AlphaTells(std::int32_t window_requests_max = 100);
/// A query_sm_resp.
Octets Word(std::uint32_t sequence_number, std::uint8_t state, std::string_view final_date = "",
            std::uint8_t error_code = 0, std::string_view message_id = "0A1B");

}  // namespace hub::test
