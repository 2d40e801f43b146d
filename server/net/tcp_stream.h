// A TCP connection of one loop, plain or TLS: reads into the loop's slab, writes queued slices at the end of the turn.
#pragma once

#include <memory>
#include <string>

#include "server/net/event.h"
#include "server/net/input_buffer.h"
#include "server/net/network.h"
#include "server/net/output_queue.h"
#include "server/net/socket.h"
#include "server/net/tls_engine.h"

namespace hub::net {

class ConnectAttempt;
class LoopCore;

/// Owned by its LoopCore. The life of one: connecting -> open -> doomed (why is known; silent) -> dead (OnClosed
/// was called) -> freed at the end of that turn. Accepted ones begin open.
class TcpStream final : public Stream {
 public:
  TcpStream(LoopCore& core, const StreamLimits& limits, std::size_t place);
  ~TcpStream() override;

  /// Before Connecting, or in the turn of Accepted: octets travel through TLS. Without it nothing below knows of TLS but by one null
  /// pointer.
  void SpeakTls(const TlsContext& context, const std::string& server_name);

  /// An incoming connection: asks the acceptor who will use it. Null: nobody, drop the stream.
  StreamEvents* Accepted(Socket socket, std::string peer, const Acceptor& acceptor);
  /// An outgoing one: OnConnected or OnClosed(kConnectFailed) follows.
  void Connecting(const Address& address, StreamEvents& events);
  void Connected(Socket socket, std::string peer);
  void ConnectFailed(int system_errno);

  // Stream:
  void Write(Slice octets) override;
  void WriteCopy(Bytes octets) override;
  std::size_t queued_octets() const override {
    return output_.octets() + (tls_ == nullptr ? 0 : tls_->out.octets());
  }
  bool congested() const override { return congested_; }
  void SendNothingAhead() override;
  void PauseReading() override { paused_ = true; }
  void ResumeReading() override;
  void ReadMore() override;
  void Close() override { Doom(CloseCause::kOurs, 0); }
  void CloseAfterFlush() override;
  const std::string& peer() const override { return peer_; }
  TlsFacts tls() const override { return tls_ == nullptr ? TlsFacts{} : tls_->engine.facts(); }
  TimePoint last_received() const override { return last_received_; }

  // For the loop, within its turn:
  void FeedLeftOver();
  void Flush();
  void TellClosed();
  std::size_t place() const { return place_; }
  void set_place(std::size_t place) { place_ = place; }

 private:
  static void OnReadable(int fd, short what, void* self) noexcept;
  static void OnWritable(int fd, short what, void* self) noexcept;

  void Open(Socket socket, std::string peer);
  void Doom(CloseCause cause, int system_errno);
  bool Ended() const { return doomed_ || closing_; }
  bool InputFull() const { return input_.left_over_octets() >= limits_.input_octets_max; }
  void Read();
  std::size_t ReadSocket(MutableBytes room);
  void BeginTls();
  void ReadTls();
  void TakeCipher(Bytes cipher);
  void TlsEstablished();
  void EndTls();
  void TlsFailed();
  Flow WriteTls();
  bool EncryptSome();
  void CountTls();
  void Feed(const Slice& octets);
  void Queued();
  void MarkDirty();
  void WriteOut();
  void WriteFailed(int system_errno);
  void DrainInput();

  LoopCore& core_;
  const StreamLimits limits_;
  std::size_t place_;  // in the core's list of streams
  StreamEvents* events_ = nullptr;
  std::string peer_;
  Socket socket_;
  Event readable_;
  Event writable_;  // added only while the kernel takes no more
  InputBuffer input_;
  OutputQueue output_;  // plain octets
  struct Tls {
    Tls(const TlsContext& context, const std::string& server_name, CopySlab& slab)
        : engine(context, server_name,
                 [this, &slab](Bytes octets) { out.Push(slab.Copy(octets)); }) {}
    OutputQueue out;  // records for the socket
    TlsEngine engine;
    bool told = false;  // the end of the handshake
    bool goodbye = false;
  };
  std::unique_ptr<Tls> tls_;  // null: plain
  std::unique_ptr<ConnectAttempt> attempt_;
  Timer flush_deadline_;
  TimePoint last_received_;

  bool paused_ = false;   // by the user
  bool more_ = false;     // the left-over is to be given again, before new octets are read
  bool feeding_ = false;  // within OnOctets
  bool dirty_ = false;    // in the core's list
  bool congested_ = false;
  bool nothing_ahead_ = false;
  bool closing_ = false;  // CloseAfterFlush was called
  bool doomed_ = false;
  bool dead_ = false;
  int write_errno_ = 0;  // writing failed; what the peer still sent is read to its end first
  CloseCause cause_ = CloseCause::kOurs;
  int cause_errno_ = 0;
};

}  // namespace hub::net
