// The declarative file of `hubctl apply`: clients, suppliers, networks, decks as TOML. README.md shows the format.
#pragma once

#include <string>
#include <string_view>

#include "server/config/toml_reader.h"
#include "server/store/description.h"

namespace hub::admin {

/// Every error comes back, each with its place: wrong types, unknown keys, ranges, what stands twice, money that is no
/// string. What only PostgreSQL can know (a deck that is named but not described) is judged by Apply. No error text holds a
/// password.
Result<store::Description, Errors> ParseDescription(std::string_view text, const std::string& name);
Result<store::Description, Errors> LoadDescription(const std::string& path);

}  // namespace hub::admin
