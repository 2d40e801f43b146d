// outbind at our door: an SMSC says that it has something for us.                     SMPP v3.4 §2.2.1, §4.1.7
//
// It is a hint and nothing more. Whoever sends it is told nothing and let in nowhere; it makes those of our own binds that it
// names, and that are down, try again at the address that is configured for them.
#include "server/relay/client/front.h"
#include "server/telemetry/log.h"

namespace hub::relay {
namespace {

// In a time that tells nothing of where they differ.
bool Same(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
    difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

void Front::OnOutbind(EsmeSession& session, std::string_view system_id, std::string_view password) {
  bool is_known = false;
  for (const SupplierEntry& supplier : snapshot_->suppliers) {
    for (const std::shared_ptr<LinkState>& link : supplier.links) {
      if (!Same(link->row.system_id, system_id) || !Same(link->row.password, password)) continue;
      is_known = true;
      if (!draining_) events_.OnOutbind(link);
    }
  }
  Log(Event::supplier_outbind, {{"sess", session.name()},
                                {"peer", session.peer()},
                                {"system_id", system_id},
                                {"known", is_known ? "yes" : "no"}});
  // As a bind with wrong credentials: who guesses is banned in the end.
  if (is_known) return;
  BindAttempt attempt;
  attempt.system_id = system_id;
  CountFailure(EntryOf(session), attempt, false);
}

}  // namespace hub::relay
