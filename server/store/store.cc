#include "server/store/store.h"

#include "server/store/catalog_reader.h"
#include "server/store/fence.h"
#include "server/store/lease_desk.h"
#include "server/store/migrate.h"
#include "server/store/pg.h"
#include "server/store/settler.h"

namespace hub::store {
namespace {

class PgStore final : public Store {
 public:
  PgStore(const Options& options, const NodeEpoch& node, Pg pg)
      : options_(options),
        node_(node),
        fence_(node, options.on_fenced),
        desk_(std::move(pg), Session("leases"), node,
              {options.leases_waiting_max, options.node_probe_ms}, &fence_),
        settler_(Session("settle"), options.settle, node, &fence_) {}

  const NodeEpoch& node() const override { return node_; }
  Settler& settler() override { return settler_; }
  LeaseDesk& leases() override { return desk_; }

  Outcome<CatalogPtr> ReadCatalog() override {
    auto pg = Pg::Connect(Session("catalog"));
    if (!pg) return Err{pg.error()};
    auto catalog = store::ReadCatalog(*pg);
    if (!catalog) return Err{catalog.error()};
    return CatalogPtr(std::make_shared<const Catalog>(std::move(*catalog)));
  }

 private:
  PgOptions Session(const std::string& purpose) const {
    return {options_.conninfo, "smpphub " + purpose, options_.statement_timeout_ms};
  }

  const Options options_;
  const NodeEpoch node_;
  Fence fence_;  // outlives the two below
  PgLeaseDesk desk_;
  PgSettler settler_;
};

Outcome<NodeEpoch> StartNode(Pg& pg, std::int32_t node_id) {
  auto started =
      pg.Run("start a new epoch of the node",
             "SELECT epoch, last_message_id FROM money.node_start($1)", {ToParam(node_id)});
  if (!started) return Err{started.error()};
  return NodeEpoch{node_id, started->Int(0, 0), static_cast<MessageId>(started->Int(0, 1))};
}

}  // namespace

Outcome<std::unique_ptr<Store>> Store::Start(Options options) {
  auto pg = Pg::Connect({options.conninfo, "smpphub leases", options.statement_timeout_ms});
  if (!pg) return Err{pg.error()};
  auto schema = CheckSchema(*pg);
  if (!schema) return Err{schema.error()};
  auto locked = LockNode(*pg, options.node_id, options.node_lock_wait_ms);
  if (!locked) return Err{locked.error()};
  auto node = StartNode(*pg, options.node_id);
  if (!node) return Err{node.error()};
  return std::unique_ptr<Store>(std::make_unique<PgStore>(options, *node, std::move(*pg)));
}

}  // namespace hub::store
