#include "tests/support/fake_journal.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace hub::test {

journal::Ticket FakeJournal::Append(unsigned, journal::FrameBuffer* frames) {
  const smpp::Bytes octets = frames->octets();
  bunches_.emplace_back(octets.begin(), octets.end());
  const std::vector<std::uint8_t>& kept = bunches_.back();
  for (std::size_t at = 0; at < kept.size();) {
    std::uint32_t length = 0;  // of kind and payload
    std::memcpy(&length, kept.data() + at, sizeof length);
    const std::uint8_t* frame = kept.data() + at;
    frames_.push_back({static_cast<store::RecordKind>(frame[8]),
                       {frame + journal::kFrameHeaderOctets, length - 1}});
    at += journal::kFrameHeaderOctets - 1 + length;
  }
  frames->Clear();
  end_ += kept.size();
  ++appended_;
  if (!slow) Sync();
  return appended_;
}

void FakeJournal::Sync() {
  durable_ = appended_;
  durable_end_ = end_;
  wake();
}

bool FakeArchive::LoadMessages(store::MessageQuery query,
                               std::function<void(store::MessagePage)> done) {
  if (!room) return false;
  ++message_pages;
  refresh();
  store::MessagePage page;
  page.reachable = reachable;
  page.settled = settled();
  page.end = query.behind;
  for (const store::StoredMessage& each : messages) {
    if (!reachable || each.message_class != query.message_class) continue;
    if (std::pair(each.next_at_us, each.message_id) <=
        std::pair(query.behind.next_at_us, query.behind.message_id))
      continue;
    if (each.next_at_us > query.due_us) {
      if (!page.next_due_us && each.next_at_us != INT64_MAX) page.next_due_us = each.next_at_us;
    } else if (static_cast<std::int32_t>(page.messages.size()) < query.limit) {
      page.messages.push_back(each);
      page.end = {each.next_at_us, each.message_id};
    } else {
      page.more = true;
    }
  }
  Tell([done = std::move(done), page = std::move(page)] { done(page); });
  return true;
}

void FakeArchive::Tell(std::function<void()> answer) {
  held_.push_back(std::move(answer));
  if (!hold) AnswerHeld();
}

void FakeArchive::AnswerHeld() {
  for (const auto& answer : std::exchange(held_, {})) answer();
}

bool FakeArchive::LoadReceipts(store::ReceiptQuery query,
                               std::function<void(store::ReceiptPage)> done) {
  ++receipt_pages;
  refresh_receipts();
  store::ReceiptPage page;
  page.reachable = reachable;
  page.settled = settled();
  for (const auto& [client_id, receipt] : receipts) {
    if (!reachable || client_id != query.client_id || receipt.receipt_id <= query.after) continue;
    if (static_cast<std::int32_t>(page.receipts.size()) < query.limit) {
      page.receipts.push_back(receipt);
    } else {
      page.more = true;
    }
  }
  done(std::move(page));
  return true;
}

bool FakeArchive::Find(std::vector<store::UpstreamKey> keys,
                       std::function<void(store::FoundPage)> done) {
  ++finds;
  last_asked = keys;
  store::FoundPage page;
  page.reachable = reachable;
  for (const store::UpstreamKey& key : keys) {
    for (const store::FoundMessage& each : known) {
      if (reachable && each.asked.supplier_id == key.supplier_id && each.asked.key == key.key &&
          (key.older_days || each.message_id >= recent_from))
        page.found.push_back(each);
    }
  }
  done(std::move(page));
  return true;
}

bool FakeArchive::LoadByIds(std::vector<MessageId> ids,
                            std::function<void(store::OverduePage)> done) {
  store::OverduePage page;
  page.reachable = reachable;
  for (const store::OverdueMessage& each : overdue) {
    if (std::find(ids.begin(), ids.end(), each.message_id) != ids.end())
      page.messages.push_back(each);
  }
  done(std::move(page));
  return true;
}

bool FakeArchive::LoadFates(std::vector<MessageId> ids, std::function<void(store::FatePage)> done) {
  if (!room) return false;
  ++fate_pages;
  store::FatePage page;
  page.reachable = reachable;
  for (const store::MessageFate& each : fates) {
    if (reachable && std::find(ids.begin(), ids.end(), each.message_id) != ids.end())
      page.fates.push_back(each);
  }
  Tell([done = std::move(done), page = std::move(page)] { done(page); });
  return true;
}

bool FakeArchive::LoadChanges(std::vector<MessageId> ids,
                              std::function<void(store::ChangePage)> done) {
  if (!room) return false;
  ++change_pages;
  refresh();
  store::ChangePage page;
  page.reachable = reachable;
  page.settled = settled();
  for (const store::ChangeableMessage& each : changeable) {
    if (reachable && std::find(ids.begin(), ids.end(), each.message_id) != ids.end())
      page.messages.push_back(each);
  }
  Tell([done = std::move(done), page = std::move(page)] { done(page); });
  return true;
}

bool FakeArchive::FindOverdue(std::int32_t, std::function<void(store::OverduePage)> done) {
  ++overdue_pages;
  store::OverduePage page;
  page.reachable = reachable;
  if (reachable) page.messages = overdue;
  page.more = reachable && overdue_more;
  page.scan_cut = reachable && overdue_scan_cut;
  Tell([done = std::move(done), page = std::move(page)] { done(page); });
  return true;
}

bool FakeArchive::LoadWaiting(std::function<void(Waiting)> done) {
  Waiting waiting;
  waiting.reachable = reachable;
  done(std::move(waiting));
  return true;
}

}  // namespace hub::test
