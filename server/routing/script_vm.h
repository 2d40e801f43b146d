// One Lua VM with one script in it: what the router calls. Nothing of Lua shows here.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "server/routing/router.h"

namespace hub::routing {

/// Some candidates of the message at hand, in an order.
struct CandidateSet {
  std::uint64_t members = 0;  // bit i: candidate i
  std::uint8_t count = 0;
  std::array<std::uint8_t, kCandidatesMax> index{};

  bool Has(std::uint8_t candidate) const { return (members >> candidate & 1) != 0; }
  void Add(std::uint8_t candidate) {
    if (Has(candidate)) return;
    members |= std::uint64_t{1} << candidate;
    index[count++] = candidate;
  }
};
static_assert(kCandidatesMax <= 64, "CandidateSet::members has 64 bits");

enum class ScriptFailure : std::uint8_t { kError, kBudget, kMemory };

/// What a hook said. Borrowed from the VM: good until its next call.
struct ScriptVerdict {
  enum Act : std::uint8_t { kDefault, kChose, kRejected, kFailed } act = kDefault;
  ScriptFailure failure = ScriptFailure::kError;  // kFailed
  smpp::Status status{};                          // kRejected: to answer; ESME_ROK: the default one
  std::string_view text;                          // kRejected: reason; kFailed: "rule.lua:12: ..."
  const CandidateSet* chosen = nullptr;           // kChose
};

/// One thread. A failed call leaves it as good as new, but for what the script itself keeps: after kMemory load anew.
class ScriptVm {
 public:
  /// Compiles and runs the top level. Error: place "rule.lua:12", or the file's name.
  static Outcome<std::unique_ptr<ScriptVm>> Load(const Script& script);
  ~ScriptVm();
  ScriptVm(const ScriptVm&) = delete;
  ScriptVm& operator=(const ScriptVm&) = delete;

  bool has_on_submit() const;
  bool has_on_route() const;

  /// Decision::number() and network stand.
  ScriptVerdict OnSubmit(const Query& query, const RouteTables& tables, Decision* decision);
  /// Candidates stand too. The decision itself is not changed. Where there is an on_submit, it has been called for the
  /// same message before: what is kept of m is that message's.
  ScriptVerdict OnRoute(const Query& query, const RouteTables& tables, Decision* decision);

  std::size_t heap_octets() const;
  /// false: no call of this script can pass instructions_max, so the hook is off.
  bool counts_instructions() const;
  std::size_t system_blocks() const;  // that it had to ask the system for, so far: none when warm

 private:
  struct Impl;
  explicit ScriptVm(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hub::routing
