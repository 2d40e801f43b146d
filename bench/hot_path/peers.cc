#include "bench/hot_path/peers.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "bench/hot_path/counters.h"
#include "protocol/pdu/answer.h"
#include "protocol/wire/framing.h"
#include "server/base/check.h"
#include "tests/support/smpp_peer.h"

namespace hub::bench {
namespace {

using enum smpp::CommandId;
using smpp::Status;

constexpr std::size_t kTextOctets = 100, kDigits = 8;
constexpr int kBufferOctets = 1 << 20;  // of a socket: a window goes at once

const std::string kText(kTextOctets, kHotPathMark);
const std::string kReceiptText(20, kHotPathMark);

std::vector<std::uint8_t> SubmitOf(const Load& load) {
  return test::Message(submit_sm, 0, "ACME", kPrefix + std::string(kDigits, '0'), kText,
                       load.receipts ? 1 : 0);
}

std::size_t NumberIn(const std::vector<std::uint8_t>& submit) {
  return smpp::AsText(submit).find(kPrefix) + std::size(kPrefix) - 1;
}

std::vector<std::uint8_t> ReceiptOf(std::uint32_t sequence_number, const smpp::MessageView& message,
                                    const std::string& upstream_id) {
  const std::string text = "id:" + upstream_id +
                           " sub:001 dlvrd:001 submit date:2611201200 done date:2611201201 "
                           "stat:DELIVRD err:000 text:" +
                           kReceiptText;
  smpp::DeliverSm receipt;
  receipt.source_addr = message.destination_addr;
  receipt.destination_addr = message.source_addr;
  receipt.esm_class = 0x04;
  receipt.short_message = smpp::AsBytes(text);
  return smpp::Encode(receipt, Status::ESME_ROK, sequence_number);
}

void EnlargeBuffers(const net::Socket& socket) {
  for (const int which : {SO_RCVBUF, SO_SNDBUF})
    setsockopt(socket.fd(), SOL_SOCKET, which, &kBufferOctets, sizeof kBufferOctets);
}

net::Socket Listen() {
  auto listener = net::OpenListener({"127.0.0.1", 0});
  HUB_CHECK_SAY(listener.ok(), "no port on loopback");
  EnlargeBuffers(*listener);
  return std::move(listener).value();
}

}  // namespace

// --- a connection ----------------------------------------------------------------------------------------------

void Line::Read() {
  in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(std::exchange(taken_, 0)));
  std::array<std::uint8_t, 1 << 16> octets;
  while (true) {
    const ssize_t got = recv(socket_.fd(), octets.data(), octets.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    HUB_CHECK_SAY(got > 0, "the hub closed a connection");
    in_.insert(in_.end(), octets.begin(), octets.begin() + got);
  }
}

smpp::Bytes Line::Next() {
  const smpp::Bytes left = smpp::Bytes(in_).subspan(taken_);
  const smpp::FrameCut cut = smpp::CutFrame(left, smpp::kPduOctetsMaxDefault);
  if (cut.cut != smpp::Cut::kPdu) return {};
  taken_ += cut.length;
  return left.first(cut.length);
}

void Line::Write() {
  if (out_.empty()) return;
  const ssize_t put = send(socket_.fd(), out_.data(), out_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  HUB_CHECK_SAY(put > 0 || errno == EAGAIN, "the hub closed a connection");
  if (put > 0) out_.erase(out_.begin(), out_.begin() + put);
}

// --- both ends -------------------------------------------------------------------------------------------------

Peers::Peers(const Load& load)
    : load_(load),
      submit_(SubmitOf(load)),
      number_at_(NumberIn(submit_)),
      listener_(Listen()),
      supplier_port_(net::LocalPort(listener_.fd())) {}

void Peers::ConnectTo(std::uint16_t hub_port) {
  const auto address = net::ParseNumeric({"127.0.0.1", hub_port});
  for (unsigned i = 0; i < load_.sessions; ++i) {
    net::Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EnlargeBuffers(socket);
    HUB_CHECK_SAY(connect(socket.fd(), address->get(), address->length) == 0, "no hub there");
    net::SetStreamOptions(socket.fd());
    clients_.emplace_back(std::move(socket));
    clients_.back().Put(test::Bind(bind_transceiver, 1, kClient, kPassword));
    clients_.back().Write();
  }
}

bool Peers::bound() const {
  return clients_bound_ == load_.sessions && links_bound_ == load_.sessions;
}

bool Peers::idle() const {
  const std::uint64_t receipts = load_.receipts ? submitted_ : 0;
  return answered_ == submitted_ && told_ == receipts && receipts_answered_ == receipts;
}

std::string Peers::State() const {
  return "submitted " + std::to_string(submitted_) + ", taken " + std::to_string(taken_) +
         ", answered " + std::to_string(answered_) + ", told " + std::to_string(told_) +
         ", receipts answered " + std::to_string(receipts_answered_);
}

void Peers::SubmitAll() {
  std::vector<std::uint8_t> submit = submit_;
  for (Line& line : clients_) {
    for (unsigned i = 0; i < load_.window; ++i) {
      const auto number = static_cast<std::uint32_t>(++submitted_);
      smpp::WriteU32(submit.data() + 12, number + 1);  // the bind had 1
      std::string digits = std::to_string(number);
      digits.insert(0, kDigits - digits.size(), '0');
      std::copy(digits.begin(), digits.end(), submit.data() + number_at_);
      line.Put(submit);
    }
    line.Write();
  }
}

void Peers::Serve() {
  AcceptSupplierLinks();
  for (std::size_t i = 0; i < links_.size(); ++i) {
    if (answered_ == submitted_) {
      links_[i].Put(receipts_[i]);
      receipts_[i].clear();
    }
    links_[i].Read();
    for (smpp::Bytes pdu = links_[i].Next(); !pdu.empty(); pdu = links_[i].Next())
      ServeSupplier(i, pdu);
    links_[i].Write();
  }
  for (Line& line : clients_) {
    line.Read();
    for (smpp::Bytes pdu = line.Next(); !pdu.empty(); pdu = line.Next()) ServeClient(line, pdu);
    line.Write();
  }
}

void Peers::AcceptSupplierLinks() {
  if (links_.size() == load_.sessions) return;
  net::Socket socket(accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!socket.open()) return;
  net::SetStreamOptions(socket.fd());
  links_.emplace_back(std::move(socket));
  receipts_.emplace_back();
}

void Peers::ServeClient(Line& line, smpp::Bytes pdu) {
  const smpp::Header header = smpp::ReadHeader(pdu.data());
  HUB_CHECK_SAY(header.command_status == Status::ESME_ROK, "the hub refused something");
  switch (header.command_id) {
    case bind_transceiver_resp:
      ++clients_bound_;
      return;
    case submit_sm_resp:
      ++answered_;
      return;
    case deliver_sm: {
      ++told_;
      std::array<std::uint8_t, smpp::kAnswerOctetsMax> answer;
      const std::size_t octets =
          smpp::WriteDeliverAnswer(answer.data(), Status::ESME_ROK, header.sequence_number);
      return line.Put(smpp::Bytes(answer).first(octets));
    }
    default:
      HUB_CHECK_SAY(false, "a client was sent what it does not know");
  }
}

void Peers::ServeSupplier(std::size_t link, smpp::Bytes pdu) {
  const smpp::Header header = smpp::ReadHeader(pdu.data());
  switch (header.command_id) {
    case bind_transceiver:
      ++links_bound_;
      return links_[link].Put(
          test::IdAnswer(bind_transceiver_resp, Status::ESME_ROK, header.sequence_number, "smsc"));
    case submit_sm:
      return TakeMessage(link, pdu);
    case deliver_sm_resp:
      HUB_CHECK_SAY(header.command_status == Status::ESME_ROK,
                    smpp::StatusName(header.command_status));
      ++receipts_answered_;
      return;
    default:
      HUB_CHECK_SAY(false, "the supplier was sent what it does not know");
  }
}

void Peers::TakeMessage(std::size_t link, smpp::Bytes pdu) {
  constexpr std::uint64_t kFirstId = 1'000'000'000;
  const std::uint32_t sequence_number = smpp::ReadHeader(pdu.data()).sequence_number;
  const std::string id = std::to_string(kFirstId + ++taken_);
  links_[link].Put(test::IdAnswer(submit_sm_resp, Status::ESME_ROK, sequence_number, id));
  if (!load_.receipts) return;
  const smpp::MessageView message = smpp::ViewMessage(submit_sm, pdu).value();
  const auto receipt = ReceiptOf(static_cast<std::uint32_t>(taken_), message, id);
  receipts_[link].insert(receipts_[link].end(), receipt.begin(), receipt.end());
}

}  // namespace hub::bench
