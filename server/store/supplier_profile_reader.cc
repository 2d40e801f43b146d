#include "server/store/supplier_profile_reader.h"

#include "server/store/row_reader.h"

namespace hub::store {
namespace {

// Each table: its SELECT, and how one row of it goes into its supplier's profile. The first column
// names the supplier.

constexpr char kSelectTlvs[] =
    "SELECT supplier_id, tag, action, coalesce(to_tag, 0), value IS NOT NULL, coalesce(value, '')"
    " FROM crm.supplier_tlv ORDER BY supplier_id, tag";

void TakeTlv(RowReader& read, SupplierProfile& profile) {
  TlvRule& rule = profile.tlv_rules.emplace_back();
  read(rule.tag);
  read.Enum(rule.action, kTlvActions);
  read(rule.to_tag);
  read(rule.has_value);
  read(rule.value);
}

constexpr char kSelectAddresses[] =
    "SELECT supplier_id, side, coalesce(ton, -1), coalesce(npi, -1), prefix, action, to_text,"
    " coalesce(to_ton, -1), coalesce(to_npi, -1)"
    " FROM crm.supplier_address ORDER BY supplier_id, side, position";

void TakeAddress(RowReader& read, SupplierProfile& profile) {
  AddressRule rule;
  read.Enum(rule.side, kAddressSides);
  read(rule.ton);
  read(rule.npi);
  read(rule.prefix);
  read.Enum(rule.action, kAddressActions);
  read(rule.to);
  read(rule.to_ton);
  read(rule.to_npi);
  auto& rules =
      rule.side == AddressSide::kSource ? profile.source_rules : profile.destination_rules;
  rules.push_back(std::move(rule));
}

constexpr char kSelectCodings[] =
    "SELECT supplier_id, data_coding, to_data_coding FROM crm.supplier_data_coding ORDER BY "
    "supplier_id";

void TakeCoding(RowReader& read, SupplierProfile& profile) {
  std::uint8_t data_coding = 0;
  read(data_coding);
  read(profile.data_codings[data_coding]);
}

constexpr char kSelectStates[] =
    "SELECT supplier_id, word, message_state FROM crm.supplier_receipt_state ORDER BY supplier_id";

void TakeState(RowReader& read, SupplierProfile& profile) {
  std::string word;
  read(word);
  read(profile.receipt_states[word]);
}

constexpr char kSelectClientStatuses[] =
    "SELECT supplier_id, command_status, client_status FROM crm.supplier_status"
    " WHERE client_status IS NOT NULL ORDER BY supplier_id";

void TakeClientStatus(RowReader& read, SupplierProfile& profile) {
  std::uint32_t command_status = 0;
  read(command_status);
  read(profile.client_statuses[command_status]);
}

struct Table {
  const char* name;
  const char* select;
  void (*take)(RowReader&, SupplierProfile&);
};

constexpr Table kTables[] = {
    {"crm.supplier_tlv", kSelectTlvs, TakeTlv},
    {"crm.supplier_address", kSelectAddresses, TakeAddress},
    {"crm.supplier_data_coding", kSelectCodings, TakeCoding},
    {"crm.supplier_receipt_state", kSelectStates, TakeState},
    {"crm.supplier_status", kSelectClientStatuses, TakeClientStatus},
};

Outcome<Done> ReadOne(Pg& pg, const Table& table, std::vector<SupplierRow>* suppliers) {
  auto result = pg.Run("read the suppliers' profiles", table.select);
  if (!result) return Err{result.error()};
  RowReader reader(table.name, *result);
  auto supplier = suppliers->begin();
  while (reader.Next()) {
    std::int64_t supplier_id = 0;
    reader(supplier_id);
    while (supplier->supplier_id != supplier_id) ++supplier;  // it is there: foreign key
    table.take(reader, supplier->profile);
  }
  if (reader.error()) return Err{*reader.error()};
  return Done{};
}

}  // namespace

Outcome<Done> ReadProfiles(Pg& pg, std::vector<SupplierRow>* suppliers) {
  for (const Table& table : kTables) {
    if (auto read = ReadOne(pg, table, suppliers); !read) return read;
  }
  return Done{};
}

}  // namespace hub::store
