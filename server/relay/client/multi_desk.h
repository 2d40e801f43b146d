// submit_multi: one request for many destinations becomes a message each, and one answer.                SMPP v3.4 §4.5
//
//   OnMulti ─ block of ids ─► split, some a turn ─┬─ submit_sm to each address ─► Flow ─► OnPartEnd ─┬─ not the last one
//                                                 └─ distribution list: refused ─────────────────────┴─ all ended ─► submit_multi_resp
//
// Each message is routed, priced, limited, charged and kept as if it had come alone, with an id of its own. What its client
// sees, in the answer and in receipts, is the id of the block (ClientIdOf): no table says so, and no restart forgets it.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "protocol/pdu/multi_split.h"
#include "server/relay/client/front.h"
#include "server/relay/flow.h"

namespace hub::relay {

/// One loop's, for the customers' sessions of this loop. Each submit_multi is owed one answer, and waits for it in its session's
/// window, when all its messages have theirs:
///   ESME_ROK with the block's id and an entry for each destination refused; a message of a destination that is named
///                        by another id (the client sent it before: Dedupe) counts as refused with ESME_RTHROTTLED, so that
///                        it is asked for again alone, and then answered with that id
///   the status of all, if all were refused with one; ESME_RSUBMITFAIL if with several
///   ESME_RINVNUMDESTS    more than multi_destinations_max
///   ESME_RINVMSGLEN      its messages together would be more than multi_octets_max
///   ESME_RTHROTTLED      too many are open: see OpenMultis
class MultiDesk final : public PartEvents {
 public:
  MultiDesk(Context& context, Front& front, Flow& flow, MessageIdSource& ids, ShortIds& short_ids);

  /// `pdu` was judged by the session.
  void OnMulti(EsmeEntry& entry, const smpp::Header& header, const Slice& pdu);
  void OnPartEnd(SlotId multi, MessageId part, smpp::Status status, MessageId accepted) override;
  /// Once a turn, before streams are flushed.
  void EachTurn();

 private:
  // A PDU of few octets must not hold up the loop: so many messages of all submit_multi are begun in a turn, and so many of
  // one before those of another.
  static constexpr std::size_t kPartsPerTurn = 512, kPartsAtOnce = 16;

  struct End {
    smpp::Status status = smpp::Status::ESME_ROK;
    MessageId known_as = 0;  // by the client, of an accepted one
  };
  struct Multi {
    explicit Multi(const Slice& octets)
        : pdu(Slice::CopyOf(octets.bytes())), split(pdu.bytes()), ends(split.count()) {}

    SlotId session = 0;
    std::uint32_t sequence_number = 0;
    std::shared_ptr<ClientState> client;
    MessageId id = 0;  // of the block: the message of destination i has id + 1 + i
    Slice pdu;
    smpp::MultiSplit split;
    std::vector<End> ends;
    std::size_t begun = 0, ended = 0;
  };
  // Answered, and its client is told with this turn's flush: receipts may follow then.
  struct Answered {
    MessageId id;
    std::shared_ptr<ClientState> client;
  };

  bool Open(const EsmeEntry& entry, Multi& multi);  // false: too many are
  std::optional<MessageId> NextBlock(const EsmeEntry& entry, std::size_t messages);
  void Split();
  bool BeginNext(SlotId slot);  // false: that was its last one, and it may be gone
  void Begin(SlotId slot, const Multi& multi, MessageId part, const smpp::DestAddress& dest);
  void Answer(std::unique_ptr<Multi> multi);
  static MessageId AnswerIdOf(const Multi& multi);
  static smpp::Status RefusalOf(const Multi& multi);
  static std::vector<std::uint8_t> Response(const Multi& multi, MessageId id);

  Context& context_;
  Front& front_;
  Flow& flow_;
  MessageIdSource& ids_;
  ShortIds& short_ids_;
  SlotMap<std::unique_ptr<Multi>> multis_;
  std::deque<SlotId> splitting_;
  bool is_splitting_ = false;
  std::size_t parts_left_ = kPartsPerTurn;
  std::vector<Answered> answered_, flushed_;
};

}  // namespace hub::relay
