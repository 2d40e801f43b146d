// TLS of suppliers' binds: files become contexts, anew at each reload.
#pragma once

#include <map>
#include <string>

#include "server/net/tls.h"
#include "server/store/catalog.h"

namespace hub::relay {

/// Remembers what was good last, so that a file that goes bad takes nobody down. Control thread only.
class SupplierTlsFiles {
 public:
  /// One look at all files: binds with the same ones share a context, and each is read once.
  class Reading {
   public:
    explicit Reading(SupplierTlsFiles& files) : files_(files) {}
    ~Reading();
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

    /// Null for a plain bind, and for one whose files never were good: that is logged, and it stays down.
    net::TlsContextPtr Of(const store::SupplierRow& supplier, const store::SupplierBindRow& bind);

   private:
    SupplierTlsFiles& files_;
    std::map<std::string, net::TlsContextPtr> read_;
  };

 private:
  std::map<std::string, net::TlsContextPtr> good_;  // by what names the files
};

}  // namespace hub::relay
