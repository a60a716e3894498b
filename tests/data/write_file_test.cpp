#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <lamina/callbacks/csv_logger.hpp>
#include <lamina/data/filesystem.hpp>
#include <lamina/data/npy.hpp>
#include <lamina/data/npz.hpp>
#include <lamina/data/write_file.hpp>
#include <lamina/lamina.hpp>
#include <lamina/models/plot.hpp>
#include <lamina/models/weights_file.hpp>
#include <sstream>
#include <thread>

#include "support/child_process.hpp"
#include "support/temporary_file.hpp"

namespace lamina {
namespace {

using detail::write_file;
using testing_support::error_text;
using testing_support::TemporaryFolder;
namespace fs = std::filesystem;

std::string contents(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}
/// Returns the names in a folder, to check that no temporary file is left.
std::size_t entries(const std::string& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(WriteFile, ReplacesAFile) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/x";
  write_file("test", path, "first, which is longer");
  write_file("test", path, "second");
  EXPECT_EQ(contents(path), "second");
  write_file("test", path, "");
  EXPECT_EQ(contents(path), "");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(WriteFile, KeepsAFileWithTheNameOfATemporaryOne) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/x", other = folder.write("x.part0", "another's");
  write_file("test", path, "new");
  EXPECT_EQ(contents(path), "new");
  EXPECT_EQ(contents(other), "another's");
  EXPECT_EQ(entries(folder.path()), 2U);
}

TEST(WriteFile, KeepsEveryByte) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/x", bytes("\r\n\n\x1A\0\r\xFF", 7);
  write_file("test", path, bytes);
  EXPECT_EQ(contents(path), bytes);
  EXPECT_EQ(detail::read_file("test", path), bytes);
}

// Cyrillic, Japanese and a character outside of the Basic Multilingual Plane; none of them is in the code page of a
// Western Windows.
TEST(WriteFile, NamesAreUtf8) {
  const TemporaryFolder folder;
  const std::u8string name = u8"\u0444\u65E5\U0001D11E";
  const std::string path = detail::in_folder(folder.path(), std::string(name.begin(), name.end()));
  write_file("test", path, "old");
  write_file("test", path, "new");
  EXPECT_TRUE(detail::file_exists(path));
  EXPECT_EQ(detail::read_file("test", path), "new");
  EXPECT_EQ(detail::create_file(path), nullptr);
  EXPECT_EQ(entries(folder.path()), 1U);
  EXPECT_TRUE(fs::directory_iterator(folder.path())->path().filename().u8string() == name);
  detail::remove_file(path);
  EXPECT_EQ(entries(folder.path()), 0U);

  detail::make_folder("test", detail::in_folder(path, "deep"));
  write_npy(detail::in_folder(path, "deep/x.npy"), Tensor<float>{1, 2});
  EXPECT_TRUE(fs::exists(fs::path(folder.path()) / name / "deep" / "x.npy"));
  EXPECT_EQ(read_npy(detail::in_folder(path + "/deep/", "x.npy")).size(), 2);
}
#if defined(_WIN32)
TEST(WriteFile, RejectsANameThatIsNotUtf8) {
  const std::string error = error_text<IoError>([] { write_file("test", "Jos\xE9", "new"); });
  EXPECT_NE(error.find("expected a name in UTF-8"), std::string::npos) << error;
}
#endif

#if LAMINA_HAS_POSIX_FILES
TEST(WriteFile, ReplacesTheTargetOfALink) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() + "/a/b");
  const std::string target = folder.write("a/target", "old"), link = folder.path() + "/a/b/link",
                    chain = folder.path() + "/chain";
  fs::create_symlink("../target", link);
  fs::create_symlink(folder.path() + "/a/b/link", chain);
  write_file("test", chain, "new");
  EXPECT_EQ(contents(target), "new");
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_TRUE(fs::is_symlink(chain));
  EXPECT_EQ(entries(folder.path() + "/a"), 2U);
  EXPECT_EQ(entries(folder.path() + "/a/b"), 1U);
}

TEST(WriteFile, CreatesTheTargetOfALink) {
  const TemporaryFolder folder;
  const std::string link = folder.path() + "/link";
  fs::create_symlink("later", link);
  write_file("test", link, "new");
  EXPECT_EQ(contents(folder.path() + "/later"), "new");
  EXPECT_TRUE(fs::is_symlink(link));
}

TEST(WriteFile, RejectsALinkToItself) {
  const TemporaryFolder folder;
  fs::create_symlink("b", folder.path() + "/a");
  fs::create_symlink("a", folder.path() + "/b");
  const std::string error = error_text<IoError>([&] { write_file("test", folder.path() + "/a", "new"); });
  EXPECT_NE(error.find("cycle of symbolic links"), std::string::npos) << error;
  EXPECT_TRUE(fs::is_symlink(folder.path() + "/a"));
  EXPECT_EQ(entries(folder.path()), 2U);
}

TEST(WriteFile, KeepsThePermissions) {
  const TemporaryFolder folder;
  const std::string path = folder.write("x", "old");
  for (const unsigned mode : {0600U, 0640U, 0664U, 0755U}) {
    fs::permissions(path, static_cast<fs::perms>(mode));
    write_file("test", path, "new");
    EXPECT_EQ(static_cast<unsigned>(fs::status(path).permissions()), mode);
  }
}

TEST(WriteFile, RejectsAFileWithoutWritePermission) {
  const TemporaryFolder folder;
  const std::string path = folder.write("x", "old");
  fs::permissions(path, fs::perms::owner_read);
  if (detail::open_file(path, "r+b") != nullptr) {  // root may write it
    write_file("test", path, "new");
    EXPECT_EQ(contents(path), "new");
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read);
  } else {
    const std::string error = error_text<IoError>([&] { write_file("test", path, "new"); });
    EXPECT_NE(error.find("not writable"), std::string::npos) << error;
    EXPECT_EQ(contents(path), "old");
  }
  EXPECT_EQ(entries(folder.path()), 1U);
}

