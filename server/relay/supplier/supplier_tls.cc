#include "server/relay/supplier/supplier_tls.h"

#include <utility>

#include "server/telemetry/log.h"

namespace hub::relay {
namespace {

std::string KeyOf(const store::SupplierBindRow& bind) {
  const bool verify = bind.tls == store::SupplierTls::kVerify;
  return (verify ? "verify\n" : "insecure\n") + bind.tls_ca + "\n" + bind.tls_certificate + "\n" +
         bind.tls_key;
}

}  // namespace

// Files that no bind names any more are forgotten.
SupplierTlsFiles::Reading::~Reading() { files_.good_ = std::move(read_); }

net::TlsContextPtr SupplierTlsFiles::Reading::Of(const store::SupplierRow& supplier,
                                                 const store::SupplierBindRow& bind) {
  if (bind.tls == store::SupplierTls::kOff) return nullptr;
  const auto [place, fresh] = read_.try_emplace(KeyOf(bind));
  if (!fresh) return place->second;
  auto context = net::TlsContext::ForClient({.verify = bind.tls == store::SupplierTls::kVerify,
                                             .ca = bind.tls_ca,
                                             .certificate = bind.tls_certificate,
                                             .key = bind.tls_key,
                                             .names = "supplier " + supplier.name + ": bind tls_"});
  if (context) return place->second = std::move(context).value();
  Log(Event::supplier_tls_unusable, {{"supplier", supplier.name}, {"why", context.error().Text()}});
  const auto before = files_.good_.find(place->first);
  if (before != files_.good_.end()) place->second = before->second;
  return place->second;
}

}  // namespace hub::relay
