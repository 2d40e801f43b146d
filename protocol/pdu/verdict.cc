#include "protocol/pdu/verdict.h"

#include "protocol/pdu/any_pdu.h"

namespace smpp {
namespace {

using Reply = Verdict::Reply;

Verdict JudgeWhole(Bytes pdu) {
  const Header header = ReadHeader(pdu.data());
  Verdict verdict{.reply = Reply::kNone,
                  .sequence_number = header.sequence_number,
                  .octets = header.command_length};
  if (IsResponse(header.command_id)) return verdict;
  verdict.status = JudgePdu(header.command_id, pdu.subspan(kHeaderOctets));
  if (!IsKnown(header.command_id)) {
    verdict.reply = Reply::kGenericNack;
  } else if (!HasNoResponse(header.command_id)) {
    verdict.reply = Reply::kResponse;
    verdict.response = ResponseOf(header.command_id);
  }
  return verdict;
}

}  // namespace

Verdict JudgeStream(Bytes available, std::uint32_t pdu_octets_max) {
  const FrameCut cut = CutFrame(available, pdu_octets_max);
  switch (cut.cut) {
    case Cut::kNeedMore:
      return {};
    case Cut::kPdu:
      return JudgeWhole(available.first(cut.length));
    case Cut::kTooShort:
    case Cut::kTooLong:
      break;
  }
  return {.reply = Reply::kGenericNack,
          .status = Status::ESME_RINVCMDLEN,
          .sequence_number = cut.sequence_number,
          .close = true};
}

}  // namespace smpp
