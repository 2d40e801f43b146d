#include "server/routing/script_vm.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <string>

#include "server/base/check.h"
#include "server/routing/script_bound.h"
#include "server/routing/script_error.h"
#include "server/routing/script_state.h"

namespace hub::routing {
namespace {

int Panic(lua_State* L) noexcept {  // an error outside lua_pcall: ours
  HUB_CHECK_SAY(false, lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "Lua");
  return 0;
}

// What stands on the stack of a VM as long as it lives: a call copies it from there.
enum Place : int {
  kSubmitPlace = 1,
  kRoutePlace,
  kMessagePlace,
  kStandingPlace,
  kPlaces = kStandingPlace
};

void OnBudget(lua_State* L, lua_Debug*) noexcept;

// Stops a call that ran too long. Stays armed: whatever runs on is stopped at its next instruction.
// level: of the Lua function on the stack, 0 in a hook, 1 in a C function.
void RaiseBudget(lua_State* L, int level) {
  ScriptState& state = StateOf(L);
  state.over_budget = true;
  lua_sethook(L, OnBudget, LUA_MASKCOUNT, 1);
  luaL_where(L, level);
  lua_pushfstring(L, "more than %I instructions in one call",
                  static_cast<LUAI_UACINT>(state.instructions_max));
  lua_concat(L, 2);
  lua_error(L);
}

void OnBudget(lua_State* L, lua_Debug*) noexcept { RaiseBudget(L, 0); }

// places: 0 while the script is loaded, then kPlaces.
void StartCall(lua_State* L, int places) {
  ScriptState& state = StateOf(L);
  ++state.call;
  state.sets_used = 0;
  const bool was_over = state.over_budget;
  state.over_budget = false;
  state.c_work = 0;
  state.heap.StartCall();
  lua_settop(L, places);
  if (state.counts) {
    lua_sethook(L, OnBudget, LUA_MASKCOUNT, static_cast<int>(state.instructions_max));
  } else if (was_over) {
    lua_sethook(L, nullptr, 0, 0);
  }
}

int AddSize(lua_State*, const void*, std::size_t size, void* sum) noexcept {
  *static_cast<std::size_t*>(sum) += size;
  return 0;
}

// The chunk on top cannot run more instructions a call than instructions_max: then counting them is for nothing, and
// the hook costs as much as the rest of Lua.
bool IsShort(lua_State* L, const ScriptState& state, std::string_view source) {
  constexpr std::size_t kInstructionOctets = 4;
  std::size_t octets = 0;  // of instructions, and of all else that is dumped
  lua_dump(L, AddSize, &octets, 1);
  return octets / kInstructionOctets <= static_cast<std::size_t>(state.instructions_max) &&
         RunsStraight(source);
}

// Protected: argument 1 is the Script. Leaves _ENV in the chunk; returns what belongs to each Place.
int LoadProtected(lua_State* L) noexcept {
  const auto& script = *static_cast<const Script*>(lua_touserdata(L, 1));
  ScriptState& state = StateOf(L);
  lua_settop(L, 0);
  lua_newtable(L);
  OpenLibraries(L);
  OpenHelpers(L);
  OpenMessage(L);
  OpenCandidates(L);
  SealGlobals(L);
  lua_pushfstring(L, "@%s", FileName(script.path));
  if (luaL_loadbufferx(L, script.source.data(), script.source.size(), lua_tostring(L, -1), "t") !=
      LUA_OK) {
    return lua_error(L);
  }
  const bool is_short = IsShort(L, state, script.source);
  lua_pushvalue(L, 1);
  lua_setupvalue(L, -2, 1);  // the one upvalue of a main chunk is _ENV
  lua_call(L, 0, 0);
  state.loading = false;
  const char* stray = StrayHook(L);
  if (*stray != '\0')
    return luaL_error(L, "'%s' is no hook, or no function; hooks are on_submit and on_route",
                      stray);
  PushScriptGlobal(L, "on_submit");
  PushScriptGlobal(L, "on_route");
  state.has_on_submit = !lua_isnil(L, -2);
  state.has_on_route = !lua_isnil(L, -1);
  if (!state.has_on_submit && !state.has_on_route) {
    return luaL_error(L, "defines neither on_submit nor on_route");
  }
  if (is_short) {
    lua_sethook(L, nullptr, 0, 0);
    state.counts = false;
  }
  PushReference(L, state.message);
  PushReference(L, state.sets[0].reference);
  return kPlaces;
}

ScriptFailure KindOf(int code, const ScriptState& state) {
  if (code == LUA_ERRMEM) return ScriptFailure::kMemory;
  return state.over_budget ? ScriptFailure::kBudget : ScriptFailure::kError;
}

// What Lua left on the stack; for memory it has no place of its own.
std::string_view ErrorText(lua_State* L) {
  if (lua_type(L, -1) != LUA_TSTRING) return "error without a text";
  std::size_t length = 0;
  const char* text = lua_tolstring(L, -1, &length);
  return {text, length};
}

}  // namespace

void Charge(lua_State* L, std::size_t units) {
  ScriptState& state = StateOf(L);
  state.c_work += static_cast<std::int64_t>(units);
  if (state.c_work > state.instructions_max) RaiseBudget(L, 1);
}

struct ScriptVm::Impl {
  ScriptState state;
  lua_State* L = nullptr;
  std::string file;   // "rule.lua"
  std::string error;  // of the last failure, reused

