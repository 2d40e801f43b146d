// One destination of a submit_multi on its way in; behind that it is a message like any other.
#include "server/relay/flow.h"

namespace hub::relay {

using smpp::Status;

// Its session judged the whole: what may still be bad is the destination.
void Flow::OnPart(EsmeEntry& entry, const smpp::Header& header, const Slice& pdu,
                  const Part& part) {
  context_.metrics.Add(Metric::messages_received);
  smpp::MessageView view;
  Status status = View(header, pdu, view);
  if (status != Status::ESME_ROK) {
    context_.metrics.Add(Metric::rejected_format);
  } else {
    status = Admit(entry);
  }
  if (status != Status::ESME_ROK) {
    context_.metrics.Add(Metric::messages_rejected);
    entry.client->rejected.fetch_add(1, std::memory_order_relaxed);
    return parts_.OnPartEnd(part.multi, part.id, status, 0);
  }
  Message& message = Make(entry, header, pdu, view, part);
  if (IsNew(message, view) && Decide(message, view)) Reserve(message.slot);
}

}  // namespace hub::relay
