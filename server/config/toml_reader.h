// Reads one TOML table by asking for its keys. Whatever is wrong is collected, with its place; what nobody asked for is an error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/clock.h"
#include "server/base/error.h"
#include "server/config/toml.h"

namespace hub {

using Errors = std::vector<Error>;

/// All of them, one a line, each with its newline.
std::string Text(const Errors& errors);

/// The known word nearest to `word`, when it is near enough to be a slip of the fingers; else "".
std::string_view NearestWord(std::string_view word, const std::vector<std::string_view>& known);

/// Where the errors of one file go.
class TomlReport {
 public:
  explicit TomlReport(std::string file) : file_(std::move(file)) {}  // "hub.toml"

  void Add(TomlPlace place, std::string what, std::string why, std::string advice = {});
  bool empty() const { return errors_.empty(); }
  /// All of them, in order of their places.
  Errors Take();
  std::string PlaceText(TomlPlace place) const;

 private:
  struct Located {
    TomlPlace place;
    Error error;
  };
  std::string file_;
  std::vector<Located> errors_;
};

/// One table. Each getter answers nullopt when the key is absent or when its value is bad (then it was reported).
/// Borrows the tree and the report. Call Finish when all keys were asked for.
class TomlReader {
 public:
  /// `path` is how an error calls this table: "client" gives "client.system_id"; "" the file's top.
  TomlReader(const TomlValue& table, std::string path, TomlReport& report)
      : table_(table), path_(std::move(path)), report_(report) {}

  std::optional<std::string> Text(std::string_view key, std::size_t octets_min,
                                  std::size_t octets_max);
  std::optional<std::int64_t> Integer(std::string_view key, std::int64_t min, std::int64_t max);
  std::optional<bool> Boolean(std::string_view key);
  std::optional<WallTime> Moment(std::string_view key);
  /// A list of strings, each within the bounds.
  std::vector<std::string> Texts(std::string_view key, std::size_t octets_min,
                                 std::size_t octets_max);
  /// The tables of [[key]]; each with the path `path.key`.
  std::vector<TomlReader> Tables(std::string_view key);
  /// The one table of [key].
  std::optional<TomlReader> Table(std::string_view key);
  /// Any kind of value, unjudged; nullptr when absent.
  const TomlMember* Any(std::string_view key);

  /// Reports that a key is missing.
  void Require(std::string_view key);
  /// Reports a value that was read but makes no sense.
  void Refuse(std::string_view key, std::string why, std::string advice = {});
  /// Reports every key that nobody asked for. Once, at the end.
  void Finish();

  TomlPlace place() const { return table_.place; }
  TomlPlace PlaceOf(std::string_view key) const;  // of its value; of the table when absent
  std::string place_text() const { return report_.PlaceText(place()); }
  TomlReport& report() { return report_; }

 private:
  const TomlValue* Expect(std::string_view key, TomlKind kind);
  std::string PathOf(std::string_view key) const;

  const TomlValue& table_;
  std::string path_;
  TomlReport& report_;
  std::vector<std::string_view> asked_;  // keys are literals of ours
};

}  // namespace hub
