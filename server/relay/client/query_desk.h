// query_sm: a customer asks what became of its message.                            SMPP v3.4 §4.8
//
//   OnQuery ─ id, room ─► gathered ─(tick)─ fence in the journal ─► settled? ─► PostgreSQL ─► whose is it? ─┬──► query_sm_resp
//                                                    not final, and its supplier may be asked: QueryRelay ◄─┘         ▲
//                                                                                                     └───────────────┘
//
// PostgreSQL is asked when it has settled all that was written before the question: so a message whose ESME_ROK the customer
// has is known, and a final state whose receipt it has is told here too. The price is one interval of settlement.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "protocol/pdu/query_sm.h"
#include "server/relay/client/front.h"
#include "server/relay/client/query_relay.h"
#include "server/relay/context.h"
#include "server/relay/records.h"

namespace hub::relay {

/// One loop's, for the customers' sessions of this loop. Each query is owed one answer, and waits for it in its session's window.
class QueryDesk final : private QueryTold {
 public:
  QueryDesk(Context& context, Front& front, Records& records, JobSender& sender);

  /// Answers now or later: query_sm_resp with the state, or
  ///   ESME_RINVMSGID   no message of this customer and source_addr has the id, or it is a broadcast
  ///   ESME_RTHROTTLED  query_waiting_max wait already
  ///   ESME_RQUERYFAIL  PostgreSQL could not tell within query_wait
  void OnQuery(EsmeEntry& entry, const smpp::Header& header, const Slice& pdu);
  /// One for each job that was sent.
  void OnRelayed(const SubmitResult& result) { relay_.OnRelayed(result); }

 private:
  // Those that one question asks for.
  struct Bunch {
    std::vector<ClientQuery> queries;
    journal::Ticket fence = 0;
    std::optional<journal::Position> below;  // what the fence covers; known when that is on disk
    TimePoint give_up{};
  };

  void Tick();
  bool IsSettled(Bunch& bunch) const;
  bool Ask(Bunch& bunch);  // false: no room among the questions
  void OnPage(const std::vector<ClientQuery>& queries, const store::FatePage& page);
  void OnTold(const ClientQuery& query, const store::MessageFate& own,
              const smpp::QuerySmResp* said) override;
  void Answer(const ClientQuery& query, const store::MessageFate& fate);
  void Send(EsmeSession& session, const ClientQuery& query, smpp::QuerySmResp& response);
  void Fail(const ClientQuery& query, smpp::Status status);
  EsmeSession* Asker(
      const ClientQuery& query);  // null when it is gone; the query is done in any case

  Context& context_;
  Front& front_;
  Records& records_;
  QueryRelay relay_;
  std::vector<ClientQuery> gathered_;
  std::deque<Bunch> bunches_;  // oldest first
  std::size_t waiting_ =
      0;  // ids to be asked for, those that were included: a submit_multi has many
  Timer tick_;
};

}  // namespace hub::relay
