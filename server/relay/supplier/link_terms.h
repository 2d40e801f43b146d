// What the rows of a supplier and its bind say, in the words of those who keep to it.
#pragma once

#include "server/relay/limits.h"
#include "server/relay/snapshot.h"
#include "server/relay/supplier/bind_pace.h"
#include "server/session/smsc_session.h"

namespace hub::relay {

/// Of the sessions of a link: its window and the supplier's response timeout, and else as all suppliers.
SessionLimits LimitsOf(const Limits& limits, const LinkState& state);
/// Where it binds and as whom.
SmscBind BindOf(const store::SupplierBindRow& row);
BindPaceLimits PaceOf(const Limits& limits, const LinkState& state);

}  // namespace hub::relay
