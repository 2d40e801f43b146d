#include "server/store/apply_row.h"

#include <array>
#include <cstdio>
#include <utility>

#include "server/base/clock.h"

namespace hub::store {
namespace {

// Constraints an operator can run into, in words.
constexpr std::pair<const char*, const char*> kConstraints[] = {
    {"account_credit_limit_check", "a credit limit is not below 0"},
    {"mo_route_no_overlap", "it overlaps another range of the same keyword and supplier"},
    {"rate_no_overlap", "its validity overlaps another row of the same key"},
    {"network_iso2_fkey", "no such country (ISO 3166 alpha-2)"},
    {"_currency_fkey", "no such currency (ISO 4217)"},
    {"network_mcc_check", "an mcc has three digits"},
    {"network_mnc_check", "an mnc has two or three digits"},
    {"supplier_name_check", "a supplier's name is of a-z, 0-9, _, - and dot"},
};

// "$3::text" for a value just added as the third parameter.
std::string AddParameter(const Column& column, Params* params) {
  params->push_back(column.value);
  return "$" + std::to_string(params->size()) + "::" + column.type;
}

std::string Where(const std::vector<Column>& key, Params* params) {
  std::string sql = " WHERE ";
  for (const Column& column : key) {
    if (&column != key.data()) sql += " AND ";
    sql += column.name;
    sql += column.value ? " = " + AddParameter(column, params) : " IS NULL";
  }
  return sql;
}

Outcome<PgResult> FindRow(Pg& pg, const RowName& name, const std::vector<Column>& key,
                          const std::vector<Column>& columns) {
  Params params;
  std::string sql = std::string("SELECT ") + name.id_column + "::text";
  for (const Column& column : columns) {
    const std::string parameter = AddParameter(column, &params);
    const bool is_numeric =
        std::string_view(column.type) == "numeric";  // shown as 0.8, not as 0.800000000
    const std::string stored =
        is_numeric ? "trim_scale(" + std::string(column.name) + ")" : column.name;
    sql += std::string(", ") + column.name + " IS NOT DISTINCT FROM " + parameter + ", " + stored +
           "::text, " + parameter + "::text";
  }
  sql += std::string(" FROM ") + name.table + Where(key, &params);
  return pg.Run("look up", sql.c_str(), params);
}

Outcome<PgResult> InsertRow(Pg& pg, const RowName& name, const std::vector<Column>& key,
                            const std::vector<Column>& columns) {
  Params params;
  std::string names, values;
  const auto add = [&](const Column& column) {
    names += (names.empty() ? "" : ", ") + std::string(column.name);
    values += (values.empty() ? "" : ", ") + AddParameter(column, &params);
  };
  for (const Column& column : key) add(column);
  for (const Column& column : columns) add(column);
  const std::string sql = std::string("INSERT INTO ") + name.table + " (" + names + ") VALUES (" +
                          values + ") RETURNING " + name.id_column + "::text";
  return pg.Run("insert", sql.c_str(), params);
}

Outcome<PgResult> UpdateRow(Pg& pg, const RowName& name, const std::vector<Column>& key,
                            const std::vector<Column>& different) {
  Params params;
  std::string sql = std::string("UPDATE ") + name.table + " SET ";
  for (const Column& column : different) {
    if (&column != different.data()) sql += ", ";
    sql += std::string(column.name) + " = " + AddParameter(column, &params);
  }
  sql += Where(key, &params);
  return pg.Run("update", sql.c_str(), params);
}

// "rate_per_second 100 -> 200"; a secret shows neither.
std::string Difference(const Column& column, const PgResult& found, int at) {
  if (column.secret) return std::string(column.name) + " changed";
  return std::string(column.name) + " " + found.String(0, at + 1) + " -> " +
         found.String(0, at + 2);
}

}  // namespace

std::string NetworkName(const std::string& mcc, const std::string& mnc) {
  return "network " + mcc + "/" + (mnc.empty() ? "any" : mnc);
}

std::string TimeText(std::int64_t us) {
  if (us == INT64_MIN || us == INT64_MAX) return {};
  const WallTime at = FromMicros(us);
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  std::array<char, 64> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d.%06d+00",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
      static_cast<int>(time.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

Error Refusal(const Place& place, const std::string& label, std::string why, std::string advice) {
  return MakeError(label, std::move(why), std::move(advice), place);
}

Error Placed(Error error, const Place& place, const std::string& label) {
  for (const auto& [constraint, words] : kConstraints) {
    if (error.why.find(constraint) != std::string::npos) error.why = words;
  }
  error.place = place;
  error.doing = label;
  return error;
}

Outcome<std::string> ApplyRow(Pg& pg, const RowName& name, const std::vector<Column>& key,
                              const std::vector<Column>& columns, ApplyReport* report) {
  auto found = FindRow(pg, name, key, columns);
  if (!found) return Err{Placed(found.error(), name.place, name.label)};
  if (found->rows() == 0) {
    auto inserted = InsertRow(pg, name, key, columns);
    if (!inserted) return Err{Placed(inserted.error(), name.place, name.label)};
    report->added.push_back(name.label);
    return inserted->String(0, 0);
  }
  std::vector<Column> different;
  std::string differences;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const int at = 1 + 3 * static_cast<int>(i);  // same?, stored, described
    if (found->Bool(0, at)) continue;
    different.push_back(columns[i]);
    differences += (differences.empty() ? "" : ", ") + Difference(columns[i], *found, at);
  }
  const std::string id = found->String(0, 0);
  if (different.empty()) {
    ++report->same;
    return id;
  }
  auto updated = UpdateRow(pg, name, key, different);
  if (!updated) return Err{Placed(updated.error(), name.place, name.label)};
  report->changed.push_back(name.label + ": " + differences);
  return id;
}

}  // namespace hub::store
