// SPDX-License-Identifier: Apache-2.0
// Sentence 21 of the contract of a backend: sends of a part of a file.
#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/faults.h"
#include "suites/backend/files.h"
#include "suites/backend/kinds.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"

namespace tare::io::contract {
namespace {

CONTRACT_SUITE(SendFileTest);

CONTRACT(SendFileTest, S21_WithoutTheFeatureItIsRefused) {
  if (kSends<B>) return NotApplicable("the backend has kSendFile");
  Bed<B> bed;
  Line<B> line(bed);
  File file(Pattern(10));
  FilePart part{*file, 0, 10};
  SendFile(line.end, part);
  MUST(bed.PollUntilEnded(line.end.out));
  MUST(line.end.out.result.err == Errc::kUnsupported);
  return bed.verdict();
}

template <class B>
class SendsFilesAndSaysItCannot : public Forward<B> {
 public:
  static constexpr uint32_t kFeatures = B::kFeatures & ~uint32_t{kSendsFiles};
};
CATCHES(SendFileTest, S21_WithoutTheFeatureItIsRefused, SendsFilesAndSaysItCannot,
        WordsIf(kSends<TypeParam>, "line.end.out.result.err == Errc::kUnsupported"))

CONTRACT(SendFileTest, S21_WhatIsThereIsSent) {
  if (!kSends<B>) return NotApplicable(kWithoutSendFile);
  Bed<B> bed;
  File file(Pattern(1000));
  for (const Transport transport : kStreams) {
    Line<B> line(bed, NewPair(transport));
    FilePart part{*file, 0, 1000};
    MUST(Sent(line, part, 1000));
    MUST(Arrive(line, 1000, 0));
    // No more than the part, and no more than the file has.
    part = {*file, 100, 300};
    MUST(Sent(line, part, 300));
    MUST(Arrive(line, 300, 100));
    part = {*file, 900, UINT64_MAX};
    MUST(Sent(line, part, 100));
    MUST(Arrive(line, 100, 900));
  }
  return bed.verdict();
}

template <class B>
class MiscountsFiles : public Forward<B> {
  void End(Op& op) noexcept override {
    if (op.kind == Op::Kind::kSendFile && op.result.n > 1) --op.result.n;
    Forward<B>::End(op);
  }
};
CATCHES(SendFileTest, S21_WhatIsThereIsSent, MiscountsFiles,
        WordsIf(kSends<TypeParam>, "Sent(line, part, 1000)"))

// A fault in what the system is told of a part.
template <class B>
class ChangesParts : public Forward<B> {
 protected:
  virtual void Change(FilePart& part) noexcept = 0;

 private:
  void StartInner(typename B::Port& port, typename Forward<B>::Inner& inner) noexcept override {
    if (inner.kind == Op::Kind::kSendFile) {
      part_ = *inner.part;
      Change(part_);
      inner.part = &part_;
    }
    this->real().Start(port, inner);
  }

