// What others need to know of TLS: contexts made of files, and what a stream tells of its own. No OpenSSL here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/error.h"

struct ssl_ctx_st;

namespace hub::net {

/// Whether a listener asks those who connect for a certificate.
enum class ClientVerify : std::uint8_t { kOff, kOptional, kRequired };

/// What a server shows.
struct TlsIdentity {
  std::string certificate{};  // PEM, with its chain
  std::string key{};          // PEM, without a passphrase; refused when everybody can read it
};

/// Files of a listener. `names` stands before "certificate", "key", "client_ca" when an error tells which one is meant.
struct TlsServerFiles {
  std::string certificate{}, key{};  // as in TlsIdentity
  std::string client_ca{};           // PEM; who may sign clients' certificates
  ClientVerify client_verify = ClientVerify::kOff;
  /// Shown to who asks for a name (SNI) that stands in them and not in the first. In this order.
  std::vector<TlsIdentity> others{};
  std::string names = "smpp.tls_";
};

/// Files of a connection that we open.
struct TlsClientFiles {
  bool verify = true;
  std::string ca{};                  // PEM; "": the system's
  std::string certificate{}, key{};  // PEM; "": we show none
  std::string names{};
};

/// What all connections of one side share. Immutable, any thread; a connection keeps the one that it began with.
class TlsContext {
 public:
  /// Reads the files. The error names the setting, the file, and what is wrong with it. Blocks for the disk.
  static Outcome<std::shared_ptr<const TlsContext>> ForServer(const TlsServerFiles& files);
  static Outcome<std::shared_ptr<const TlsContext>> ForClient(const TlsClientFiles& files);

  TlsContext(ssl_ctx_st* context, bool server, bool verify);  // takes the context over
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  bool server() const { return server_; }
  bool verify() const { return verify_; }
  ssl_ctx_st* get() const { return context_; }
  /// When the first of our certificates ends, in seconds since 1970; 0: there is none.
  std::int64_t certificate_ends() const;

 private:
  ssl_ctx_st* const context_;
  const bool server_;
  const bool verify_;
};
using TlsContextPtr = std::shared_ptr<const TlsContext>;

/// How to speak TLS to somebody we connect to.
struct TlsTarget {
  TlsContextPtr context{};  // a client's; never null when used
  // Looked for in the certificate, and sent as SNI unless it is a numeric address.
  std::string server_name{};
};

/// What a stream tells of its TLS. Borrowed from the stream.
struct TlsFacts {
  std::string_view version;  // "TLSv1.3"; "" without TLS, and before the handshake ended
  std::string_view cipher;   // "TLS_AES_256_GCM_SHA384"
  std::string_view failure;  // why it ended with kTlsFailed, in OpenSSL's words
};

}  // namespace hub::net
