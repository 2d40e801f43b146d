// One row brought to what is described: insert it, update what differs, or find that it stands.
// Internal to apply*.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/store/apply.h"
#include "server/store/pg.h"

namespace hub::store {

struct Column {
  const char* name;
  const char* type;  // of SQL: the comparison is PostgreSQL's, so that 0.5 is 0.500000000
  Param value;
  bool secret = false;  // the report says only that it changed
};

/// Where a row lives and how it is called.
struct RowName {
  const char* table;      // "crm.client"
  const char* id_column;  // returned by ApplyRow
  std::string label;      // "client acme"
  Place place;
};

/// `key` finds the row, `columns` are what it should hold. Returns the row's id. Errors carry the
/// place.
Outcome<std::string> ApplyRow(Pg& pg, const RowName& name, const std::vector<Column>& key,
                              const std::vector<Column>& columns, ApplyReport* report);

/// "network 262/01", "network 262/any": how reports call it.
std::string NetworkName(const std::string& mcc, const std::string& mnc);

/// A moment as PostgreSQL reads and our reports show it; "" for an open end.
std::string TimeText(std::int64_t us);

/// A refusal of our own: "demo.toml:12:1: client acme: the deck ... ".
Error Refusal(const Place& place, const std::string& label, std::string why,
              std::string advice = {});

/// PostgreSQL's refusal, with the entry it is about; known constraints are said in words.
Error Placed(Error error, const Place& place, const std::string& label);

}  // namespace hub::store
