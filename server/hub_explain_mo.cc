// hubctl explain --mo: the answers of MoDesk and MoStore, without a message.
#include <algorithm>

#include "protocol/text/first_word.h"
#include "server/admin/explain_text.h"
#include "server/hub_control.h"
#include "server/routing/mo_explain.h"

namespace hub {
namespace {

using admin::Code;
using admin::Denial;
using admin::ExplainMoResult;
using routing::MoRoutes;

const std::string& NameOf(const store::Catalog& catalog, std::int64_t supplier_id) {
  static const std::string kAny;
  const auto found =
      std::find_if(catalog.suppliers.begin(), catalog.suppliers.end(),
                   [&](const store::SupplierRow& row) { return row.supplier_id == supplier_id; });
  return found == catalog.suppliers.end() ? kAny : found->name;
}

const store::SupplierRow* Named(const store::Catalog& catalog, const std::string& name) {
  const auto found = std::find_if(catalog.suppliers.begin(), catalog.suppliers.end(),
                                  [&](const store::SupplierRow& row) { return row.name == name; });
  return found == catalog.suppliers.end() ? nullptr : &*found;
}

void FillRoutes(const relay::Snapshot& snapshot, const MoRoutes::Asked& asked,
                ExplainMoResult& result) {
  const routing::MoRanking ranking = routing::RankMoRoutes(snapshot.catalog->mo_routes, asked);
  for (const routing::MoStanding& each : ranking.routes) {
    if (result.routes.size() == ExplainMoResult::kRoutesMax) break;
    const store::MoRouteRow& row = *each.row;
    result.routes.push_back(
        {routing::DestinationText(row), row.keyword, NameOf(*snapshot.catalog, row.supplier_id),
         snapshot.clients[snapshot.client_by_id.find(row.client_id)->second]->system_id,
         std::string(Name(each.fit)), std::string(Text(each.fit))});
  }
  result.routes_left_out = static_cast<std::int64_t>(ranking.routes.size() - result.routes.size());
  result.other_destinations = static_cast<std::int64_t>(ranking.other_destinations);
}

std::string LineOf(const admin::ExplainMoRoute& route) {
  std::string line = "  " + route.destination;
  if (!route.keyword.empty()) line += ", keyword " + route.keyword;
  if (!route.supplier.empty()) line += ", from " + route.supplier;
  return line + " -> " + route.client + ": " + route.why + "\n";
}

std::string RoutesText(const ExplainMoResult& result) {
  std::string text = result.routes.empty() ? "routes      none for this destination\n"
                                           : "routes      in the order in which they stand\n";
  for (const admin::ExplainMoRoute& route : result.routes) text += LineOf(route);
  if (result.routes_left_out != 0)
    text += "  and " + std::to_string(result.routes_left_out) + " more for this destination\n";
  return text + "  " + std::to_string(result.other_destinations) + " are for other destinations\n";
}

std::string FateText(const ExplainMoResult& result) {
  if (result.client.empty())
    return "result      refused, ESME_RINVDSTADR: it is nobody's; the supplier gives it up\n";
  const std::string client = "client      " + result.client +
                             "; binds that receive: " + std::to_string(result.receivers) +
                             "; mo_offline: " + (result.stores ? "store\n" : "refuse\n");
  if (result.fate == "told") return client + "result      told now; its answer is the supplier's\n";
  if (result.fate == "stored") {
    return client +
           "result      stored: ESME_ROK when it is on disk, told behind what waits; "
           "ESME_RMSGQFUL where relay.mo_stored_max wait\n";
  }
  return client + "result      refused, ESME_RX_T_APPN: the supplier keeps it\n";
}

void Refuse(smpp::Status status, ExplainMoResult& result) {
  result.fate = "refused";
  result.command_status = static_cast<std::uint32_t>(status);
}

// As MoDesk::Deliver and MoStore::Take.
void DecideFate(relay::Hub& hub, const relay::Snapshot& snapshot, std::uint32_t index,
                ExplainMoResult& result) {
  if (index == MoRoutes::kNone) return Refuse(smpp::Status::ESME_RINVDSTADR, result);
  const relay::ClientState& client = *snapshot.clients[index];
  result.client = client.system_id;
  result.receivers = client.receivers_total();
  result.stores = snapshot.catalog->clients[index].mo_offline == store::MoOffline::kStore;
  bool stands_behind = false;
  if (result.stores) {
    const auto home = static_cast<unsigned>(client.client_id % hub.loops());
    hub.Ask(home,
            [&](relay::Relay& relay) { stands_behind = relay.HasStoredFor(client.client_id); });
  }
  if (result.receivers != 0 && !stands_behind) {
    result.fate = "told";
  } else if (result.stores) {
    result.fate = "stored";
  } else {
    Refuse(smpp::Status::ESME_RX_T_APPN, result);
  }
}

}  // namespace

admin::Answer<ExplainMoResult> HubControlImpl::ExplainMo(const admin::ExplainMoRequest& request) {
  const relay::SnapshotPtr snapshot = hub_.snapshot();
  const store::SupplierRow* supplier = Named(*snapshot->catalog, request.supplier);
  if (supplier == nullptr) {
    return Err{Denial(Code::kNotFound, Error{"explain", "no supplier is named " + request.supplier,
                                             "", 0, "", "see hubctl status for the names"})};
  }
  const auto octets = admin::OctetsOf(request.text, request.data_coding);
  if (!octets) return Err{octets.error()};
  smpp::MessageView view;
  view.data_coding = request.data_coding;
  view.short_message = *octets;
  const smpp::Word word = smpp::FirstWord(view);
  const MoRoutes::Asked asked{supplier->supplier_id, routing::MoDigits(request.destination),
                              word.view()};
  ExplainMoResult result;
  result.catalog_version = snapshot->catalog->version;
  FillRoutes(*snapshot, asked, result);
  DecideFate(hub_, *snapshot, snapshot->mo.Find(asked), result);
  result.text = "mo          from " + supplier->name + " to " + request.destination + "\n" +
                RoutesText(result) + FateText(result);
  return result;
}

}  // namespace hub