  ~Impl() {
    if (L != nullptr) lua_close(L);
  }
  ScriptVerdict Fail(ScriptFailure failure, std::string_view text);
  ScriptVerdict Run(Place hook, const Query& query, const RouteTables& tables, Decision* decision);
  ScriptVerdict Read(const char* hook);
};

ScriptVm::ScriptVm(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ScriptVm::~ScriptVm() = default;

Outcome<std::unique_ptr<ScriptVm>> ScriptVm::Load(const Script& script) {
  auto impl = std::make_unique<Impl>();
  ScriptState& state = impl->state;
  impl->file = FileName(script.path);
  state.heap.octets_max = script.options.heap_octets_max;
  state.instructions_max = std::clamp<std::int64_t>(script.options.instructions_max, 1, INT_MAX);
  lua_State* L = impl->L = lua_newstate(ScriptAllocate, &state.heap);
  if (L == nullptr)
    return Err{ScriptError(script.path, impl->file + ": not enough memory (heap_octets_max)")};
  *static_cast<ScriptState**>(lua_getextraspace(L)) = &state;
  lua_atpanic(L, Panic);
  StartCall(L, 0);
  lua_pushcfunction(L, LoadProtected);
  lua_pushlightuserdata(L, const_cast<Script*>(&script));
  const int code = lua_pcall(L, 1, kPlaces, 0);
  if (code != LUA_OK) return Err{ScriptError(script.path, ErrorText(L))};
  return std::unique_ptr<ScriptVm>(new ScriptVm(std::move(impl)));
}

bool ScriptVm::counts_instructions() const { return impl_->state.counts; }
bool ScriptVm::has_on_submit() const { return impl_->state.has_on_submit; }
bool ScriptVm::has_on_route() const { return impl_->state.has_on_route; }
std::size_t ScriptVm::heap_octets() const { return impl_->state.heap.used; }
std::size_t ScriptVm::system_blocks() const { return impl_->state.heap.spare.asked(); }

ScriptVerdict ScriptVm::Impl::Fail(ScriptFailure failure, std::string_view text) {
  error.assign(text);
  if (error.compare(0, file.size(), file) != 0) error.insert(0, file + ": ");
  Scrub(state.query->source_addr, &error);
  Scrub(state.query->destination_addr, &error);
  Scrub(state.decision->number(), &error);
  return {.act = ScriptVerdict::kFailed, .failure = failure, .text = error};
}

// The value that a hook returned, on top of the stack.
ScriptVerdict ScriptVm::Impl::Read(const char* hook) {
  if (const CandidateSet* set = ToSet(L, -1); set != nullptr) {
    return {.act = ScriptVerdict::kChose, .chosen = set};
  }
  if (lua_isnil(L, -1)) return {};
  if (ToObject(L, -1, ObjectKind::kReject) != nullptr && state.reject_call == state.call) {
    return {.act = ScriptVerdict::kRejected,
            .status = state.reject_status,
            .text = {state.reject_text.data(), state.reject_length}};
  }
  return Fail(
      ScriptFailure::kError,
      fmt::format("{} returned a {}: neither nil, reject() nor a candidate set of this message",
                  hook, luaL_typename(L, -1)));
}

ScriptVerdict ScriptVm::Impl::Run(Place hook, const Query& query, const RouteTables& tables,
                                  Decision* decision) {
  const bool route = hook == kRoutePlace;
  state.query = &query;
  state.tables = &tables;
  state.decision = decision;
  if (!route || !state.has_on_submit) RefreshKept(L);
  StartCall(L, kPlaces);
  lua_pushvalue(L, hook);
  lua_pushvalue(L, kMessagePlace);
  if (route) {
    FillStanding(&state);
    lua_pushvalue(L, kStandingPlace);
  }
  const int code = lua_pcall(L, route ? 2 : 1, 1, 0);
  if (code != LUA_OK) return Fail(KindOf(code, state), ErrorText(L));
  return Read(route ? "on_route" : "on_submit");
}

ScriptVerdict ScriptVm::OnSubmit(const Query& query, const RouteTables& tables,
                                 Decision* decision) {
  return impl_->Run(kSubmitPlace, query, tables, decision);
}

ScriptVerdict ScriptVm::OnRoute(const Query& query, const RouteTables& tables, Decision* decision) {
  return impl_->Run(kRoutePlace, query, tables, decision);
}

}  // namespace hub::routing
