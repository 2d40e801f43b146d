// query_sm of a message that a supplier has, and that has no final state here yet: the supplier is asked.
//
//   Ask ─ may it be asked, room, the client's rate ─► job ─► link ─► OnRelayed ─┬─ its word ──────────────► QueryTold
//                                                   └─ query_wait is over ──────┴─ an error, no answer ───► QueryTold, without
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "protocol/pdu/query_sm.h"
#include "server/relay/attempts.h"
#include "server/relay/client/front.h"
#include "server/relay/context.h"

namespace hub::relay {

/// One query_sm of a client, which is owed an answer.
struct ClientQuery {
  SlotId session = 0;
  std::uint32_t sequence_number = 0;
  std::int64_t client_id = 0;
  MessageId message_id = 0;
  std::string asked_id;     // as it was written, and is answered
  std::string source_addr;  // "": not told
};

/// Called on the loop.
class QueryTold {
 public:
  virtual ~QueryTold() = default;
  /// Once for each Ask that returned true, or is about to. `said`: the supplier's word, good for the call; null: it has none.
  /// `own`: as it was given to Ask.
  virtual void OnTold(const ClientQuery& query, const store::MessageFate& own,
                      const smpp::QuerySmResp* said) = 0;
};

/// One loop's. Each question holds one of relay.query_relayed_max places until its link has ended it, and one turn of its
/// client's rate.
class QueryRelay final {
 public:
  QueryRelay(Context& context, Front& front, JobSender& sender, QueryTold& told);

  /// Asks the supplier of the message. False: nobody is asked, for its supplier may not be, has no link with room, or there are
  /// too many already.
  ///
  /// own   what we know of a message of this client; one that is final or waits here is asked of nobody
  /// cost  of a message that is asked about: some allocations, a PDU, a job
  bool Ask(const ClientQuery& query, const store::MessageFate& own);
  /// One for each job that was sent.
  void OnRelayed(const SubmitResult& result);

 private:
  struct Asked {
    ClientQuery query;
    store::MessageFate own;
    TimePoint give_up{};
    bool told = false;  // its time was over; the link has it still
  };

  const SupplierEntry* SupplierFor(const ClientQuery& query, const store::MessageFate& own) const;
  bool TakeTurn(const ClientQuery& query);
  void Tell(Asked& asked, const smpp::QuerySmResp* said);
  void GiveUp();
  void ArmTimer();

  Context& context_;
  Front& front_;
  JobSender& sender_;
  QueryTold& told_;
  SlotMap<std::unique_ptr<Asked>> asked_;
  std::set<std::pair<TimePoint, SlotId>> give_ups_;  // of those that are not told
  Timer timer_;
};

}  // namespace hub::relay
