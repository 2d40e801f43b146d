#include "server/store/apply_profile.h"

#include <array>
#include <cstdio>

#include "server/store/enum_names.h"

namespace hub::store {
namespace {

/// One of the tables: its rows of one supplier are named by `key`, which the report shows as text.
struct ProfileTable {
  const char* name;  // "crm.supplier_tlv"
  const char* key;   // SQL of the key, as text
  const char* word;  // "tlv"
};

constexpr ProfileTable kTlvs = {"crm.supplier_tlv", "tag::text", "tlv"};
constexpr ProfileTable kAddresses = {"crm.supplier_address", "side || ' ' || position", "address"};
constexpr ProfileTable kCodings = {"crm.supplier_data_coding", "data_coding::text", "data_coding"};
constexpr ProfileTable kStates = {"crm.supplier_receipt_state", "word", "receipt state"};
constexpr ProfileTable kStatuses = {"crm.supplier_status",
                                    "'0x' || lpad(to_hex(command_status), 8, '0')", "status"};

Param NumberOrNull(std::int64_t number, bool is_null) {
  return is_null ? Param() : ToParam(number);
}

// "0x0000000b", as logs and the specification write it.
std::string StatusText(std::int64_t command_status) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "0x%08x", static_cast<unsigned>(command_status));
  return text.data();
}

std::string Hex(const std::vector<std::uint8_t>& octets) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "\\x";
  for (const std::uint8_t octet : octets) {
    text += kDigits[octet >> 4];
    text += kDigits[octet & 0x0F];
  }
  return text;
}

/// One table of one supplier on its way to what is described.
class Rows {
 public:
  Rows(Pg& pg, const SupplierEntry& entry, const std::string& supplier_id,
       const ProfileTable& table, ApplyReport* report)
      : pg_(pg), entry_(entry), supplier_id_(supplier_id), table_(table), report_(report) {}

  /// `key`: the row's, as the table's own SQL shows it.
  void Put(const std::string& key, std::vector<Column> key_columns,
           const std::vector<Column>& columns) {
    if (!done_) return;
    keep_.push_back(key);
    key_columns.insert(key_columns.begin(), {"supplier_id", "bigint", supplier_id_});
    auto applied = ApplyRow(pg_, {table_.name, "supplier_id", Label(key), entry_.place},
                            key_columns, columns, report_);
    if (!applied) done_ = Err{applied.error()};
  }
  /// Removes the others.
  Outcome<Done> Finish();

 private:
  std::string Label(const std::string& key) const {
    return "supplier " + entry_.supplier.name + ": " + table_.word + " " + key;
  }

  Pg& pg_;
  const SupplierEntry& entry_;
  const std::string& supplier_id_;
  const ProfileTable& table_;
  ApplyReport* report_;
  std::vector<std::string> keep_;
  Outcome<Done> done_ = Done{};
};

Outcome<Done> Rows::Finish() {
  if (!done_) return done_;
  const std::string of_supplier = std::string(" FROM ") + table_.name + " WHERE supplier_id = $1";
  const std::string look = std::string("SELECT ") + table_.key + of_supplier + " AND NOT " +
                           table_.key + " = ANY ($2::text[]) ORDER BY 1";
  auto others = pg_.Run("look for other rows", look.c_str(), {supplier_id_, ToArray(keep_)});
  if (!others) return Err{Placed(others.error(), entry_.place, Label(""))};
  const std::string remove = "DELETE" + of_supplier + " AND " + table_.key + " = $2";
  for (int i = 0; i < others->rows(); ++i) {  // no DELETE without a row: it would bump the catalog
    const std::string key = others->String(i, 0);
    auto removed = pg_.Run("remove a row", remove.c_str(), {supplier_id_, key});
    if (!removed) return Err{Placed(removed.error(), entry_.place, Label(key))};
    report_->removed.push_back(Label(key));
  }
  return Done{};
}

void PutTlvs(const SupplierProfile& profile, Rows& rows) {
  for (const TlvRule& rule : profile.tlv_rules) {
    rows.Put(std::to_string(rule.tag), {{"tag", "integer", ToParam(rule.tag)}},
             {{"action", "text", NameOf(rule.action, kTlvActions)},
              {"to_tag", "integer", NumberOrNull(rule.to_tag, rule.action != TlvAction::kMap)},
              {"value", "bytea", rule.has_value ? Param(Hex(rule.value)) : Param()}});
  }
}

void PutAddresses(const SupplierProfile& profile, Rows& rows) {
  for (const auto* rules : {&profile.source_rules, &profile.destination_rules}) {
    int position = 0;
    for (const AddressRule& rule : *rules) {
      const std::string side = NameOf(rule.side, kAddressSides);
      ++position;
      rows.Put(side + " " + std::to_string(position),
               {{"side", "text", side}, {"position", "smallint", ToParam(position)}},
               {{"ton", "smallint", NumberOrNull(rule.ton, rule.ton == kAnyTonNpi)},
                {"npi", "smallint", NumberOrNull(rule.npi, rule.npi == kAnyTonNpi)},
                {"prefix", "text", Param(rule.prefix)},
                {"action", "text", NameOf(rule.action, kAddressActions)},
                {"to_text", "text", Param(rule.to)},
                {"to_ton", "smallint", NumberOrNull(rule.to_ton, rule.to_ton == kAnyTonNpi)},
                {"to_npi", "smallint", NumberOrNull(rule.to_npi, rule.to_npi == kAnyTonNpi)}});
    }
  }
}

void PutCodings(const SupplierProfile& profile, Rows& rows) {
  for (const auto& [from, to] : profile.data_codings) {
    rows.Put(std::to_string(from), {{"data_coding", "smallint", ToParam(from)}},
             {{"to_data_coding", "smallint", ToParam(to)}});
  }
}

void PutStates(const SupplierProfile& profile, Rows& rows) {
  for (const auto& [word, state] : profile.receipt_states) {
    rows.Put(word, {{"word", "text", Param(word)}},
             {{"message_state", "smallint", ToParam(state)}});
  }
}

void PutStatuses(const SupplierRow& supplier, Rows& rows) {
  std::map<std::uint32_t, StatusClass> classes = supplier.statuses;
  const auto& shown = supplier.profile.client_statuses;
  for (const auto& [status, _] : shown) classes.emplace(status, StatusClass::kDefault);
  for (const auto& [status, status_class] : classes) {
    const auto client = shown.find(status);
    const Param client_status = client == shown.end() ? Param() : ToParam(client->second);
    rows.Put(StatusText(status), {{"command_status", "bigint", ToParam(status)}},
             {{"class", "text", NameOf(status_class, kStatusClasses)},
              {"client_status", "bigint", client_status}});
  }
}

}  // namespace

Outcome<Done> ApplyProfile(Pg& pg, const SupplierEntry& entry, const std::string& supplier_id,
                           ApplyReport* report) {
  const SupplierProfile& profile = entry.supplier.profile;
  const auto apply = [&](const ProfileTable& table, auto&& put, const auto& from) {
    Rows rows(pg, entry, supplier_id, table, report);
    put(from, rows);
    return rows.Finish();
  };
  Outcome<Done> applied = apply(kTlvs, PutTlvs, profile);
  if (applied) applied = apply(kAddresses, PutAddresses, profile);
  if (applied) applied = apply(kCodings, PutCodings, profile);
  if (applied) applied = apply(kStates, PutStates, profile);
  if (applied) applied = apply(kStatuses, PutStatuses, entry.supplier);
  return applied;
}

}  // namespace hub::store
