// Settings of hub.toml as the structs that relay, store and routing take.
#pragma once

#include "server/access/guard.h"
#include "server/access/password_pool.h"
#include "server/config/settings.h"
#include "server/net/loop.h"
#include "server/relay/limits.h"
#include "server/routing/router.h"
#include "server/store/store.h"

namespace hub::relay {

/// loops: how many share the limits of the process.
Limits LimitsOf(const Settings& settings, unsigned loops);
/// An entry of access.unlimited_from that cannot be read makes it an empty list: BadNetwork tells it before.
access::GuardLimits GuardLimitsOf(const Settings& settings);
access::PoolLimits PoolLimitsOf(const Settings& settings);
/// What is wrong with access.unlimited_from; "": nothing.
std::string BadNetwork(const Settings& settings);
/// A client that journal.durability = "none" cannot serve, for its messages would be ours and kept nowhere; "": none.
std::string NeedsJournal(const Settings& settings, const store::Catalog& catalog);
store::Options StoreOptionsOf(const Settings& settings);
routing::ScriptOptions ScriptOptionsOf(const Settings& settings);
/// The files of smpp.tls_listen.
net::TlsServerFiles TlsFilesOf(const Settings& settings);
/// What stands in front of a listener's sessions, of one loop of `loops`; without its certificate.
net::ListenOptions ListenOptionsOf(const Settings& settings, const std::string& proxy_protocol,
                                   unsigned loops);

}  // namespace hub::relay
