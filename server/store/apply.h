// Brings a Description into PostgreSQL: one transaction, all or nothing. Behind `hubctl apply`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/base/error.h"
#include "server/store/description.h"

namespace hub::store {

/// What an Apply did, or would do. One line a thing: "client acme: rate_per_second 100 -> 200".
struct ApplyReport {
  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> removed;
  std::int64_t same = 0;  // entries that stand as described
  /// Nothing was refused or done for these, but somebody should look: a price of 0, what is stored and not described.
  std::vector<std::string> notes;
};

/// Upserts by natural names. A price that changed closes its old row (now, or where the new one
/// begins) and adds a row; what was in force before stays in the table. Top-ups are booked once by
/// their external_ref. Applying the same again changes nothing, not even the catalog's version.
/// With `dry_run` all of it happens and is rolled back.
///
/// errors   with the entry's `place`: an unknown deck, network or client; a currency that is not
///          the deck's or the account's; an entry twice; validity that overlaps; a price below 0;
///          and whatever else PostgreSQL's constraints refuse. Nothing was changed then. Blocks.
/// A credit limit below what is owed or leased is agreed on at once and reached as money returns.
Outcome<ApplyReport> Apply(const std::string& conninfo, const Description& description,
                           bool dry_run);

}  // namespace hub::store