#if !defined(__EMSCRIPTEN__)
TEST(WriteFile, WritesToAPipe) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  std::string received;
  std::thread reader([&] { received = contents(path); });
  write_file("test", path, "through the pipe");
  reader.join();
  EXPECT_EQ(received, "through the pipe");
  EXPECT_TRUE(fs::is_fifo(path));
  EXPECT_EQ(entries(folder.path()), 1U);
}
#endif

#endif

TEST(WriteFile, RejectsAFolder) {
  const TemporaryFolder folder;
  const std::string error = error_text<IoError>([&] { write_file("test", folder.path(), "new"); });
  EXPECT_NE(error.find("folder"), std::string::npos) << error;
  EXPECT_TRUE(fs::is_directory(folder.path()));
}

TEST(WriteFile, ReportsThatAllTemporaryNamesExist) {
  const TemporaryFolder folder;
  const std::string path = folder.write("x", "old");
  for (int i = 0; i < 100; ++i) folder.write(text("x.part", i), "");
  const std::string error = error_text<IoError>([&] { write_file("test", path, "new"); });
  EXPECT_NE(error.find("x.part0 to .part99 exist. Delete them"), std::string::npos) << error;
  EXPECT_EQ(contents(path), "old");
  EXPECT_EQ(entries(folder.path()), 101U);
}

#if LAMINA_TEST_HAS_CHILD_PROCESSES
TEST(WriteFile, SurvivesAFullDiskAndAProcessThatIsKilled) {
  using namespace testing_support;
  const TemporaryFolder folder;
  const std::string path = folder.write("x", "old"), bytes(10000, 'n');
  for (const std::size_t limit : {0U, 1U, 4096U, 9999U}) {
    const auto write = [&](FullDisk when_full) {
      return wait_for(start_child([&] {
        limit_file_size(limit, when_full);
        try {
          write_file("test", path, bytes);
        } catch (const IoError& error) {
          return std::string(error.what()).find("free space") != std::string::npos ? 7 : 8;
        }
        return 0;
      }));
    };
    EXPECT_EQ(write(FullDisk::is_an_error), 7) << limit;
    EXPECT_EQ(entries(folder.path()), 1U) << limit;
    EXPECT_EQ(write(FullDisk::kills_the_process), std::nullopt) << limit;
    EXPECT_EQ(contents(path), "old") << limit;
    detail::remove_file(path + ".part0");
  }
  write_file("test", path, bytes);
  EXPECT_EQ(contents(path), bytes);
}
#endif

#if LAMINA_HAS_POSIX_FILES
#if defined(__linux__)
TEST(WriteFile, ReportsAFullDevice) {
  const TemporaryFolder folder;
  const std::string link = folder.path() + "/full";  // a link, so that a fault cannot replace the device itself
  fs::create_symlink("/dev/full", link);
  const std::string error = error_text<IoError>([&] { write_file("test", link, "new"); });
  EXPECT_NE(error.find("free space"), std::string::npos) << error;
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
  EXPECT_EQ(entries(folder.path()), 1U);
}
#endif

TEST(WriteFile, IsUsedByAllWriters) {
  const TemporaryFolder folder;
  Sequential<float> model{Input({1}), Dense(1)};
  model.compile({.optimizer = "sgd", .loss = "mean_squared_error"});
  const Tensor<float> x{{1}, {2}};
  const auto train = [&](const std::string& path) {
    return model.fit(x, x, {.verbose = 0, .callbacks = {CSVLogger(path)}});
  };
  const History history = train(folder.path() + "/first.csv");
  const std::vector<std::pair<std::string, std::function<void(const std::string&)>>> writers{
      {"x.npy", [&](const std::string& path) { write_npy(path, x); }},
      {"x.npz",
       [&](const std::string& path) {
         write_npz(path, {{"x", x}});
       }},
      {"weights.npz", [&](const std::string& path) { save_weights(model, path); }},
      {"history.csv", [&](const std::string& path) { save_history(history, path); }},
      {"model.dot", [&](const std::string& path) { plot_model(model, path); }},
      {"log.csv", [&](const std::string& path) { train(path); }},
  };
  for (const auto& [name, writer] : writers) {
    const std::string target = folder.write("target_" + name, ""), link = folder.path() + "/" + name;
    fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write);
    fs::create_symlink("target_" + name, link);
    writer(link);
    EXPECT_TRUE(fs::is_symlink(link)) << name;
    EXPECT_GT(fs::file_size(target), 0U) << name;
    EXPECT_EQ(fs::status(target).permissions(), fs::perms::owner_read | fs::perms::owner_write) << name;
#if defined(__linux__)
    fs::create_symlink("/dev/full", folder.path() + "/full_" + name);
    EXPECT_THROW(writer(folder.path() + "/full_" + name), IoError) << name;
#endif
#if LAMINA_TEST_HAS_CHILD_PROCESSES
    if (name == "log.csv") continue;  // grows by a line per epoch
    const std::string before = contents(target);
    const auto killed = testing_support::wait_for(testing_support::start_child([&writer = writer, &link] {
      testing_support::limit_file_size(5, testing_support::FullDisk::kills_the_process);
      writer(link);
      return 0;
    }));
    EXPECT_EQ(killed, std::nullopt) << name;
    EXPECT_EQ(contents(target), before) << name;
#endif
  }
}
#endif

}  // namespace
}  // namespace lamina