  FilePart part_;
};

template <class B>
class SendsMoreThanThePart : public ChangesParts<B> {
  void Change(FilePart& part) noexcept override { part.size += part.size == 300 ? 1 : 0; }
};
CATCHES(SendFileTest, S21_WhatIsThereIsSent, SendsMoreThanThePart,
        WordsIf(kSends<TypeParam>, "Sent(line, part, 300)"))

CONTRACT(SendFileTest, SP_33_RG_03_S21_ThreeSendsOfThreeBytesByOneOperation) {
  if (!kSends<B>) return NotApplicable(kWithoutSendFile);
  Bed<B> bed;
  File file(Pattern(9));
  for (const Transport transport : kStreams) {
    Line<B> line(bed, NewPair(transport));
    FilePart part{*file, 0, 3};
    for (const uint64_t offset : {0, 3, 6, 6, 0, 3}) {
      part.offset = offset;
      MUST(Sent(line, part, 3));
      MUST(Arrive(line, 3, offset));
    }
    // What the operation did before is nothing to it.
    const std::vector<std::byte> other = Pattern(5);
    line.end.Send(other);
    MUST(bed.PollUntilEnded(line.end.out));
    MUST(Arrive(line, 5, 0));
    part.offset = 1;
    MUST(Sent(line, part, 3));
    MUST(Arrive(line, 3, 1));
  }
  return bed.verdict();
}

// SD-1.04: each send begins where the one before it ended.
template <class B>
class GoesOnWhereItEnded : public ChangesParts<B> {
  void Change(FilePart& part) noexcept override { part.offset += std::exchange(moved_, 0); }
  void End(Op& op) noexcept override {
    if (op.kind == Op::Kind::kSendFile) moved_ = static_cast<uint64_t>(op.result.n);
    ChangesParts<B>::End(op);
  }
  uint64_t moved_ = 0;
};
CATCHES(SendFileTest, SP_33_RG_03_S21_ThreeSendsOfThreeBytesByOneOperation, GoesOnWhereItEnded,
        WordsIf(kSends<TypeParam>, "Arrive(line, 3, offset)"))

CONTRACT(SendFileTest, SP_33_S21_APartFromTheMiddle) {
  if (!kSends<B>) return NotApplicable(kWithoutSendFile);
  Bed<B> bed;
  File file(Pattern(65 << 10));
  for (const Transport transport : kStreams) {
    Line<B> line(bed, NewPair(transport));
    FilePart part{*file, 27'123, 10 << 10};
    while (part.size > 0) {
      SendFile(line.end, part);
      MUST(bed.PollUntilEnded(line.end.out));
      const Result r = line.end.out.result;
      MUST(r.ok() && r.n > 0 && static_cast<uint64_t>(r.n) <= part.size);
      MUST(Arrive(line, static_cast<size_t>(r.n), part.offset));
      MUST(Consume(line.end.out, static_cast<size_t>(r.n)) == part.size);
    }
    MUST(part.offset == 27'123 + (10 << 10));
  }
  return bed.verdict();
}

template <class B>
class BeginsAtTheFront : public ChangesParts<B> {
  void Change(FilePart& part) noexcept override { part.offset = 0; }
};
CATCHES(SendFileTest, SP_33_S21_APartFromTheMiddle, BeginsAtTheFront,
        WordsIf(kSends<TypeParam>, "Arrive(line, static_cast<size_t>(r.n), part.offset)"))

// The system would move both on.
CONTRACT(SendFileTest, S21_NeitherThePartNorThePositionOfTheFileIsMoved) {
  if (!kSends<B>) return NotApplicable(kWithoutSendFile);
  Bed<B> bed;
  File file(Pattern(1000));
  file.MoveTo(7);
  Line<B> line(bed);
  FilePart part{*file, 100, 500};
  for (int i = 0; i < 3; ++i) {
    MUST(Sent(line, part, 500));
    MUST(part.file == *file && part.offset == 100 && part.size == 500);
    MUST(file.Position() == 7);
    MUST(Arrive(line, 500, 100));
  }
  return bed.verdict();
}

template <class B>
class MovesThePart : public Forward<B> {
  void End(Op& op) noexcept override {
    if (op.kind == Op::Kind::kSendFile) op.part->offset += static_cast<uint64_t>(op.result.n);
    Forward<B>::End(op);
  }
};
CATCHES(SendFileTest, S21_NeitherThePartNorThePositionOfTheFileIsMoved, MovesThePart,
        WordsIf(kSends<TypeParam>, "part.offset == 100"))

template <class B>
class MovesThePosition : public Forward<B> {
  void End(Op& op) noexcept override {
    if (op.kind == Op::Kind::kSendFile) (void)lseek(op.part->file, op.result.n, SEEK_CUR);
    Forward<B>::End(op);
  }
};
CATCHES(SendFileTest, S21_NeitherThePartNorThePositionOfTheFileIsMoved, MovesThePosition,
        WordsIf(kSends<TypeParam>, "file.Position() == 7"))

CONTRACT(SendFileTest, S10_NothingAskedForEndsAtOnce) {
  if (!kSends<B>) return NotApplicable(kWithoutSendFile);
  Bed<B> bed;
  File file(Pattern(10));
  Line<B> line(bed);
  for (const bool peer_is_gone : {false, true}) {
    if (peer_is_gone) line.peer.Close();
    for (const Handle h : {*file, kNoHandle}) {
      FilePart part{h, 5, 0};
      MUST(Sent(line, part, 0));
    }
  }
  return bed.verdict();
}

CONTRACT(SendFileTest, S21_TheEndOfTheFile) {
  if (!kSends<B>) return NotApplicable(kWithoutSendFile);
  Bed<B> bed;
  for (const Transport transport : kStreams) {
    File file(Pattern(1000));
    Line<B> line(bed, NewPair(transport));
    for (const uint64_t offset : {uint64_t{1000}, uint64_t{1001}, uint64_t{1} << 40}) {
      FilePart part{*file, offset, 100};
      MUST(Sent(line, part, 0));
    }
    // A file that has become shorter, and one that has become longer.
    FilePart part{*file, 500, 100};
    file.Resize(500);
    MUST(Sent(line, part, 0));
    file.Resize(520);
    MUST(Sent(line, part, 20));
    std::vector<std::byte> zeros(20, std::byte{1});
    MUST(Pull(*line.peer, zeros) == 20);
    MUST(zeros == std::vector<std::byte>(20));
  }
  return bed.verdict();
}

template <class B>
class WaitsForMoreOfTheFile : public Forward<B> {
  void End(Op& op) noexcept override {
    const bool is_end = op.kind == Op::Kind::kSendFile && op.result.ok() && op.result.n == 0;
    if (!is_end) Forward<B>::End(op);
  }
};
CATCHES(SendFileTest, S21_TheEndOfTheFile, WaitsForMoreOfTheFile,
        WordsIf(kSends<TypeParam>, "Sent(line, part, 0)"))

constexpr uint64_t k4GiB = uint64_t{1} << 32;

CONTRACT(SendFileTest, S21_OffsetsAndSizesAreNotCut) {
  if (!kSends<B>) return NotApplicable(kWithoutSendFile);
  Bed<B> bed;
  const uint64_t end = 5 * (uint64_t{1} << 30) + (1 << 20);
  File file;
  file.Resize(end);  // nearly all of it a hole
  file.Write(k4GiB - 500, Pattern(1000, k4GiB - 500));
  for (const Transport transport : kStreams) {
    Line<B> line(bed, NewPair(transport));
    FilePart part{*file, k4GiB - 500, 1000};
    MUST(Sent(line, part, 1000));
    MUST(Arrive(line, 1000, k4GiB - 500));
    part = {*file, k4GiB + 77, 100};
    MUST(Sent(line, part, 100));
    MUST(Arrive(line, 100, k4GiB + 77));
    // Cut to 32 bits this asks for 50 bytes.
    part = {*file, k4GiB + 77, k4GiB + 50};
    SendFile(line.end, part);
    MUST(bed.PollUntilEnded(line.end.out));
    const Result r = line.end.out.result;
    MUST(r.ok() && r.n > 50);
    MUST(Arrive(line, 50, k4GiB + 77));
    std::vector<std::byte> more(static_cast<size_t>(r.n) - 50);
    MUST(Pull(*line.peer, more) == more.size());
    part = {*file, end - 10, UINT64_MAX};
    MUST(Sent(line, part, 10));
  }
  return bed.verdict();
}

template <class B>
class CutsOffsets : public ChangesParts<B> {
  void Change(FilePart& part) noexcept override {
    part.offset = static_cast<uint32_t>(part.offset);
  }
};
CATCHES(SendFileTest, S21_OffsetsAndSizesAreNotCut, CutsOffsets,
        WordsIf(kSends<TypeParam>, "Arrive(line, 100, k4GiB + 77)"))

template <class B>
class CutsSizes : public ChangesParts<B> {
  void Change(FilePart& part) noexcept override { part.size = static_cast<uint32_t>(part.size); }
};
CATCHES(SendFileTest, S21_OffsetsAndSizesAreNotCut, CutsSizes,
        WordsIf(kSends<TypeParam>, "r.n > 50"))

// The system is not asked: to it that would be a place before the front.
CONTRACT(SendFileTest, S21_AnOffsetThatNoFileHas) {
  if (!kSends<B>) return NotApplicable(kWithoutSendFile);
  Bed<B> bed;
  File file(Pattern(10));
  Line<B> line(bed);
  for (const uint64_t offset : {uint64_t{1} << 63, UINT64_MAX}) {
    FilePart part{*file, offset, 10};
    SendFile(line.end, part);
    MUST(bed.PollUntilEnded(line.end.out));
    MUST(line.end.out.result.err == Errc::kInvalid);
    MUST(line.end.out.result.n == 0 && line.end.out.result.os == 0);
  }
  return bed.verdict();
}

// What cannot be sent from: a folder, a pipe, a socket, a file that is only written to, none.
CONTRACT(SendFileTest, S12_WhatIsNoFileToSendFromIsAnError) {
  if (!kSends<B>) return NotApplicable(kWithoutSendFile);
  Bed<B> bed;
  File file(Pattern(10));
  int ends[2];
  MUST(pipe2(ends, O_CLOEXEC) == 0);
  const OwnedHandle from(ends[0]), to(ends[1]);
  const OwnedHandle folder(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::string path = "/proc/self/fd/" + std::to_string(*file);
  const OwnedHandle unread(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  MUST(*folder != kNoHandle && *unread != kNoHandle);
  OwnedHandle closed(Duplicate(*file));
  const Handle gone = *closed;
  closed.Close();
  for (const Transport transport : kStreams) {
    Line<B> line(bed, NewPair(transport)), other(bed, NewPair(transport));
    for (const Handle h : {*folder, *from, *other.peer, *unread, gone, kNoHandle}) {
      off_t offset = 0;
      MUST(sendfile(*other.peer, h, &offset, 10) < 0);
      const int error = errno;
      FilePart part{h, 0, 10};
      SendFile(line.end, part);
      MUST(bed.PollUntilEnded(line.end.out));
      MUST(line.end.out.result.n == 0);
      MUST(line.end.out.result.os == error);
      MUST(line.end.out.result.err == FromErrno(error));
    }
    FilePart part{*file, 0, 10};
    MUST(Sent(line, part, 10));
    MUST(Arrive(line, 10, 0));
  }
  return bed.verdict();
}
CATCHES(SendFileTest, S12_WhatIsNoFileToSendFromIsAnError, ForgetsTheCode,
        WordsIf(kSends<TypeParam>, "line.end.out.result.os == error"))

}  // namespace
}  // namespace tare::io::contract
