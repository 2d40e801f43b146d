#include "server/store/apply_suppliers.h"

#include "server/store/apply_parties.h"
#include "server/store/apply_profile.h"
#include "server/store/enum_names.h"

namespace hub::store {
namespace {

Param Text(const std::string& text) { return text; }
Param Bool(bool value) { return std::string(value ? "t" : "f"); }

std::vector<Column> BindColumns(const SupplierBindRow& b) {
  return {{"password", "text", b.password, true},
          {"system_type", "text", b.system_type},
          {"interface_version", "smallint", ToParam(b.interface_version)},
          {"mode", "text", b.mode},
          {"sessions", "integer", ToParam(b.sessions)},
          {"window_requests_max", "integer", ToParam(b.window_requests_max)},
          {"enabled", "boolean", Bool(b.enabled)},
          {"tls", "text", NameOf(b.tls, kSupplierTls)},
          {"tls_server_name", "text", Text(b.tls_server_name)},
          {"tls_ca", "text", Text(b.tls_ca)},
          {"tls_certificate", "text", Text(b.tls_certificate)},
          {"tls_key", "text", Text(b.tls_key)},
          {"rate_per_second", "bigint", ToParam(b.rate_per_second)},
          {"other_hosts", "text[]", ToArray(b.other_hosts)}};
}

Outcome<Done> RemoveOtherBinds(Pg& pg, const SupplierEntry& entry, const std::string& supplier_id,
                               const std::vector<std::string>& keep, ApplyReport* report) {
  const std::string label = "supplier " + entry.supplier.name;
  auto others =
      pg.Run("look for other binds",
             "SELECT bind_id, host || ':' || port || ' ' || system_id FROM crm.supplier_bind"
             " WHERE supplier_id = $1 AND bind_id <> ALL ($2::bigint[]) ORDER BY bind_id",
             {supplier_id, ToArray(keep)});
  if (!others) return Err{Placed(others.error(), entry.place, label)};
  for (int i = 0; i < others->rows(); ++i) {
    auto removed = pg.Run("remove a bind", "DELETE FROM crm.supplier_bind WHERE bind_id = $1",
                          {others->String(i, 0)});
    if (!removed) return Err{Placed(removed.error(), entry.place, label)};
    report->removed.push_back(label + ": bind " + others->String(i, 1));
  }
  return Done{};
}

Outcome<Done> ApplyBinds(Pg& pg, const SupplierEntry& entry, const std::string& supplier_id,
                         ApplyReport* report) {
  const std::string label = "supplier " + entry.supplier.name;
  std::vector<std::string> keep;
  for (const SupplierBindEntry& one : entry.binds) {
    const SupplierBindRow& b = one.bind;
    const std::string bind_label =
        label + ": bind " + b.host + ":" + std::to_string(b.port) + " " + b.system_id;
    auto bind_id = ApplyRow(pg, {"crm.supplier_bind", "bind_id", bind_label, one.place},
                            {{"supplier_id", "bigint", supplier_id},
                             {"host", "text", Text(b.host)},
                             {"port", "integer", ToParam(b.port)},
                             {"system_id", "text", Text(b.system_id)}},
                            BindColumns(b), report);
    if (!bind_id) return Err{bind_id.error()};
    keep.push_back(*bind_id);
  }
  return RemoveOtherBinds(pg, entry, supplier_id, keep, report);
}

}  // namespace

Outcome<Done> ApplySupplier(Pg& pg, const SupplierEntry& entry, ApplyReport* report) {
  const SupplierRow& s = entry.supplier;
  const std::string label = "supplier " + s.name;
  auto deck_id = DeckOf(pg, entry.place, label, entry.deck, s.currency);
  if (!deck_id) return Err{deck_id.error()};
  const std::vector<std::int64_t> retry_after(s.retry_after_s.begin(), s.retry_after_s.end());
  auto supplier_id = ApplyRow(pg, {"crm.supplier", "supplier_id", label, entry.place},
                              {{"name", "text", Text(s.name)}},
                              {{"type", "text", Text(s.type)},
                               {"currency", "char(3)", Text(s.currency)},
                               {"deck_id", "bigint", *deck_id},
                               {"enabled", "boolean", Bool(s.enabled)},
                               {"priority", "integer", ToParam(s.priority)},
                               {"tags", "text[]", ToArray(s.tags)},
                               {"id_form", "text", NameOf(s.id_form, kIdForms)},
                               {"response_timeout_ms", "integer", ToParam(s.response_timeout_ms)},
                               {"on_unknown", "text", NameOf(s.on_unknown, kOnUnknowns)},
                               {"retry_after_s", "integer[]", ToArray(retry_after)},
                               {"rate_per_second", "bigint", ToParam(s.rate_per_second)},
                               {"tlvs", "text", NameOf(s.profile.tlvs, kSupplierTlvs)},
                               {"force_receipts", "boolean", Bool(s.profile.force_receipts)},
                               {"receipts_by_text", "boolean", Bool(s.profile.receipts_by_text)},
                               {"on_link_lost", "text", NameOf(s.on_link_lost, kOnLinkLosts)},
                               {"relays_query", "boolean", Bool(s.relays_query)},
                               {"broadcast_cost", "numeric",
                                s.broadcast_cost ? Param{FormatNano(*s.broadcast_cost)} : Param{}}},
                              report);
  if (!supplier_id) return Err{supplier_id.error()};
  auto applied = ApplyBinds(pg, entry, *supplier_id, report);
  if (applied) applied = ApplyProfile(pg, entry, *supplier_id, report);
  return applied;
}

}  // namespace hub::store
