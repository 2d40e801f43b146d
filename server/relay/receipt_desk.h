// Receipts find their messages here: on the home loop of their supplier, in bounded memory.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/relay/context.h"
#include "server/relay/records.h"

namespace hub::relay {

/// Where a receipt goes on: to a loop where the client receives, or back as an answer. Implemented by the relay.
class ReceiptRoutes {
 public:
  virtual ~ReceiptRoutes() = default;
  virtual void SendDelivery(DeliverJob job) = 0;
  virtual void SendAnswer(const AnswerSupplier& answer) = 0;
};

class ReceiptDesk final {
 public:
  ReceiptDesk(Context& context, Records& records, ReceiptRoutes& routes);

  /// A response came: its receipt may follow, or wait here already.
  void OnCorrelate(Correlate correlate);
  void OnReceipt(ReceiptJob job);
  /// The client answered a receipt that was sent to it.
  void OnDelivered(const ReceiptDelivered& delivered);

  std::size_t correlated() const { return waiting_.size(); }
  std::size_t parked() const { return parked_now_; }

 private:
  struct Waiting {
    MessageId message_id = 0;
    std::shared_ptr<ClientState> client;
    std::uint8_t registered_delivery = 0;
    std::string destination_addr;
    bool outcome_known = false;  // a final state was recorded: later ones change nothing
    bool delivering = false;     // a final receipt is with the client: a second one must wait
  };
  struct Parked {
    ReceiptJob job;
    std::vector<std::string> keys;
    TimePoint give_up;
    bool done = false;
  };
  using Key = std::string;  // supplier_id and the canonical id

  std::vector<Key> KeysOf(const ReceiptJob& job) const;
  /// What the receipt is about: the message that its id names as it stands, else one that another reading of the id
  /// names and whose number the receipt is about. Null when there is none.
  Waiting* Find(const std::vector<Key>& keys, const ReceiptJob& job, Key* hit);
  void Handle(const ReceiptJob& job, const Key& key, Waiting& waiting);
  void Park(ReceiptJob job, std::vector<Key> keys);
  void Unpark(const Key& key);
  void DropExpired();
  void Forget(Parked& parked);
  void DropOldest();
  void Answer(const ReceiptJob& job, smpp::Status status);

  Context& context_;
  Records& records_;
  ReceiptRoutes& routes_;
  std::unordered_map<Key, Waiting> waiting_;
  std::deque<std::pair<Key, MessageId>> order_;  // of arrival: the oldest is forgotten first
  std::deque<std::shared_ptr<Parked>> parked_;
  std::unordered_multimap<Key, std::shared_ptr<Parked>> parked_by_key_;
  std::size_t parked_now_ = 0;
  Timer park_timer_;
};

}  // namespace hub::relay
