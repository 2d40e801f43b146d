// Frames that tell who they are, written and read back: what the journal's tests share.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "server/journal/batch_writer.h"
#include "server/journal/folder.h"
#include "server/journal/frame_buffer.h"
#include "server/journal/reader.h"
#include "server/journal/spares.h"
#include "server/journal/tail.h"

namespace hub::journal {

inline constexpr const char* kFolder = "/journal";
inline constexpr std::int32_t kNode = 1;

// Sanitizers look at the code, not at every case of a long list: they take each n-th.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr std::size_t kEachOfLongLists = 16;
#else
inline constexpr std::size_t kEachOfLongLists = 1;
#endif

/// A frame's content follows from its tag: kind, length and octets.
inline std::size_t FillerOctets(std::uint64_t tag) { return tag * 2'654'435'761u % 601; }
inline std::uint8_t FillerAt(std::uint64_t tag, std::size_t i) {
  return static_cast<std::uint8_t>(tag + i * 7);
}
inline std::uint8_t KindOf(std::uint64_t tag) { return static_cast<std::uint8_t>(1 + tag % 254); }

inline void AppendTagged(std::uint64_t tag, FrameBuffer* to) {
  to->Begin(KindOf(tag));
  to->U64(tag);
  for (std::size_t i = 0; i < FillerOctets(tag); ++i) to->U8(FillerAt(tag, i));
  to->End();
}

/// Its tag; fails the test when any octet is not what AppendTagged writes.
inline std::uint64_t TagOf(const Frame& frame) {
  std::uint64_t tag = 0;
  if (frame.payload.size() < sizeof tag) return ADD_FAILURE() << "a frame without a tag", 0;
  std::memcpy(&tag, frame.payload.data(), sizeof tag);
  const smpp::Bytes filler = frame.payload.subspan(sizeof tag);
  bool same = filler.size() == FillerOctets(tag) && frame.kind == KindOf(tag);
  for (std::size_t i = 0; same && i < filler.size(); ++i) same = filler[i] == FillerAt(tag, i);
  EXPECT_TRUE(same) << tag;
  return tag;
}

struct ReadBack {
  std::vector<std::uint64_t> tags;
  std::vector<Position> ends;  // behind each
  std::string error;           // "" when all was read
};

inline ReadBack ReadAll(Reader* reader, Position end) {
  ReadBack all;
  Frame frame;
  for (;;) {
    auto next = reader->Next(end, &frame);
    if (!next) all.error = next.error().Text();
    if (!next || !*next) return all;
    all.tags.push_back(TagOf(frame));
    all.ends.push_back(frame.next);
  }
}

/// A journal's files as one start sees them, without threads.
struct OpenedFiles {
  std::unique_ptr<Folder> folder;
  Tail tail;
  ReadBack frames;
  std::string error;  // of opening or reading; "" when all is well

  static OpenedFiles Of(Disk* disk) {
    OpenedFiles opened;
    opened.error = opened.Open(disk);
    return opened;
  }

 private:
  std::string Open(Disk* disk) {
    auto opened = Folder::Open(disk, kFolder, kNode);
    if (!opened) return opened.error().Text();
    folder = std::move(opened).value();
    auto found = RecoverTail(disk, folder.get());
    if (!found) return found.error().Text();
    tail = *found;
    Reader reader(disk, folder.get(), folder->first_position());
    frames = ReadAll(&reader, tail.end);
    return frames.error;
  }
};

}  // namespace hub::journal
