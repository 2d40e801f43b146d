// What an operator should look at though nothing is wrong with it. Internal to apply*.cc.
#pragma once

#include <string>
#include <vector>

#include "server/store/apply.h"
#include "server/store/pg.h"

namespace hub::store {

/// "a, b, c and 14 more".
std::string ShortList(const std::vector<std::string>& names);

/// What is stored and not described, of the kinds of which the description has at least one: it stays as it is.
Outcome<Done> NoteUndescribed(Pg& pg, const Description& description, ApplyReport* report);

}  // namespace hub::store
