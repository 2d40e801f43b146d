#include "server/store/migrate.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "server/store/pg.h"

namespace hub::store {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kStatementTimeoutMs = 600'000;  // a migration may rewrite a table
constexpr const char* kLock = "SELECT pg_advisory_lock(hashtext('smpphub migrate'))";

struct File {
  int version = 0;
  std::string name;  // "0002_decks.sql"
  std::string path;
};

Error FileError(const std::string& place, std::string why, std::string advice = {}) {
  return MakeError("read migrations", std::move(why), std::move(advice), place);
}

// 1..9999 from "NNNN_name.sql"; 0 when it is not of that form.
int VersionOf(const std::string& name) {
  if (name.size() < 10 || name[4] != '_') return 0;
  const bool digits =
      std::all_of(name.begin(), name.begin() + 4, [](char c) { return c >= '0' && c <= '9'; });
  return digits ? std::stoi(name.substr(0, 4)) : 0;
}

Outcome<std::vector<File>> ListFiles(const std::string& directory) {
  std::error_code code;
  std::vector<File> files;
  for (fs::directory_iterator it(directory, code), end; !code && it != end; it.increment(code)) {
    if (it->path().extension() != ".sql") continue;
    const std::string name = it->path().filename().string();
    const int version = VersionOf(name);
    if (version == 0) return Err{FileError(it->path().string(), "the name is not NNNN_name.sql")};
    files.push_back({version, name, it->path().string()});
  }
  if (code) return Err{FileError(directory, code.message())};
  if (files.empty()) return Err{FileError(directory, "no migration is there")};
  std::sort(files.begin(), files.end(),
            [](const File& a, const File& b) { return a.name < b.name; });
  for (std::size_t i = 0; i < files.size(); ++i) {
    const int expected = static_cast<int>(i) + 1;
    if (files[i].version == expected) continue;
    return Err{FileError(files[i].path, "number " + std::to_string(files[i].version) +
                                            " stands where " + std::to_string(expected) +
                                            " was expected: a gap, or a number twice")};
  }
  return files;
}

Outcome<std::string> ReadText(const File& file) {
  std::ifstream in(file.path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in.good() && !in.eof()) return Err{FileError(file.path, "cannot read it")};
  if (text.find('\0') != std::string::npos)
    return Err{FileError(file.path, "it holds a NUL octet")};
  return text;
}

Outcome<std::map<int, std::string>> ReadApplied(Pg& pg) {
  auto made = pg.RunFile(
      "ops.migration",
      "CREATE SCHEMA IF NOT EXISTS ops;"
      "CREATE TABLE IF NOT EXISTS ops.migration (version integer PRIMARY KEY, name text NOT NULL,"
      " sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())");
  if (!made) return Err{made.error()};
  auto rows = pg.Run("read ops.migration", "SELECT version, sha256 FROM ops.migration");
  if (!rows) return Err{rows.error()};
  std::map<int, std::string> applied;
  for (int i = 0; i < rows->rows(); ++i)
    applied[static_cast<int>(rows->Int(i, 0))] = rows->String(i, 1);
  return applied;
}

Outcome<std::string> ChecksumOf(Pg& pg, const std::string& text) {
  auto sum =
      pg.Run("sum up a migration", "SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex')", {text});
  if (!sum) return Err{sum.error()};
  return sum->String(0, 0);
}

Outcome<Done> ApplyFile(Pg& pg, const File& file, const std::string& text,
                        const std::string& checksum) {
  auto transaction = Transaction::Begin(pg);
  if (!transaction) return Err{transaction.error()};
  auto ran = pg.RunFile(file.path, text);
  if (!ran) return Err{ran.error()};
  auto noted = pg.Run("note a migration",
                      "INSERT INTO ops.migration (version, name, sha256) VALUES ($1, $2, $3)",
                      {ToParam(file.version), file.name, checksum});
  if (!noted) return Err{noted.error()};
  return transaction->Commit();
}

}  // namespace

Outcome<std::vector<std::string>> Migrate(const std::string& conninfo, const std::string& directory,
                                          const std::function<void(std::string_view)>& progress) {
  auto files = ListFiles(directory);
  if (!files) return Err{files.error()};
  auto pg = Pg::Connect({conninfo, "smpphub migrate", kStatementTimeoutMs});
  if (!pg) return Err{pg.error()};
  auto locked = pg->Run("wait for another migration to end", kLock);  // dies with the connection
  if (!locked) return Err{locked.error()};
  auto applied = ReadApplied(*pg);
  if (!applied) return Err{applied.error()};
  const int newest = applied->empty() ? 0 : applied->rbegin()->first;
  if (newest > files->back().version) {
    return Err{FileError(directory,
                         "the schema is at " + std::to_string(newest) + ", the files end at " +
                             std::to_string(files->back().version),
                         "run the hubctl that belongs to the newer schema")};
  }

  std::vector<std::string> ran;
  for (const File& file : *files) {
    auto text = ReadText(file);
    if (!text) return Err{text.error()};
    auto checksum = ChecksumOf(*pg, *text);
    if (!checksum) return Err{checksum.error()};
    const auto known = applied->find(file.version);
    if (known != applied->end()) {
      if (known->second == *checksum) continue;
      return Err{FileError(file.path, "it was changed after it was applied",
                           "put the applied text back and write a new migration")};
    }
    progress(file.name);
    auto done = ApplyFile(*pg, file, *text, *checksum);
    if (!done) return Err{done.error()};
    ran.push_back(file.name);
  }
  return ran;
}

Outcome<int> SchemaVersion(Pg& pg) {
  auto there = pg.Run("look for the schema", "SELECT to_regclass('ops.migration') IS NOT NULL");
  if (!there) return Err{there.error()};
  if (!there->Bool(0, 0)) return 0;
  auto version =
      pg.Run("read the schema's version", "SELECT coalesce(max(version), 0) FROM ops.migration");
  if (!version) return Err{version.error()};
  return static_cast<int>(version->Int(0, 0));
}

Outcome<Done> CheckSchema(Pg& pg) {
  auto version = SchemaVersion(pg);
  if (!version) return Err{version.error()};
  if (*version == kSchemaVersion) return Done{};
  Error error = MakeError("check the schema of the database", {});
  error.why = *version == 0 ? "it is not there"
                            : "it is at " + std::to_string(*version) + ", this build needs " +
                                  std::to_string(kSchemaVersion);
  error.advice =
      *version < kSchemaVersion ? "run: hubctl migrate" : "run the smpphubd that belongs to it";
  return Err{std::move(error)};
}

}  // namespace hub::store
