// The format, octet by octet: README.md shows the same example.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/journal/frame.h"
#include "server/journal/frame_buffer.h"
#include "server/journal/journal_id.h"
#include "server/journal/segment.h"
#include "tests/unit/server/journal/fake_disk.h"
#include "tests/unit/server/journal/written_journal.h"

namespace hub::journal {
namespace {

constexpr std::string_view kExampleId = "0b3c1b1e-5f0a-4d8e-9c67-2f1d3a4b5c6d";
constexpr std::uint64_t kExampleOctets = kSegmentHeaderOctets + 512;

constexpr std::string_view kExampleHeader =
    "53 4d 50 50 48 55 42 4a 01 00 00 00 01 00 00 00 07 00 00 00 00 00 00 00 "
    "0b 3c 1b 1e 5f 0a 4d 8e 9c 67 2f 1d 3a 4b 5c 6d 00 00 00 00 00 00 00 00 ";
constexpr std::string_view kExampleHeaderCrc = "95 0e d8 40 ";
constexpr std::string_view kExampleFirstMark =
    "29 00 00 00 d9 85 1f 50 ff 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
    "12 00 00 00 00 00 00 00 0b 3c 1b 1e 5f 0a 4d 8e 9c 67 2f 1d 3a 4b 5c 6d ";
constexpr std::string_view kExampleFrame = "0a 00 00 00 16 82 35 13 02 05 00 00 00 68 65 6c 6c 6f ";
constexpr std::string_view kExampleLastMark =
    "29 00 00 00 26 34 1b 54 ff 43 00 00 00 00 00 00 00 43 00 00 00 00 00 00 00 "
    "00 00 00 00 00 00 00 00 0b 3c 1b 1e 5f 0a 4d 8e 9c 67 2f 1d 3a 4b 5c 6d ";

std::string Hex(smpp::Bytes octets) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t octet : octets) {
    text += kDigits[octet >> 4];
    text += kDigits[octet & 0x0f];
    text += ' ';
  }
  return text;
}

FrameBuffer Hello() {
  FrameBuffer frames;
  frames.Begin(2);
  frames.Blob("hello");
  frames.End();
  return frames;
}

TEST(Format, EqualsTheWorkedExample) {
  FakeDisk disk;
  const std::string id_line = "smpphub-journal " + std::string(kExampleId) + " node 1\n";
  disk.SetContent("/journal/id", {id_line.begin(), id_line.end()});
  auto folder = Folder::Open(&disk, kFolder, kNode);
  ASSERT_TRUE(folder);
  Spares spares(&disk, folder->get(), kExampleOctets, true);
  BatchWriter writer(&disk, folder->get(), &spares, {kExampleOctets, true}, /*epoch=*/7, /*end=*/0);
  const FrameBuffer frames = Hello();
  const smpp::Bytes pieces[] = {frames.octets()};
  ASSERT_TRUE(writer.Write(pieces));
  ASSERT_TRUE(writer.Write({}));

  const FakeDisk::Octets octets = disk.Content("/journal/00000000000000000000.journal");
  const smpp::Bytes all(octets);
  ASSERT_EQ(all.size(), kExampleOctets);
  EXPECT_EQ(Hex(all.first(48)), kExampleHeader);
  EXPECT_EQ(Hex(all.subspan(4092, 4)), kExampleHeaderCrc);
  EXPECT_EQ(Hex(all.subspan(4096, 49)), kExampleFirstMark);
  EXPECT_EQ(Hex(all.subspan(4145, 18)), kExampleFrame);
  EXPECT_EQ(Hex(all.subspan(4163, 49)), kExampleLastMark);
  EXPECT_EQ(smpp::AsText(all.subspan(4212)), std::string(kExampleOctets - 4212, '\0'));
  EXPECT_EQ(writer.end(), 116u);
}

TEST(Format, AFrameIsReadAsItWasWritten) {
  FrameBuffer frames;
  EXPECT_TRUE(frames.empty());
  frames.Begin(9);
  frames.U8(0x01);
  frames.U16(0x0302);
  frames.U32(0x07060504);
  frames.U64(0x0f0e0d0c0b0a0908);
  frames.I64(-1);
  frames.End();
  EXPECT_EQ(frames.frames(), 1u);
  const ParsedFrame frame = ParseFrame(frames.octets());
  EXPECT_EQ(frame.check, FrameCheck::kFrame);
  EXPECT_EQ(frame.kind, 9);
  EXPECT_EQ(frame.size, frames.octets().size());
  EXPECT_EQ(Hex(frame.payload),
            "01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f ff ff ff ff ff ff ff ff ");
}

TEST(Format, BuffersSwapAndClear) {
  FrameBuffer full = Hello(), other;
  full.Swap(other);
  EXPECT_TRUE(full.empty());
  EXPECT_EQ(full.frames(), 0u);
  EXPECT_EQ(other.frames(), 1u);
  other.Clear();
  EXPECT_TRUE(other.empty());
  EXPECT_EQ(other.frames(), 0u);
}

