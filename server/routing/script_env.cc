// The globals of a script: an empty table whose reads fall through to the script's own globals, then to the
// builtins, then to an error; whose writes are checked. Nothing that can be reached from it can be changed.
//
//   _ENV (empty) --__index--> own (filled by the top level) --__index--> builtins --__index--> "unknown global"
//        \--__newindex--> top level: own; later: error
#include <cstring>

#include "server/routing/script_state.h"

namespace hub::routing {
namespace {

constexpr const char kOwnGlobals[] = "hub.own_globals";  // in the registry

const char* NameAt(lua_State* L, int index) {
  return lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : "?";
}

int UnknownGlobal(lua_State* L) noexcept {
  return luaL_error(L, "unknown global '%s'", NameAt(L, 2));
}

// Upvalues: own globals, builtins.
int NewGlobal(lua_State* L) noexcept {
  if (!StateOf(L).loading) {
    return luaL_error(L, "global '%s' assigned while a message is routed (is a 'local' missing?)",
                      NameAt(L, 2));
  }
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL) {
    return luaL_error(L, "'%s' is the hub's and cannot be assigned", NameAt(L, 2));
  }
  lua_settop(L, 3);
  lua_rawset(L, lua_upvalueindex(1));
  return 0;
}

int ReadOnly(lua_State* L) noexcept {  // upvalue: the name
  return luaL_error(L, "%s is read-only (assigning '%s')", lua_tostring(L, lua_upvalueindex(1)),
                    NameAt(L, 2));
}

int NoField(lua_State* L) noexcept {  // upvalue: the name
  return luaL_error(L, "%s has no field '%s'", lua_tostring(L, lua_upvalueindex(1)), NameAt(L, 2));
}

void SetClosure(lua_State* L, const char* event, lua_CFunction function, const char* name) {
  lua_pushstring(L, name);
  lua_pushcclosure(L, function, 1);
  lua_setfield(L, -2, event);
}

}  // namespace

void PushMetatable(lua_State* L, ObjectKind kind, const char* name) {
  lua_newtable(L);
  SetClosure(L, "__newindex", ReadOnly, name);
  lua_pushvalue(L, -1);
  StateOf(L).metatables[static_cast<std::size_t>(kind)] = luaL_ref(L, LUA_REGISTRYINDEX);
}

void Freeze(lua_State* L, const char* name) {
  lua_newtable(L);  // a typo in a library's name is an error too: "string has no field 'rep'"
  SetClosure(L, "__index", NoField, name);
  lua_setmetatable(L, -2);
  lua_newtable(L);  // the proxy
  lua_newtable(L);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  SetClosure(L, "__newindex", ReadOnly, name);
  lua_setmetatable(L, -2);
  lua_remove(L, -2);
}

void SealGlobals(lua_State* L) {
  const int builtins = lua_gettop(L);
  lua_newtable(L);
  lua_pushcfunction(L, UnknownGlobal);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, builtins);

  lua_newtable(L);  // own
  const int own = lua_gettop(L);
  lua_newtable(L);
  lua_pushvalue(L, builtins);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, own);
  lua_pushvalue(L, own);
  lua_setfield(L, LUA_REGISTRYINDEX, kOwnGlobals);

  lua_newtable(L);  // _ENV
  lua_newtable(L);
  lua_pushvalue(L, own);
  lua_setfield(L, -2, "__index");
  lua_pushvalue(L, own);
  lua_pushvalue(L, builtins);
  lua_pushcclosure(L, NewGlobal, 2);
  lua_setfield(L, -2, "__newindex");
  lua_setmetatable(L, -2);
  lua_replace(L, builtins);
  lua_settop(L, builtins);
}

void PushScriptGlobal(lua_State* L, const char* name) {
  lua_getfield(L, LUA_REGISTRYINDEX, kOwnGlobals);
  lua_pushstring(L, name);
  lua_rawget(L, -2);
  lua_remove(L, -2);
}

const char* StrayHook(lua_State* L) {
  lua_getfield(L, LUA_REGISTRYINDEX, kOwnGlobals);
  const char* stray = "";
  for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
    const char* name = NameAt(L, -2);
    const bool is_hook = std::strcmp(name, "on_submit") == 0 || std::strcmp(name, "on_route") == 0;
    if (std::strncmp(name, "on_", 3) == 0 && !is_hook) stray = name;  // the table keeps it alive
    if (is_hook && !lua_isfunction(L, -1)) stray = name;
  }
  lua_pop(L, 1);
  return stray;
}

}  // namespace hub::routing
