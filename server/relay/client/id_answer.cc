#include "server/relay/client/id_answer.h"

#include "protocol/pdu/answer.h"
#include "protocol/pdu/response_tlvs.h"
#include "server/base/short_id.h"

namespace hub::relay {

std::size_t WriteIdAnswer(const IdAnswer& answer, std::uint8_t* out) {
  const smpp::CommandId response = smpp::ResponseOf(answer.request);
  if (answer.status != smpp::Status::ESME_ROK)
    return smpp::WriteMessageIdAnswer(out, response, answer.status, answer.sequence_number, {});
  return smpp::WriteMessageIdAnswer(out, response, answer.status, answer.sequence_number,
                                    ClientText(answer.message_id));
}

void WriteIdAnswer(const IdAnswer& answer, smpp::Bytes tlvs, std::vector<std::uint8_t>* out) {
  out->resize(smpp::kAnswerOctetsMax + tlvs.size());
  std::size_t octets = WriteIdAnswer(answer, out->data());
  octets += smpp::CopyRelayedTlvs(tlvs, out->data() + octets);
  smpp::WriteU32(out->data(), static_cast<std::uint32_t>(octets));
  out->resize(octets);
}

}  // namespace hub::relay
