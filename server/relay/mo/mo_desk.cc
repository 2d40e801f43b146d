#include "server/relay/mo/mo_desk.h"

#include "protocol/text/first_word.h"
#include "server/telemetry/log.h"

namespace hub::relay {

using routing::MoRoutes;
using smpp::Status;

namespace {

std::string_view DigitsOf(std::string_view destination) {
  if (destination.starts_with('+')) destination.remove_prefix(1);
  return destination;
}

}  // namespace

void MoDesk::OnMo(std::int64_t supplier_id, const smpp::MessageView& view, const Slice& pdu,
                  const Origin& origin) {
  context_.metrics.Add(Metric::mo_received);
  const std::uint32_t client = ClientOf(supplier_id, view);
  if (client == MoRoutes::kNone) return Refuse(view, origin);
  Deliver(front_.snapshot()->clients[client], pdu, origin);
}

std::uint32_t MoDesk::ClientOf(std::int64_t supplier_id, const smpp::MessageView& view) const {
  const MoRoutes& routes = front_.snapshot()->mo;
  const std::string_view destination = DigitsOf(view.destination_addr);
  if (!routes.HasKeywordsFor(supplier_id, destination))
    return routes.Find({supplier_id, destination, {}});
  const smpp::Word word = smpp::FirstWord(view);
  return routes.Find({supplier_id, destination, word.view()});
}

void MoDesk::Refuse(const smpp::MessageView& view, const Origin& origin) {
  context_.metrics.Add(Metric::mo_no_route);
  Log(Event::mo_no_route, {{"destination", MaskNumber(view.destination_addr)}});
  exits_.SendAnswer({origin, Status::ESME_RINVDSTADR});
}

void MoDesk::Deliver(std::shared_ptr<ClientState> client, const Slice& pdu, const Origin& origin) {
  DeliverJob job;
  job.client = std::move(client);
  job.pdu = pdu;
  job.command_id = origin.command_id;
  job.origin = origin;
  if (exits_.SendToReceiver(job)) return;
  context_.metrics.Add(Metric::mo_refused_no_bind);
  Log(Event::mo_no_bind, {{"system_id", job.client->system_id}});
  exits_.SendAnswer({origin, Status::ESME_RX_T_APPN});
}

}  // namespace hub::relay
