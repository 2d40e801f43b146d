// The days of messages, as statements name them.
#pragma once

#include <cstdint>
#include <vector>

#include "server/store/pg.h"

namespace hub::store {

/// The accept days of these messages, each once, for a parameter that is cast to date[]:
///
///     ... AND t.accept_day = ANY ($2::date[])
///
/// at each table that is kept by days. PostgreSQL takes a parameter as a constant when it plans a statement; what it knows only
/// when it runs it (accept_day = traffic.accept_day(...)) leaves every day that is kept to be planned for, and locked.
Param AcceptDays(const std::vector<std::int64_t>& message_ids);

}  // namespace hub::store
