#include "server/net/tls_engine.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "server/base/check.h"
#include "server/net/socket.h"
#include "server/net/tls_error.h"

namespace hub::net {

// OpenSSL's way to the octets. A memory BIO would copy them and keep its largest buffer for the life of the connection.
struct TlsBio {
  static int Read(BIO* bio, char* to, int length) noexcept {
    auto& engine = *static_cast<TlsEngine*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const std::size_t octets =
        std::min(engine.incoming_.size(), static_cast<std::size_t>(std::max(length, 0)));
    if (octets == 0) {
      BIO_set_retry_read(bio);
      return -1;
    }
    std::memcpy(to, engine.incoming_.data(), octets);
    engine.incoming_ = engine.incoming_.subspan(octets);
    return static_cast<int>(octets);
  }
  static int Write(BIO* bio, const char* from, int length) noexcept {
    auto& engine = *static_cast<TlsEngine*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (length > 0)
      engine.send_({reinterpret_cast<const std::uint8_t*>(from), static_cast<std::size_t>(length)});
    return length;
  }
  static long Control(BIO*, int command, long, void*) noexcept {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }
  static int Create(BIO* bio) noexcept {
    BIO_set_init(bio, 1);
    return 1;
  }
  static BIO_METHOD* Method() {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "hub octets");
      HUB_CHECK_SAY(made != nullptr, "no memory for TLS");
      BIO_meth_set_read(made, &Read);
      BIO_meth_set_write(made, &Write);
      BIO_meth_set_ctrl(made, &Control);
      BIO_meth_set_create(made, &Create);
      return made;
    }();
    return method;
  }
};

namespace {

// The name that must stand in the certificate. A numeric address has no SNI.                       RFC 6066 §3
// False for what is no name.
bool Expect(SSL* ssl, const std::string& name) {
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (ParseNumeric({name, 0})) {
    const bool brackets = name.front() == '[';
    const std::string address = brackets ? name.substr(1, name.size() - 2) : name;
    return X509_VERIFY_PARAM_set1_ip_asc(rules, address.c_str()) == 1;
  }
  return X509_VERIFY_PARAM_set1_host(rules, name.data(), name.size()) == 1 &&
         SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
}

}  // namespace

void TlsEngine::SslFree::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsEngine::TlsEngine(const TlsContext& context, const std::string& server_name,
                     std::function<void(Bytes)> send)
    : client_(!context.server()), send_(std::move(send)), ssl_(SSL_new(context.get())) {
  BIO* bio = BIO_new(TlsBio::Method());
  HUB_CHECK_SAY(ssl_ != nullptr && bio != nullptr, "no memory for TLS");
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_.get(), bio, bio);  // the SSL owns it
  if (!client_) {
    SSL_set_accept_state(ssl_.get());
    return;
  }
  SSL_set_connect_state(ssl_.get());
  // Nobody is asked whom nobody could name: the certificate would prove nothing.
  if (!Expect(ssl_.get(), server_name)) Fail("the server name is none");
}

TlsEngine::~TlsEngine() = default;

void TlsEngine::Start() {
  if (client_ && state_ == State::kHandshake) Handshake();
}

std::size_t TlsEngine::Take(Bytes cipher, MutableBytes room) {
  HUB_CHECK(room.size() >= cipher.size() + kRecordOctetsMax);
  if (state_ == State::kFailed || state_ == State::kEnded) return 0;
  incoming_ = cipher;
  std::size_t used = 0;
  if (state_ == State::kOpen || Handshake()) {
    while (state_ == State::kOpen) {
      ERR_clear_error();
      const int got =
          SSL_read(ssl_.get(), room.data() + used, static_cast<int>(room.size() - used));
      if (got <= 0) {
        Judge(got);
        break;
      }
      used += static_cast<std::size_t>(got);
    }
  }
  incoming_ = {};
  if (established_) {
    idle_octets_ = used > 0 ? 0 : idle_octets_ + cipher.size();
    if (idle_octets_ > kIdleOctetsMax) Fail("too many records without content");
    return used;
  }
  handshake_octets_ += cipher.size();
  if (handshake_octets_ > kHandshakeOctetsMax) Fail("the handshake is too long");
  return used;
}

// True when the connection is open afterwards.
bool TlsEngine::Handshake() {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  if (done != 1) {
    Judge(done);
    return false;
  }
  established_ = true;
  state_ = State::kOpen;
  return true;
}

bool TlsEngine::Write(Bytes plain) {
  HUB_CHECK(state_ == State::kOpen || state_ == State::kEnded);
  if (plain.empty()) return true;
  ERR_clear_error();
  const int written = SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
  if (written == static_cast<int>(plain.size())) return true;
  Fail(TakeTlsError());
  return false;
}

void TlsEngine::Goodbye() {
  if (!established_ || state_ == State::kFailed) return;
  ERR_clear_error();
  (void)SSL_shutdown(ssl_.get());  // 0: the peer has not answered, and need not
}

void TlsEngine::Judge(int returned) {
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return;
    case SSL_ERROR_ZERO_RETURN:
      state_ = State::kEnded;
      return;
    default:
      break;
  }
  std::string why = TakeTlsError();
  // "certificate verify failed" alone helps nobody.
  const long verified = SSL_get_verify_result(ssl_.get());
  if (verified != X509_V_OK && SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE) {
    why += std::string(": ") + X509_verify_cert_error_string(verified);
  }
  Fail(std::move(why));
}

void TlsEngine::Fail(std::string why) {
  if (state_ == State::kFailed) return;
  state_ = State::kFailed;
  failure_ = std::move(why);
}

TlsFacts TlsEngine::facts() const {
  if (!established_) return {{}, {}, failure_};
  return {SSL_get_version(ssl_.get()), SSL_get_cipher_name(ssl_.get()), failure_};
}

}  // namespace hub::net
