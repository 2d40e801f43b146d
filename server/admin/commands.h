// One line of JSON in, one line of JSON out. Commands are rows of commands.def.
//   {"command":"explain","args":{"client":"acme","source":"ACME","destination":"49151..."}}
//   {"ok":true,"result":{...}}   or   {"ok":false,"code":3,"error":{"text":"...","doing":"...","why":"..."}}
// Money is a decimal string. Numbers above 2^53 (ids) are strings too.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "server/admin/control.h"

namespace hub::admin {

/// One row of commands.def.
struct CommandInfo {
  std::string_view name, arguments, help;
};
std::span<const CommandInfo> AllCommands();

/// Answers one request, without the newline. Whatever the line holds: bad JSON and unknown commands get an error back.
std::string AnswerLine(HubControl& control, std::string_view line);

/// The requests hubctl sends. `args` of RequestLine(explain) come from the struct.
std::string RequestLine(std::string_view command);
/// The binds of one client.
std::string BindsLine(std::string_view system_id);
/// what_for: "drain supplier beta"; for the daemon's log.
std::string ReloadLine(std::string_view what_for);
std::string RequestLine(const ExplainRequest& request);
std::string RequestLine(const ExplainMoRequest& request);

}  // namespace hub::admin
