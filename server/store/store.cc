#include "server/store/store.h"

#include <utility>

#include "server/store/catalog_reader.h"
#include "server/store/fence.h"
#include "server/store/lease_desk.h"
#include "server/store/migrate.h"
#include "server/store/no_settler.h"
#include "server/store/pg.h"
#include "server/store/pg_archive.h"
#include "server/store/recovery.h"
#include "server/store/settler.h"

namespace hub::store {
namespace {

PgOptions Session(const Options& options, const std::string& purpose) {
  return {options.conninfo, "smpphub " + purpose, options.statement_timeout_ms};
}

class PgStore final : public Store {
 public:
  PgStore(const Options& options, Recovered recovered, Pg pg)
      : options_(options),
        node_(recovered.node),
        recovery_(std::move(recovered.recovery)),
        fence_(node_, options.on_fenced),
        journal_(std::move(recovered.journal)),
        desk_(std::move(pg), Session(options, "leases"), node_,
              {.waiting_max = options.leases_waiting_max, .probe_ms = options.node_probe_ms},
              &fence_),
        settler_(std::move(recovered.run), options.settle, journal_.get(), &fence_),
        no_settler_(settler_),
        archive_(Session(options, "archive"), node_,
                 {.waiting_max = options.archive_waiting_max,
                  .dedupe_entries_max = options.dedupe_loaded_max},
                 [this] { return journal_->durable_end(); }) {}

  const NodeEpoch& node() const override { return node_; }
  const Recovery& recovery() const override { return recovery_; }
  journal::Journal& journal() override {
    if (!options_.durable) return no_journal_;
    return *journal_;
  }
  Settler& settler() override {
    if (!options_.durable) return no_settler_;
    return settler_;
  }
  Archive& archive() override { return archive_; }
  LeaseDesk& leases() override { return desk_; }

  Outcome<CatalogPtr> ReadCatalog() override {
    auto pg = Pg::Connect(Session(options_, "catalog"));
    if (!pg) return Err{pg.error()};
    auto catalog = store::ReadCatalog(*pg);
    if (!catalog) return Err{catalog.error()};
    return CatalogPtr(std::make_shared<const Catalog>(std::move(*catalog)));
  }

 private:
  const Options options_;
  const NodeEpoch node_;
  const Recovery recovery_;
  Fence fence_;                                    // outlives those below,
  std::unique_ptr<journal::FileJournal> journal_;  // and so does this
  PgLeaseDesk desk_;
  PgSettler settler_;
  journal::NoJournal no_journal_;  // the loops', where nothing is durable
  NoSettler no_settler_;
  PgArchive archive_;
};

}  // namespace

Outcome<std::unique_ptr<Store>> Store::Start(Options options) {
  auto pg = Pg::Connect(Session(options, "leases"));
  if (!pg) return Err{pg.error()};
  auto schema = CheckSchema(*pg);
  if (!schema) return Err{schema.error()};
  auto locked = LockNode(*pg, options.node_id, options.node_lock_wait_ms);
  if (!locked) return Err{locked.error()};
  auto recovered = Recover(options, Session(options, "settle"), *pg);
  if (!recovered) return Err{recovered.error()};
  return std::unique_ptr<Store>(
      std::make_unique<PgStore>(options, std::move(*recovered), std::move(*pg)));
}

}  // namespace hub::store