TEST(Format, BuffersGrowAndMove) {
  FrameBuffer grown, hello = Hello();
  const std::string text(100'000, 'x');
  for (std::uint8_t kind = 1; kind <= 5; ++kind) {
    grown.Begin(kind);
    grown.U16(kind);
    grown.Blob(text);
    grown.Blob(std::string_view());
    grown.End();
  }
  const FrameBuffer moved(std::move(grown));
  EXPECT_TRUE(grown.empty());
  EXPECT_EQ(moved.frames(), 5u);
  smpp::Bytes rest = moved.octets();
  for (std::uint8_t kind = 1; kind <= 5; ++kind) {
    const ParsedFrame frame = ParseFrame(rest);
    ASSERT_EQ(frame.check, FrameCheck::kFrame);
    EXPECT_EQ(frame.kind, kind);
    EXPECT_EQ(frame.payload[0], kind);
    EXPECT_EQ(smpp::AsText(frame.payload.subspan(2 + 4, text.size())), text);
    EXPECT_EQ(frame.payload.size(), 2 + 4 + text.size() + 4);
    rest = rest.subspan(frame.size);
  }
  EXPECT_TRUE(rest.empty());
}

TEST(Format, EveryFlippedBitOfAFrameIsSeen) {
  const FrameBuffer frames = Hello();
  for (std::size_t bit = 0; bit < frames.octets().size() * 8; ++bit) {
    std::vector<std::uint8_t> octets(frames.octets().begin(), frames.octets().end());
    octets[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    EXPECT_NE(ParseFrame(octets).check, FrameCheck::kFrame) << bit;
  }
}

struct ParseCase {
  const char* name;
  std::vector<std::uint8_t> octets;
  FrameCheck check;
};

// Kind 0 with a CRC that is right: only the kind is wrong.
std::vector<std::uint8_t> OfKindZero() {
  std::vector<std::uint8_t> frame(kFrameHeaderOctets);
  SealFrame(frame);
  return frame;
}

const ParseCase kParseCases[] = {
    {"NoOctet", {}, FrameCheck::kShort},
    {"HalfALength", {1, 0, 0}, FrameCheck::kShort},
    {"LengthZero", {0, 0, 0, 0}, FrameCheck::kNothing},
    {"HeaderAlone", {1, 0, 0, 0, 0, 0, 0, 0}, FrameCheck::kShort},
    {"WrongCrc", {1, 0, 0, 0, 0, 0, 0, 0, 1}, FrameCheck::kGarbage},
    {"TooLong", {0xf9, 0xff, 0x0f, 0, 0, 0, 0, 0, 1}, FrameCheck::kGarbage},
    {"LongestThatMayBe", {0xf8, 0xff, 0x0f, 0, 0, 0, 0, 0, 1}, FrameCheck::kShort},
    {"KindZero", OfKindZero(), FrameCheck::kGarbage},
};

class ParseTest : public testing::TestWithParam<ParseCase> {};

TEST_P(ParseTest, Judges) { EXPECT_EQ(ParseFrame(GetParam().octets).check, GetParam().check); }

INSTANTIATE_TEST_SUITE_P(Frames, ParseTest, testing::ValuesIn(kParseCases),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(Format, SegmentNamesSortAsPositionsDo) {
  EXPECT_EQ(SegmentName(4096), "00000000000000004096.journal");
  EXPECT_EQ(SegmentName(UINT64_MAX), "18446744073709551615.journal");
  EXPECT_EQ(ParseSegmentName("18446744073709551615.journal"), UINT64_MAX);
  EXPECT_EQ(ParseSegmentName("99999999999999999999.journal"), std::nullopt);
  EXPECT_EQ(ParseSegmentName("0000000000000000409x.journal"), std::nullopt);
  EXPECT_EQ(ParseSegmentName("00000000000000004096.journal.new"), std::nullopt);
  EXPECT_EQ(ParseSegmentName("id"), std::nullopt);
}

TEST(Format, IdsReadBack) {
  EXPECT_EQ(JournalId::FromText(kExampleId)->Text(), kExampleId);
  EXPECT_EQ(JournalId::FromText("0b3c1b1e-5f0a-4d8e-9c67-2f1d3a4b5c6"), std::nullopt);
  EXPECT_EQ(JournalId::FromText("0b3c1b1e-5f0a-4d8e-9c67-2f1d3a4b5c6g"), std::nullopt);
  EXPECT_EQ(JournalId::FromText("0b3c1b1e05f0a-4d8e-9c67-2f1d3a4b5c6d"), std::nullopt);
  const JournalId random = JournalId::MakeRandom();
  EXPECT_EQ(JournalId::FromText(random.Text()), random);
  EXPECT_NE(JournalId::MakeRandom(), random);
}

}  // namespace
}  // namespace hub::journal
