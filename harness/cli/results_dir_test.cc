// SPDX-License-Identifier: Apache-2.0
// Directories made and tried; files whole or untouched.
#include "cli/results_dir.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace tare::cli {
namespace {

namespace fs = std::filesystem;

class ResultsDirTest : public ::testing::Test {
 protected:
  ResultsDirTest() : root_(::testing::TempDir() + "results_dir-XXXXXX") {
    EXPECT_NE(mkdtemp(root_.data()), nullptr);
  }
  ~ResultsDirTest() override { fs::remove_all(root_); }

  static std::string Read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  size_t Files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(root_), {}));
  }

  std::string root_;
};

TEST_F(ResultsDirTest, MakesDirectoriesAndLeavesNothingInThem) {
  const std::string directory = root_ + "/a/b";
  EXPECT_TRUE(PrepareResultsDirectory(directory).ok());
  EXPECT_TRUE(PrepareResultsDirectory(directory).ok());  // it may exist
  EXPECT_TRUE(fs::is_empty(directory));
}

TEST_F(ResultsDirTest, NamesTheDirectoryThatCannotBeMade) {
  std::ofstream(root_ + "/file") << "in the way";
  const absl::Status status = PrepareResultsDirectory(root_ + "/file/results");
  EXPECT_EQ(status.message(), "cannot write results to " + root_ +
                                  "/file/results: Not a directory; name another directory");
}

TEST_F(ResultsDirTest, WritesAndReplaces) {
  const std::string path = root_ + "/r.txt";
  ASSERT_TRUE(WriteFileAtomically(path, "one\n").ok());
  ASSERT_TRUE(WriteFileAtomically(path, "two\n").ok());
  EXPECT_EQ(Read(path), "two\n");
  EXPECT_EQ(Files(), 1u) << "a temporary file is left";
}

// A disk that fills up, by a limit on the size of files.
TEST_F(ResultsDirTest, AFailedWriteLeavesTheOldFile) {
  const std::string path = root_ + "/r.txt";
  ASSERT_TRUE(WriteFileAtomically(path, "old\n").ok());
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small = {1000, before.rlim_max};
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status status = WriteFileAtomically(path, std::string(5000, 'x'));
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, old_handler);
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.message(), "cannot write " + path + ": File too large");
  EXPECT_EQ(Read(path), "old\n");
  EXPECT_EQ(Files(), 1u) << "a temporary file is left";
}

TEST_F(ResultsDirTest, NamesTheFileThatCannotBeWritten) {
  const absl::Status status = WriteFileAtomically(root_ + "/none/r.txt", "x");
  EXPECT_EQ(status.message(), "cannot write " + root_ + "/none/r.txt: No such file or directory");
}

}  // namespace
}  // namespace tare::cli
