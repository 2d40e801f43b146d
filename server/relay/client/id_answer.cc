#include "server/relay/client/id_answer.h"

#include "protocol/pdu/answer.h"
#include "protocol/pdu/response_tlvs.h"
#include "server/base/short_id.h"

namespace hub::relay {

void WriteIdAnswer(const IdAnswer& answer, smpp::Bytes tlvs, std::vector<std::uint8_t>* out) {
  out->resize(smpp::kAnswerOctetsMax + tlvs.size());
  const ClientText id(answer.message_id);
  std::size_t octets = smpp::WriteMessageIdAnswer(
      out->data(), smpp::ResponseOf(answer.request), answer.status, answer.sequence_number,
      answer.status == smpp::Status::ESME_ROK ? std::string_view(id) : std::string_view());
  octets += smpp::CopyRelayedTlvs(tlvs, out->data() + octets);
  smpp::WriteU32(out->data(), static_cast<std::uint32_t>(octets));
  out->resize(octets);
}

}  // namespace hub::relay
