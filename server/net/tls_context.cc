#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "server/base/check.h"
#include "server/net/tls.h"
#include "server/net/tls_error.h"

namespace hub::net {
namespace {

// Forward secrecy and authenticated encryption only; TLS 1.3 has nothing else.
constexpr char kServerCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr long kCertificateChainOctetsMax = 32 * 1024;  // of a peer

struct ContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, ContextFree>;

Err<Error> Refusal(const std::string& names, std::string_view name, const std::string& file,
                   std::string why, std::string advice = {}) {
  return Err{
      Error{"read " + file, std::move(why), names + std::string(name), 0, "", std::move(advice)}};
}

// A key with a passphrase would make OpenSSL ask the terminal.
int NoPassphrase(char*, int, int, void*) noexcept { return -1; }

Context NewContext(const SSL_METHOD* method) {
  ERR_clear_error();
  Context context(SSL_CTX_new(method));
  HUB_CHECK_SAY(context != nullptr, "no memory for TLS");
  HUB_CHECK(SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) == 1);
  // Binds live for hours: a ticket would cost each handshake more than it ever saves, and a key to keep secret.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                         SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);  // an idle connection holds no buffer
  SSL_CTX_set_max_cert_list(context.get(), kCertificateChainOctetsMax);
  SSL_CTX_set_default_passwd_cb(context.get(), &NoPassphrase);
  return context;
}

Outcome<Done> LoadIdentity(SSL_CTX* context, const std::string& names,
                           const std::string& certificate, const std::string& key) {
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    return Refusal(names, "certificate", certificate, TakeTlsError());
  }
  struct stat status {};
  if (stat(key.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0) {
    return Refusal(names, "key", key, "is readable by everybody", "chmod o-r " + key);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return Refusal(names, "key", key, TakeTlsError());
  }
  return Done{};
}

Outcome<Done> LoadClientCa(SSL_CTX* context, const TlsServerFiles& files) {
  if (files.client_verify == ClientVerify::kOff) return Done{};
  const std::string& ca = files.client_ca;
  if (SSL_CTX_load_verify_file(context, ca.c_str()) != 1) {
    return Refusal(files.names, "client_ca", ca, TakeTlsError());
  }
  // Clients with several certificates choose by these names.
  SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(ca.c_str()));
  const bool required = files.client_verify == ClientVerify::kRequired;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     nullptr);
  return Done{};
}

// All of them ask clients for the same: only what is shown differs.
Outcome<Context> NewServerContext(const TlsServerFiles& files, const TlsIdentity& identity) {
  Context context = NewContext(TLS_server_method());
  HUB_CHECK(SSL_CTX_set_cipher_list(context.get(), kServerCiphers) == 1);
  auto loaded = LoadIdentity(context.get(), files.names, identity.certificate, identity.key);
  if (loaded) loaded = LoadClientCa(context.get(), files);
  if (!loaded) return Err{loaded.error()};
  return context;
}

bool Names(const SSL_CTX* context, const char* name) {
  X509* certificate = SSL_CTX_get0_certificate(context);
  return X509_check_host(certificate, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
}

// Further certificates belong to the context of the first one and die with it: a connection that began with it may outlive every
// TlsContext.
using Others = std::vector<Context>;

void FreeOthers(void*, void* others, CRYPTO_EX_DATA*, int, long, void*) noexcept {
  delete static_cast<Others*>(others);
}

int OthersIndex() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &FreeOthers);
  HUB_CHECK_SAY(index >= 0, "no memory for TLS");
  return index;
}

const Others* OthersOf(const SSL_CTX* context) {
  return static_cast<const Others*>(SSL_CTX_get_ex_data(context, OthersIndex()));
}

// A name that we have no certificate of gets the first one: whether that will do is for the client to say.            RFC 6066 §3
int OnServerName(SSL* ssl, int*, void*) noexcept {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const SSL_CTX* context = SSL_get_SSL_CTX(ssl);
  const Others* others = OthersOf(context);
  if (name == nullptr || others == nullptr || Names(context, name)) return SSL_TLSEXT_ERR_OK;
  const auto other = std::find_if(others->begin(), others->end(),
                                  [&](const Context& each) { return Names(each.get(), name); });
  if (other != others->end()) SSL_set_SSL_CTX(ssl, other->get());
  return SSL_TLSEXT_ERR_OK;
}

void ShowAlso(SSL_CTX* context, Others others) {
  HUB_CHECK(SSL_CTX_set_ex_data(context, OthersIndex(), new Others(std::move(others))) == 1);
  SSL_CTX_set_tlsext_servername_callback(context, &OnServerName);
}

// In seconds since 1970; 0: there is no certificate.
std::int64_t EndOf(const SSL_CTX* context) {
  const X509* certificate = SSL_CTX_get0_certificate(context);
  std::tm ends{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &ends) != 1) {
    return 0;
  }
  return timegm(&ends);
}

}  // namespace

TlsContext::TlsContext(ssl_ctx_st* context, bool server, bool verify)
    : context_(context), server_(server), verify_(verify) {}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

Outcome<TlsContextPtr> TlsContext::ForServer(const TlsServerFiles& files) {
  auto first = NewServerContext(files, {files.certificate, files.key});
  if (!first) return Err{first.error()};
  Others others;
  for (const TlsIdentity& identity : files.others) {
    auto other = NewServerContext(files, identity);
    if (!other) return Err{other.error()};
    others.push_back(std::move(*other));
  }
  if (!others.empty()) ShowAlso(first->get(), std::move(others));
  const bool verify = files.client_verify != ClientVerify::kOff;
  return TlsContextPtr(std::make_shared<TlsContext>(first->release(), true, verify));
}

Outcome<TlsContextPtr> TlsContext::ForClient(const TlsClientFiles& files) {
  Context context = NewContext(TLS_client_method());
  if (files.verify && files.ca.empty()) {
    HUB_CHECK(SSL_CTX_set_default_verify_paths(context.get()) == 1);
  } else if (files.verify && SSL_CTX_load_verify_file(context.get(), files.ca.c_str()) != 1) {
    return Refusal(files.names, "ca", files.ca, TakeTlsError());
  }
  SSL_CTX_set_verify(context.get(), files.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (!files.certificate.empty()) {
    auto loaded = LoadIdentity(context.get(), files.names, files.certificate, files.key);
    if (!loaded) return Err{loaded.error()};
  }
  return TlsContextPtr(std::make_shared<TlsContext>(context.release(), false, files.verify));
}

std::int64_t TlsContext::certificate_ends() const {
  std::int64_t first = EndOf(context_);
  const Others* others = OthersOf(context_);
  for (std::size_t i = 0; others != nullptr && i < others->size(); ++i) {
    first = std::min(first, EndOf((*others)[i].get()));
  }
  return first;
}

}  // namespace hub::net
