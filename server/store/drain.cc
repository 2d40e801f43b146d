#include "server/store/drain.h"

#include "server/store/pg.h"

namespace hub::store {
namespace {

constexpr std::int64_t kStatementTimeoutMs = 60'000;

const char* StatementOf(Party party) {
  switch (party) {
    case Party::kClient:
      return "UPDATE crm.client SET enabled = $2 WHERE system_id = $1 RETURNING client_id";
    case Party::kSupplier:
      return "UPDATE crm.supplier SET enabled = $2 WHERE name = $1 RETURNING supplier_id";
    case Party::kBind:
      break;
  }
  return "UPDATE crm.supplier_bind SET enabled = $2 WHERE bind_id::text = $1 RETURNING bind_id";
}

}  // namespace

Outcome<bool> SetEnabled(const std::string& conninfo, Party party, const std::string& name,
                         bool enabled) {
  auto pg = Pg::Connect({conninfo, "smpphub drain", kStatementTimeoutMs});
  if (!pg) return Err{pg.error()};
  auto updated =
      pg->Run("write who is enabled", StatementOf(party), {name, std::string(enabled ? "t" : "f")});
  if (!updated) return Err{updated.error()};
  return updated->rows() != 0;
}

}  // namespace hub::store
