// Every decoder: what decodes comes back octet for octet, what does not has a status, and both print.
#include "protocol/pdu/any_pdu.h"
#include "protocol/pdu/verdict.h"
#include "tests/fuzz/fuzz.h"

namespace {

using hub::fuzz::Input;
using hub::fuzz::Octets;
using smpp::Bytes;
using smpp::CommandId;
using smpp::Status;

constexpr CommandId kCommands[] = {
#define PDU(command, type) CommandId::command,
#include "protocol/pdu/pdu_table.def"
#undef PDU
};

Octets WholePdu(CommandId id, Bytes body) {
  Octets pdu(smpp::kHeaderOctets);
  smpp::WriteHeader(pdu.data(), {static_cast<std::uint32_t>(pdu.size() + body.size()), id, {}, 7});
  pdu.insert(pdu.end(), body.begin(), body.end());
  pdu.shrink_to_fit();
  return pdu;
}

}  // namespace

// First octet: which row of pdu_table.def; the rest: the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  const CommandId id = kCommands[in.U8() % std::size(kCommands)];
  const Bytes body = in.Rest();
  const Octets pdu = WholePdu(id, body);
  const Status status = smpp::JudgePdu(id, body);
  const Octets again = smpp::RoundTrip(pdu);
  FUZZ_CHECK(status == Status::ESME_ROK ? again == pdu : again.empty());

  const std::string line = smpp::PrintPdu(pdu);
  FUZZ_CHECK(line.starts_with(smpp::CommandName(id)));
  const std::string verdict_text = " malformed " + std::string(smpp::StatusName(status));
  FUZZ_CHECK(line.ends_with(verdict_text) == (status != Status::ESME_ROK));
  for (const char c : line) FUZZ_CHECK(c >= 0x20 && c < 0x7F);

  const smpp::Verdict verdict = smpp::JudgeStream(pdu, smpp::kPduOctetsMaxDefault);
  const bool oversize = pdu.size() > smpp::kPduOctetsMaxDefault;
  FUZZ_CHECK(oversize ? verdict.close : verdict.octets == pdu.size());
  return 0;
}
