// The catalog, message and Router that one case of a *_test.lua describes.
#pragma once

#include <initializer_list>
#include <set>
#include <string>
#include <vector>

#include "server/routing/lua_data.h"
#include "server/routing/router.h"

namespace hub::routing {

const LuaData* Field(const LuaData& table, const char* name);  // nullptr: not there
/// "" or the name of a key that nobody reads: a typo must not make a test pass.
std::string CheckKeys(const LuaData& table, std::initializer_list<std::string_view> known);

class TestWorld {
 public:
  /// "" or what the description lacks.
  std::string Build(const LuaData& file, const LuaData& one, std::shared_ptr<const Script> script);

  const Decision& Decide();
  std::vector<std::string> Plan() const;
  std::string ScriptErrorText() const;  // "; script: rule.lua:3: ..." or ""
  void set_message_id(MessageId id) { query_.message_id = id; }

 private:
  struct Links final : Availability {
    std::set<std::uint32_t> down;
    bool IsUp(std::uint32_t supplier) const override { return !down.contains(supplier); }
  };
  std::string AddSupplier(const LuaData& row);
  std::string AddMessage(const LuaData& message);
  std::string AddPrice(std::int64_t deck_id, const std::string& price);

  store::Catalog catalog_;
  std::shared_ptr<const RouteTables> tables_;
  Router router_;
  Links links_;
  std::string source_, destination_;  // Query borrows them
  Query query_;
  Decision decision_;
};

}  // namespace hub::routing
