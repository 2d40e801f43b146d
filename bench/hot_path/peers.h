// Both ends of the hub, on sockets of this thread: clients that keep a window full, and a supplier that takes all and tells of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/net/socket.h"

namespace hub::bench {

/// One connection: what came and is no whole PDU yet, what has to go.
class Line {
 public:
  explicit Line(net::Socket socket) : socket_(std::move(socket)) {}

  /// Reads all there is. Ends the program when the hub closes.
  void Read();
  /// The next whole PDU; empty: none. Good until Read.
  smpp::Bytes Next();
  void Put(smpp::Bytes pdu) { out_.insert(out_.end(), pdu.begin(), pdu.end()); }
  /// Writes what has to go, or as much as the kernel takes.
  void Write();

 private:
  net::Socket socket_;
  std::vector<std::uint8_t> in_, out_;
  std::size_t taken_ = 0;  // of in_
};

struct Load {
  unsigned sessions = 4;  // of the client; the supplier has as many
  unsigned window = 250;  // of each: 1,000 in all
  bool receipts = false;
};

/// Who they are.
inline constexpr char kClient[] = "acme", kPassword[] = "secret", kPrefix[] = "49151";

class Peers {
 public:
  explicit Peers(const Load& load);

  std::uint16_t supplier_port() const { return supplier_port_; }
  void ConnectTo(std::uint16_t hub_port);
  /// Reads and answers, once; nobody waits.
  void Serve();
  /// Every session, on both sides.
  bool bound() const;
  /// Each client's window is filled; before that, nothing may be under way.
  void SubmitAll();
  /// Every message was answered and, if wanted, had its receipt, whose answer is with the supplier.
  bool idle() const;
  /// How far all of them are, for who finds that they do not come to their end.
  std::string State() const;
  std::uint64_t submitted() const { return submitted_; }

 private:
  void AcceptSupplierLinks();
  void ServeClient(Line& line, smpp::Bytes pdu);
  void ServeSupplier(std::size_t link, smpp::Bytes pdu);
  void TakeMessage(std::size_t link, smpp::Bytes pdu);

  const Load load_;
  const std::vector<std::uint8_t> submit_;
  const std::size_t number_at_;  // in submit_: the digits behind the prefix
  net::Socket listener_;
  std::uint16_t supplier_port_;
  std::vector<Line> clients_, links_;
  std::vector<std::vector<std::uint8_t>>
      receipts_;  // of each link: go when clients have all answers
  unsigned clients_bound_ = 0, links_bound_ = 0;
  std::uint64_t submitted_ = 0, answered_ = 0, taken_ = 0, told_ = 0, receipts_answered_ = 0;
};

}  // namespace hub::bench
