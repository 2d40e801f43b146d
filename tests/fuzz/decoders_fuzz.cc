// Every decoder: what decodes comes back octet for octet, what does not has a status, and both print.
#include "protocol/pdu/any_pdu.h"
#include "protocol/pdu/message_view.h"
#include "protocol/pdu/multi_split.h"
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

// Each destination of a submit_multi is a submit_sm that is good, or bad for its destination alone.
void SplitAll(Bytes pdu) {
  smpp::MultiSplit split(pdu);
  smpp::DestAddress dest;
  std::size_t count = 0;
  for (; split.Next(dest); ++count) {
    if (dest.dest_flag != smpp::DestAddress::kSme) continue;
    Octets part(split.octets(dest));
    split.Write(dest, part.data());
    smpp::MessageView view;
    const Status status = smpp::ViewMessage(CommandId::submit_sm, part, view);
    FUZZ_CHECK(status == Status::ESME_ROK || status == Status::ESME_RINVDSTADR);
    FUZZ_CHECK(smpp::ReadHeader(part.data()).command_length == part.size());
  }
  FUZZ_CHECK(count == split.count());
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
  if (id == CommandId::submit_multi && status == Status::ESME_ROK) SplitAll(pdu);

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
