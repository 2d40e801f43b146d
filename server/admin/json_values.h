// Internal to the folder: control.h's structs as JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "server/admin/control.h"

namespace hub::admin {

using Json = nlohmann::ordered_json;  // an operator reads it: order of writing, not of the alphabet

Json ToJson(const HubStatus& status);
Json ToJson(const BindInfo& bind);
Json ToJson(const ExplainResult& result);
Json ToJson(const ExplainRequest& request);
Json ToJson(const ExplainMoResult& result);
Json ToJson(const ExplainMoRequest& request);
Json ToJson(const Error& error);

/// One line; octets that are no UTF-8 become U+FFFD. Never throws.
std::string Line(const Json& json);

}  // namespace hub::admin
