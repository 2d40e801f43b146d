#include "server/routing/lua_data.h"

#include <lua.hpp>
#include <memory>

#include "server/routing/script_error.h"
#include "server/routing/script_heap.h"

namespace hub::routing {
namespace {

constexpr std::size_t kHeapMax = 16u << 20;
constexpr int kInstructionsMax = 10'000'000;
constexpr int kDepthMax = 16;

struct CloseState {
  void operator()(lua_State* L) const { lua_close(L); }
};

void TooLong(lua_State* L, lua_Debug*) noexcept { luaL_error(L, "runs too long"); }

// Copies the value on top. Nothing here can raise a Lua error: raw reads of strings and integers only.
bool Copy(lua_State* L, int depth, LuaData* data) {
  switch (lua_type(L, -1)) {
    case LUA_TSTRING:
      data->kind = LuaData::kText;
      data->text = lua_tostring(L, -1);
      return true;
    case LUA_TNUMBER:
      data->kind = LuaData::kInteger;
      data->integer = lua_tointeger(L, -1);
      data->text = std::to_string(data->integer);
      return lua_isinteger(L, -1) != 0;
    case LUA_TBOOLEAN:
      data->kind = LuaData::kBoolean;
      data->boolean = lua_toboolean(L, -1) != 0;
      return true;
    case LUA_TTABLE:
      break;
    default:
      return false;
  }
  if (depth == kDepthMax || lua_checkstack(L, 4) == 0) return false;
  data->kind = LuaData::kTable;
  for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; ++i) {
    if (!Copy(L, depth + 1, &data->list.emplace_back())) return false;
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) continue;  // an element of the list
    if (!Copy(L, depth + 1, &data->fields[lua_tostring(L, -2)])) return false;
  }
  return true;
}

}  // namespace

Outcome<LuaData> ReadLuaData(const std::string& path) {
  ScriptHeap heap;
  heap.octets_max = kHeapMax;
  const std::unique_ptr<lua_State, CloseState> state(lua_newstate(ScriptAllocate, &heap));
  lua_State* L = state.get();
  lua_sethook(L, TooLong, LUA_MASKCOUNT, kInstructionsMax);
  // luaL_loadfilex names the file in full, and fails as a value; no global is there but an empty table.
  if (luaL_loadfilex(L, path.c_str(), "t") != LUA_OK || lua_pcall(L, 0, 1, 0) != LUA_OK) {
    Error error = ScriptError(path, lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "");
    error.doing = "load test";
    return Err{std::move(error)};
  }
  LuaData data;
  if (Copy(L, 0, &data) && data.kind == LuaData::kTable) return data;
  return Err{
      Error{.doing = "load test",
            .why = "returns something else than a table of texts, integers, booleans and tables",
            .place = path,
            .system_errno = 0,
            .sqlstate = {},
            .advice = {}}};
}

}  // namespace hub::routing
