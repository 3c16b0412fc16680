// SPDX-License-Identifier: Apache-2.0
// What the reference reader takes and what it refuses, and with which code (rows WS, from memory).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "impl/ws_frames/reference.h"
#include "suites/ws_frames/events.h"
#include "suites/ws_frames/ws_fixture.h"

namespace tare::suites::ws_frames {
namespace {

using io::Errc;
using io::Result;
using io::ws_frames::Context;
using io::ws_frames::FrameReader;
using io::ws_frames::Header;
using io::ws_frames::Limits;
using io::ws_frames::Role;

constexpr uint32_t kKey = 0x37fa213d;

class ReaderTest : public WsTest {
 public:
  // A frame as a client sends it.
  static Bytes Frame(uint8_t first, std::span<const std::byte> payload,
                     Form form = Form::kShortest) {
    return Wire(first, payload.size(), kKey, payload, form);
  }
  static Bytes Frame(uint8_t first, std::string_view payload = "") {
    return Frame(first, BytesOf(payload));
  }
  static Bytes Stream(std::initializer_list<Bytes> frames) {
    Bytes all;
    for (const Bytes& frame : frames) all.insert(all.end(), frame.begin(), frame.end());
    return all;
  }

  // What a server hears; in pieces of one byte, of three, and in one.
  static Events Heard(const Bytes& stream, const Limits& limits = {}, Role role = Role::kServer) {
    const Events all = ReferenceEvents(role, limits, stream, std::array{size_t{1} << 40});
    for (const size_t piece : {size_t{1}, size_t{3}}) {
      EXPECT_EQ(ReferenceEvents(role, limits, stream, std::array{piece}).events, all.events);
    }
    return all;
  }
  static std::vector<Event> Messages(std::initializer_list<Event> events) {
    std::vector<Event> all(events);
    all.push_back({Event::Kind::kEnd});
    return all;
  }
  // The code that a stream of these frames is refused with; 0 if it is not.
  static int Refused(const Bytes& stream, const Limits& limits = {}, Role role = Role::kServer) {
    const Events heard = Heard(stream, limits, role);
    return heard.events.back().kind == Event::Kind::kFailed ? heard.events.back().number : 0;
  }
  static Event Message(int opcode, const Bytes& payload) {
    return {Event::Kind::kMessage, static_cast<uint16_t>(opcode), payload};
  }
  static Event Control(int opcode, const Bytes& payload) {
    return {Event::Kind::kControl, static_cast<uint16_t>(opcode), payload};
  }
};

TEST_F(ReaderTest, WS_01_ReservedOpcodesAreRefused) {
  for (const int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    EXPECT_EQ(Refused(Frame(static_cast<uint8_t>(0x80 | opcode))), 1002) << opcode;
    EXPECT_EQ(Refused(Frame(static_cast<uint8_t>(opcode), "more")), 1002) << opcode;
    EXPECT_EQ(Refused(Stream({Frame(0x01, "a"), Frame(static_cast<uint8_t>(0x80 | opcode))})),
              1002);
  }
}

TEST_F(ReaderTest, WS_02_WS_35_ReservedBitsAreRefusedForNoExtensionIsSpoken) {
  for (const uint8_t bits : {0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70}) {
    for (const uint8_t opcode : {1, 2, 8, 9, 10}) {
      EXPECT_EQ(Refused(Frame(static_cast<uint8_t>(0x80 | bits | opcode))), 1002);
    }
  }
}

TEST_F(ReaderTest, WS_03_EveryFormOfLength) {
  for (const size_t size : {0, 1, 125, 126, 127, 65535, 65536, 65537}) {
    const Bytes payload = Noise(size, size);
    EXPECT_EQ(Heard(Frame(0x82, payload)).events, Messages({Message(2, payload)})) << size;
    EXPECT_EQ(Heard(Wire(0x82, size, std::nullopt, payload), {}, Role::kClient).events,
              Messages({Message(2, payload)}));
  }
}

TEST_F(ReaderTest, WS_04_LengthsInALongerFormThanNeededAreRefused) {
  for (const size_t size : {0, 1, 125}) {
    EXPECT_EQ(Refused(Frame(0x82, Noise(size, 1), Form::k16)), 1002);
    EXPECT_EQ(Refused(Frame(0x82, Noise(size, 1), Form::k64)), 1002);
    EXPECT_EQ(Refused(Frame(0x89, Noise(size, 1), Form::k16)), 1002);
  }
  for (const size_t size : {126, 65535}) {
    EXPECT_EQ(Refused(Frame(0x82, Noise(size, 1), Form::k64)), 1002);
  }
  // Also behind one that began with the same byte.
  for (const Form form : {Form::k16, Form::k64}) {
    EXPECT_EQ(Refused(Stream({Frame(0x82, "good"), Frame(0x82, BytesOf("long"), form)})), 1002);
  }
}

TEST_F(ReaderTest, WS_05_TheTopBitOfALengthIsRefusedWhateverTheLimit) {
  Limits none;
  none.message = UINT64_MAX;
  for (const uint64_t length : {uint64_t{1} << 63, UINT64_MAX}) {
    EXPECT_EQ(Refused(HeaderWire(0x82, length, kKey)), 1002);
    EXPECT_EQ(Refused(HeaderWire(0x82, length, kKey), none), 1002);
  }
}

TEST_F(ReaderTest, WS_06_AClaimedLengthAllocatesNothingAndIsRefusedBeforeThePayload) {
  const Bytes header = HeaderWire(0x82, uint64_t{1} << 62, kKey);
  Limits none;
  none.message = UINT64_MAX;
  io::Timers timers;
  FrameReader limited(timers), unlimited(timers);
  limited.Open(Role::kServer, {});
  unlimited.Open(Role::kServer, none);
  limited.Feed(header);
  unlimited.Feed(header);
  Header read;
  const AllocScope scope;
  const Result refused = limited.ReadHeader(Context::None(), read);
  const Result taken = unlimited.ReadHeader(Context::None(), read);
  const AllocCount count = scope.Delta();
  EXPECT_EQ(refused.err, Errc::kResource);
  EXPECT_EQ(limited.close_code(), 1009);
  EXPECT_TRUE(taken.ok());
  EXPECT_EQ(unlimited.payload_left(), uint64_t{1} << 62);
  EXPECT_TRUE(!AllocsAreCounted() || count.allocs == 0) << count.allocs;
}

TEST_F(ReaderTest, WS_07_AFrameThatIsNotMaskedAsItsSenderMustIsRefusedAndNothingAfterIt) {
  const Bytes plain = Wire(0x82, 4, std::nullopt, BytesOf("four"));
  const Bytes masked = Frame(0x82, "four");
  EXPECT_EQ(Refused(plain, {}, Role::kServer), 1002);
  EXPECT_EQ(Refused(masked, {}, Role::kClient), 1002);
  // A good frame that went before is heard, one that comes after is not.
  const Events heard = Heard(Stream({masked, plain, masked}));
  EXPECT_EQ(heard.events,
            (std::vector<Event>{Message(2, BytesOf("four")), {Event::Kind::kFailed, 1002}}));
  // Every control frame too.
  for (const uint8_t first : {0x88, 0x89, 0x8A}) {
    EXPECT_EQ(Refused(Wire(first, 0, std::nullopt, {})), 1002);
    EXPECT_EQ(Refused(Frame(first), {}, Role::kClient), 1002);
  }
}

TEST_F(ReaderTest, WS_08_ControlFramesAreWholeAndShortAndComeBetweenFragments) {
  for (const uint8_t opcode : {8, 9, 10}) {
    EXPECT_EQ(Refused(Frame(opcode, "ab")), 1002) << "a fragment";
    EXPECT_EQ(Refused(Frame(static_cast<uint8_t>(0x80 | opcode), Noise(126, 1))), 1002);
    // Known from the second byte, whatever comes behind it.
    const Bytes begun = Frame(static_cast<uint8_t>(0x80 | opcode), Noise(126, 1));
    EXPECT_EQ(Refused({begun.begin(), begun.begin() + 2}), 1002);
  }
  const Bytes most = Noise(125, 2);
  EXPECT_EQ(Heard(Stream({Frame(0x89, most), Frame(0x8A, most)})).events,
            Messages({Control(9, most), Control(10, most)}));
  EXPECT_EQ(Heard(Stream({Frame(0x01, "He"), Frame(0x89, "ping"), Frame(0x00, "ll"),
                          Frame(0x8A, ""), Frame(0x80, "o")}))
                .events,
            Messages({Control(9, BytesOf("ping")), Control(10, {}), Message(1, BytesOf("Hello"))}));
}

TEST_F(ReaderTest, WS_09_FragmentsThatDoNotFitAreRefused) {
  EXPECT_EQ(Refused(Frame(0x80, "a")), 1002);
  EXPECT_EQ(Refused(Frame(0x00, "a")), 1002);
  for (const uint8_t inside : {0x01, 0x02, 0x81, 0x82}) {
    EXPECT_EQ(Refused(Stream({Frame(0x01, "a"), Frame(inside, "b")})), 1002);
    EXPECT_EQ(Refused(Stream({Frame(0x02, "a"), Frame(0x00, "b"), Frame(inside, "b")})), 1002);
  }
  EXPECT_EQ(Refused(Stream({Frame(0x01, "a"), Frame(0x80, "b"), Frame(0x80, "c")})), 1002);
}

TEST_F(ReaderTest, WS_10_EmptyFragmentsAreLegal) {
  EXPECT_EQ(Heard(Stream({Frame(0x01), Frame(0x00), Frame(0x80)})).events,
            Messages({Message(1, {})}));
  EXPECT_EQ(Heard(Stream({Frame(0x02), Frame(0x00, "middle"), Frame(0x80)})).events,
            Messages({Message(2, BytesOf("middle"))}));
  EXPECT_EQ(Heard(Stream({Frame(0x81), Frame(0x82)})).events,
            Messages({Message(1, {}), Message(2, {})}));
}

// A text in two frames, cut everywhere.
TEST_F(ReaderTest, WS_11_CharactersMayCrossFragments) {
  const std::string text = "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xF4\x8F\xBF\xBF\xEF\xBF\xBE";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(
        Heard(Stream({Frame(0x01, text.substr(0, cut)), Frame(0x80, text.substr(cut))})).events,
        Messages({Message(1, BytesOf(text))}));
    const Bytes ends = Frame(0x81, text.substr(0, cut));
    const bool whole = cut == 0 || cut == 2 || cut == 5 || cut == 7 || cut == 11 || cut == 14;
    EXPECT_EQ(Refused(ends), whole ? 0 : 1007) << cut;
    // A last fragment of no bytes mends nothing.
    EXPECT_EQ(Refused(Stream({Frame(0x01, text.substr(0, cut)), Frame(0x80)})), whole ? 0 : 1007);
  }
}

// With the header, for there is no payload that would have to be read.
TEST_F(ReaderTest, WS_11_AnEmptyLastFragmentIsJudgedAsItBegins) {
  for (const char* part : {"\xE2\x82", "\xE2\x82\xAC"}) {
    io::Timers timers;
    FrameReader reader(timers);
    reader.Open(Role::kServer, {});
    const Bytes wire = Stream({Frame(0x01, part), Frame(0x80)});
    reader.Feed(wire);
    Header header;
    std::array<std::byte, 3> to;
    ASSERT_TRUE(reader.ReadHeader(Context::None(), header).ok());
    ASSERT_TRUE(reader.ReadPayload(Context::None(), to).ok());
    const bool whole = part[2] != '\0';
    EXPECT_EQ(reader.ReadHeader(Context::None(), header).ok(), whole);
    EXPECT_EQ(reader.close_code(), whole ? 1005 : 1007);
  }
}

// The last byte of each is the first that cannot be; all of them are the beginning of one frame
// that would be longer.
TEST_F(ReaderTest, WS_11_InvalidUtf8IsToldAtTheFirstByteThatCannotBe) {
  const std::string impossible[] = {
      "\x80",         "\xBF",     "\xC0",
      "\xC1",         "\xF5",     "\xFF",
      "\xC2\x41",     "\xC2\xC0", "\xE0\x9F",
      "\xE0\x80",     "\xED\xA0", "\xED\xBF",
      "\xE1\x80\x41", "\xF0\x8F", "\xF0\x80",
      "\xF4\x90",     "\xF4\xBF", "\xF1\x80\x7F",
      "\xF8",         "\xFC",     "\xF1\x80\x80\xC0",
      "\xE1\x80\xE1",
  };
  for (const std::string& bytes : impossible) {
    for (const std::string& before : {std::string(), std::string("plain and \xC3\xA9, ")}) {
      const std::string text = before + bytes;
      Bytes stream = Wire(0x81, 1000, kKey, BytesOf(text));
      const Events heard = ReferenceEvents(Role::kServer, {}, stream, std::array{size_t{1}});
      EXPECT_EQ(heard.events, (std::vector<Event>{{Event::Kind::kFailed, 1007}}));
      EXPECT_EQ(heard.decided, stream.size());
      stream.pop_back();
      EXPECT_EQ(Heard(stream).events.back().kind, Event::Kind::kMidway);
    }
  }
  // What is binary is nobody's business.
  EXPECT_EQ(Refused(Frame(0x82, "\xFF\xC0")), 0);
}

TEST_F(ReaderTest, WS_12_ClosePayloads) {
  const auto closed = [](const Bytes& payload, uint16_t code) {
    return std::vector<Event>{Control(8, payload), {Event::Kind::kClosed, code}};
  };
  EXPECT_EQ(Heard(Frame(0x88)).events, closed({}, 1005));
  EXPECT_EQ(Refused(Frame(0x88, "\x03")), 1002);
  for (const size_t reason : {0, 1, 122, 123}) {
    const Bytes payload = BytesOf("\x03\xE8" + std::string(reason, 'r'));
    EXPECT_EQ(Heard(Frame(0x88, payload)).events, closed(payload, 1000));
  }
  EXPECT_EQ(Refused(Frame(0x88, BytesOf("\x03\xE8" + std::string(124, 'r')))), 1002);
  EXPECT_EQ(Refused(Frame(0x88, "\x03\xE8\xC0")), 1007);
  EXPECT_EQ(Refused(Frame(0x88, "\x03\xE8 cut \xE2\x82")), 1007);
}

TEST_F(ReaderTest, WS_13_EveryCloseCode) {
  for (int code = 0; code <= 65535; ++code) {
    const bool legal = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                       (code >= 3000 && code <= 4999);
    const std::array payload{static_cast<std::byte>(code >> 8), static_cast<std::byte>(code)};
    const Bytes stream = Frame(0x88, payload);
    const Event last =
        ReferenceEvents(Role::kServer, {}, stream, std::array{stream.size()}).events.back();
    EXPECT_EQ(last.kind, legal ? Event::Kind::kClosed : Event::Kind::kFailed) << code;
    EXPECT_EQ(last.number, legal ? code : 1002);
  }
}

TEST_F(ReaderTest, WS_14_FramesAfterACloseAreNotLookedAt) {
  const Bytes close = Frame(0x88, "\x03\xE8");
  EXPECT_EQ(Heard(Stream({close, Frame(0x89, "ping"), Frame(0xFF)})).events, Heard(close).events);
}

TEST_F(ReaderTest, WS_17_TheEndOfTheStreamIsCleanNowhere) {
  const Bytes frame = Frame(0x82, Noise(300, 1));
  for (size_t cut = 1; cut < frame.size(); ++cut) {
    const Bytes part(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(cut));
    EXPECT_EQ(Heard(part).events.back().kind, Event::Kind::kMidway);
  }
  EXPECT_EQ(Heard(Stream({frame, Frame(0x01, "open")})).events.back().kind, Event::Kind::kMidway);
  EXPECT_EQ(Heard(frame).events.back().kind, Event::Kind::kEnd);
}

// In pieces of a mebibyte, over and over the same one.
TEST_F(ReaderTest, WS_20_FramesOfMoreThanFourGibibytesInConstantMemory) {
  Bytes piece = Noise(size_t{1} << 20, 4), to(piece.size());
  for (const uint64_t length : {uint64_t{1} << 31, (uint64_t{1} << 32) + 1}) {
    Limits limits;
    limits.message = length;
    io::Timers timers;
    FrameReader reader(timers);
    reader.Open(Role::kServer, limits);
    const Bytes wire = HeaderWire(0x82, length, kKey);
    reader.Feed(wire);
    Header header;
    ASSERT_TRUE(reader.ReadHeader(Context::None(), header).ok());
    const AllocScope scope;
    uint64_t read = 0;
    while (!reader.message_over()) {
      if (reader.hungry()) reader.Feed(piece);
      const Result r = reader.ReadPayload(Context::None(), to);
      ASSERT_TRUE(r.ok());
      read += static_cast<uint64_t>(r.n);
    }
    const AllocCount count = scope.Delta();
    EXPECT_EQ(read, length);
    EXPECT_TRUE(!AllocsAreCounted() || count.allocs == 0) << count.allocs;
  }
}

TEST_F(ReaderTest, WS_21_TheLimitIsExactAndOfTheWholeMessage) {
  Limits limits;
  limits.message = 1000;
  EXPECT_EQ(Refused(Frame(0x82, Noise(1000, 1)), limits), 0);
  EXPECT_EQ(Refused(Frame(0x82, Noise(1001, 1)), limits), 1009);
  const Bytes part = Frame(0x02, Noise(400, 1));
  EXPECT_EQ(Refused(Stream({part, Frame(0x00, Noise(400, 1)), Frame(0x80, Noise(200, 1))}), limits),
            0);
  EXPECT_EQ(Refused(Stream({part, Frame(0x00, Noise(400, 1)), Frame(0x80, Noise(201, 1))}), limits),
            1009);
  // It begins anew with every message, and control frames do not count.
  const Bytes all = Frame(0x82, Noise(1000, 1)), ping = Frame(0x89, Noise(125, 1));
  EXPECT_EQ(Refused(Stream({all, ping, all, all}), limits), 0);
  EXPECT_EQ(Refused(Stream({part, ping, Frame(0x80, Noise(600, 1))}), limits), 0);
  EXPECT_EQ(Refused(Stream({all, Frame(0x82, Noise(1001, 1))}), limits), 1009);
}

TEST_F(ReaderTest, WS_29_TheNextHeaderBeforeTheEndOfTheFrameIsRefused) {
  io::Timers timers;
  FrameReader reader(timers);
  reader.Open(Role::kServer, {});
  const Bytes wire = Stream({Frame(0x82, "first"), Frame(0x82, "next")});
  reader.Feed(wire);
  Header header;
  std::array<std::byte, 16> to;
  ASSERT_TRUE(reader.ReadHeader(Context::None(), header).ok());
  ASSERT_EQ(reader.ReadPayload(Context::None(), std::span(to).first(2)).n, 2);
  EXPECT_EQ(reader.ReadHeader(Context::None(), header).err, Errc::kInvalid);
  // And does no harm.
  EXPECT_EQ(reader.ReadPayload(Context::None(), to).n, 3);
  EXPECT_TRUE(reader.ReadHeader(Context::None(), header).ok());
  EXPECT_EQ(reader.ReadPayload(Context::None(), to).n, 4);
  EXPECT_EQ(TextOf(std::span(to).first(4)), "next");
}

TEST_F(ReaderTest, ReadInPlaceIsReadPayload) {
  for (const uint8_t first : {0x81, 0x82}) {
    const Bytes text = BytesOf(std::string(700, 't') + "\xE2\x82\xAC");
    const Bytes wire = Frame(first, text);
    io::Timers timers;
    FrameReader reader(timers);
    reader.Open(Role::kServer, {});
    Header header;
    reader.Feed(std::span(wire).first(8 + 5));
    ASSERT_TRUE(reader.ReadHeader(Context::None(), header).ok());
    Bytes to(text.size());
    ASSERT_EQ(reader.ReadPayload(Context::None(), to).n, 5);
    std::copy(wire.begin() + 13, wire.end(), to.begin() + 5);
    const Result r = reader.ReadInPlace(std::span(to).subspan(5));
    EXPECT_EQ(r.n, static_cast<int64_t>(text.size() - 5));
    EXPECT_TRUE(reader.message_over());
    EXPECT_EQ(to, text);
  }
}

// Registered once for a connection, however its bytes come: a cancel after them is still heard of.
TEST_F(ReaderTest, WS_25_BytesInPlaceLeaveTheReaderInItsContext) {
  int woken = 0;
  FrameReader reader([](Context::Link& link) noexcept { ++*static_cast<int*>(link.owner()); },
                     &woken);
  reader.Open(Role::kClient, {});
  const Bytes header_bytes = HeaderWire(0x82, 1000, std::nullopt);
  reader.Feed(header_bytes);
  Context context;
  Header header;
  ASSERT_TRUE(reader.ReadHeader(context, header).ok());
  Bytes to = Noise(100, 1);
  EXPECT_EQ(reader.ReadInPlace(to).n, 100);
  EXPECT_EQ(woken, 0);
  context.Cancel();
  EXPECT_EQ(woken, 1);
}

}  // namespace
}  // namespace tare::suites::ws_frames
