#include "protocol/pdu/any_pdu.h"

#include "protocol/pdu/printer.h"

namespace smpp {
namespace {

/// "submit_sm len=53 seq=2", with the status where it is not 0.
void AppendHeader(std::string& out, const Header& header) {
  const std::string_view name = CommandName(header.command_id);
  if (name.empty()) AppendHex(out, static_cast<std::uint32_t>(header.command_id), 8);
  out.append(name);
  out.append(" len=").append(std::to_string(header.command_length));
  out.append(" seq=").append(std::to_string(header.sequence_number));
  if (header.command_status == Status::ESME_ROK) return;
  out.append(" status=");
  const std::string_view status = StatusName(header.command_status);
  if (status.empty()) AppendHex(out, static_cast<std::uint32_t>(header.command_status), 8);
  out.append(status);
}

template <class P>
void AppendBody(std::string& out, Bytes body) {
  const Result<P, Status> decoded = Decode<P>(body);
  if (!decoded) {
    out.append(" malformed ").append(StatusName(decoded.error()));
    return;
  }
  Printer printer(out);
  P::Walk(*decoded, printer);
}

}  // namespace

Status JudgePdu(CommandId id, Bytes body) {
  Status status = Status::ESME_RINVCMDID;
  VisitPdu(id, [&]<class P>() {
    const Result<P, Status> decoded = Decode<P>(body);
    status = decoded ? Status::ESME_ROK : decoded.error();
  });
  return status;
}

std::vector<std::uint8_t> RoundTrip(Bytes pdu) {
  std::vector<std::uint8_t> out;
  if (pdu.size() < kHeaderOctets) return out;
  const Header header = ReadHeader(pdu.data());
  if (header.command_length != pdu.size()) return out;
  VisitPdu(header.command_id, [&]<class P>() {
    const Result<P, Status> decoded = Decode<P>(pdu.subspan(kHeaderOctets));
    if (decoded) out = Encode(*decoded, header.command_status, header.sequence_number);
  });
  return out;
}

std::string PrintPdu(Bytes pdu) {
  std::string out;
  if (pdu.size() < kHeaderOctets) return "shorter than a header";
  const Header header = ReadHeader(pdu.data());
  AppendHeader(out, header);
  if (header.command_length != pdu.size()) return out.append(" malformed ESME_RINVCMDLEN");
  VisitPdu(header.command_id, [&]<class P>() { AppendBody<P>(out, pdu.subspan(kHeaderOctets)); });
  return out;
}

}  // namespace smpp
