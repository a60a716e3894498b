#include <gtest/gtest.h>
#include <zip.h>

#include <lamina/data/file.hpp>
#include <lamina/io/zip_archive.hpp>
#include <lamina/io/zip_output.hpp>
#include <string>
#include <vector>

#include "support/files.hpp"
#include "support/temporary_file.hpp"

using namespace lamina;

namespace {

using lamina::detail::Bytes;
using lamina::detail::StringBytes;
using lamina::detail::ZipArchive;
using lamina::detail::ZipOutput;
using lamina::testing_support::error_text;
using lamina::testing_support::slurp;
using lamina::testing_support::TemporaryFolder;

constexpr std::uint64_t any_size = ~std::uint64_t{0};

struct Given {
  std::string name, contents;
};
/// Writes an archive with ZipOutput.
void write_archive(const std::string& path, const std::vector<Given>& members) {
  const detail::File file = detail::open_file(path, "wb");
  std::vector<StringBytes> bytes;
  for (const Given& m : members) bytes.emplace_back(m.contents);
  ZipOutput zip("save \"m.zip\"", file.get());
  for (std::size_t i = 0; i < members.size(); ++i) zip.add(members[i].name, bytes[i]);
  zip.finish();
}
/// Writes an archive of one member with libzip.
void write_with_libzip(const std::string& path, const std::string& name, const std::string& contents,
                       zip_int32_t compression, const char* password = nullptr) {
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  zip_source_t* source = zip_source_buffer(archive, contents.data(), contents.size(), 0);
  const auto index = static_cast<zip_uint64_t>(zip_file_add(archive, name.c_str(), source, 0));
  zip_set_file_compression(archive, index, compression, 0);
  if (password != nullptr) zip_file_set_encryption(archive, index, ZIP_EM_AES_256, password);
  ASSERT_EQ(zip_close(archive), 0);
}
std::string io_error(const std::function<void()>& f) { return error_text<IoError>(f); }
std::string all_of(Bytes& bytes) {
  std::string all(static_cast<std::size_t>(bytes.size()), '\0');
  EXPECT_TRUE(bytes.read(0, all.data(), all.size()));
  return all;
}
/// Repeatable bytes that do not compress.
std::string noise(std::size_t count) {
  std::string bytes;
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < count; ++i) {
    state = state * 1664525U + 1013904223U;
    bytes += static_cast<char>(state >> 24U);
  }
  return bytes;
}

TEST(ZipOutput, WritesWhatZipArchiveReads) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m.zip";
  const std::vector<Given> members{{"metadata.json", "{}"},
                                   {"empty", ""},
                                   {"large", noise(1500000)},
                                   {"\xC3\xA9/\xC3\xB8.h5", std::string("a\0b", 3)}};
  write_archive(path, members);
  const ZipArchive archive("\"m.zip\"", path);
  for (const Given& m : members) {
    EXPECT_TRUE(archive.contains(m.name));
    EXPECT_TRUE(archive.read(m.name, any_size) == m.contents) << m.name;
    EXPECT_TRUE(all_of(*archive.open(m.name)) == m.contents) << m.name;
  }
  EXPECT_FALSE(archive.contains("Metadata.json"));
  EXPECT_EQ(slurp(path).substr(0, 4), "PK\3\4");
  EXPECT_NE(slurp(path).find(members[2].contents), std::string::npos) << "stored, not compressed";

  const std::string again = folder.path() + "/again.zip";
  write_archive(again, members);
  EXPECT_TRUE(slurp(again) == slurp(path)) << "the same bytes, whenever they are written";
}

/// Bytes that cannot be read to their end.
class FailingBytes final : public Bytes {
 public:
  std::uint64_t size() const noexcept override { return 100000; }
  bool read(std::uint64_t offset, void* to, std::size_t count) noexcept override {
    std::memset(to, 0, count);
    return offset + count <= 50000;
  }
};

TEST(ZipOutput, ReportsFailures) {
  const TemporaryFolder folder;
  const detail::File file = detail::open_file(folder.path() + "/m.zip", "wb");
  FailingBytes failing;
  ZipOutput zip("save \"m.zip\"", file.get());
  zip.add("weights", failing);
  EXPECT_NE(io_error([&] { zip.finish(); }).find("save \"m.zip\": writing failed: "), std::string::npos);
#if defined(__linux__)
  const detail::File full = detail::open_file("/dev/full", "wb");
  StringBytes bytes(noise(100000));
  ZipOutput to_full("save \"m.zip\"", full.get());
  to_full.add("weights", bytes);
  const std::string error = io_error([&] { to_full.finish(); });
  EXPECT_NE(error.find("save \"m.zip\": writing failed: "), std::string::npos) << error;
  EXPECT_NE(error.find("Check the free space of the disk."), std::string::npos) << error;
#endif
  StringBytes unused("x");
  ZipOutput unfinished("save \"m.zip\"", file.get());
  unfinished.add("a", unused);  // its destructor discards it
}

TEST(ZipArchive, ReadsAtAnyPosition) {
  const TemporaryFolder folder;
  const std::string stored = folder.path() + "/stored.zip", deflated = folder.path() + "/deflated.zip";
  const std::string contents = noise(40000) + std::string(40000, 'z');
  write_with_libzip(stored, "weights", contents, ZIP_CM_STORE);
  write_with_libzip(deflated, "weights", contents, ZIP_CM_DEFLATE);
  for (const std::string& path : {stored, deflated}) {
    const ZipArchive archive("\"m.zip\"", path);
    const auto bytes = archive.open("weights"), other = archive.open("weights");
    ASSERT_EQ(bytes->size(), contents.size());
    for (const std::size_t at : {std::size_t{70000}, std::size_t{0}, std::size_t{10000}, std::size_t{39990}}) {
      std::string part(10000, '?'), one(1, '?');
      EXPECT_TRUE(bytes->read(at, part.data(), part.size()));
      EXPECT_TRUE(other->read(at + 5, one.data(), 1));
      EXPECT_TRUE(part == contents.substr(at, part.size())) << at;
      EXPECT_EQ(one[0], contents[at + 5]);
    }
    char end = 0;
    EXPECT_TRUE(bytes->read(contents.size() - 1, &end, 1));
    EXPECT_TRUE(bytes->read(contents.size(), &end, 0));
    EXPECT_FALSE(bytes->read(contents.size(), &end, 1));
    EXPECT_FALSE(bytes->read(~std::uint64_t{0}, &end, 1));
    EXPECT_FALSE(bytes->read(1, &end, static_cast<std::size_t>(-1)));
    EXPECT_FALSE(bytes->write(0, "x", 1)) << "it is read only";
  }
}

TEST(ZipArchive, RefusesOtherFiles) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m.zip";
  EXPECT_NE(io_error([&] {
              ZipArchive("\"m.zip\"", path);
            }).find("\"m.zip\": expected a zip archive, got a file that libzip cannot open: No such file"),
            std::string::npos);
  write_archive(path, {{"a", noise(3000)}, {"b", "c"}});
  const std::string whole = slurp(path);
  for (const std::string& bytes : {std::string("PK"), std::string("PK\3\4"), whole.substr(0, 10), whole.substr(0, 2000),
                                   whole.substr(0, whole.size() - 1), std::string(5000, 'x')}) {
    const std::string bad = folder.write("bad.zip", bytes);
    EXPECT_NE(io_error([&] {
                ZipArchive("\"bad.zip\"", bad);
              }).find("\"bad.zip\": expected a zip archive, got a file that libzip cannot open: "),
              std::string::npos)
        << bytes.size();
  }
}

TEST(ZipArchive, RefusesMembers) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m.zip";
  write_archive(path, {{"a", noise(3000)}, {"b", "c"}});
  {
    const ZipArchive archive("\"m.zip\"", path);
    EXPECT_EQ(io_error([&] { archive.read("x", any_size); }), "\"m.zip\": the archive has no member \"x\"");
    EXPECT_EQ(io_error([&] { archive.open("A"); }), "\"m.zip\": the archive has no member \"A\"");
    EXPECT_EQ(archive.read("a", 3000).size(), 3000U);
    EXPECT_EQ(
        io_error([&] { archive.read("a", 2999); }),
        "\"m.zip\": the member \"a\" has 3000 bytes, compressed to 3000: more than expected. Is the file an archive "
        "bomb?");
  }
  std::string damaged = slurp(path);
  damaged[1000] = static_cast<char>(damaged[1000] ^ 1);
  const std::string bad = folder.write("bad.zip", damaged);
  EXPECT_NE(io_error([&] {
              ZipArchive("\"bad.zip\"", bad).read("a", any_size);
            }).find("\"bad.zip\": the member \"a\" is damaged: CRC error"),
            std::string::npos);
  EXPECT_EQ(ZipArchive("\"bad.zip\"", bad).read("b", any_size), "c");

  const std::string locked = folder.path() + "/locked.zip";
  write_with_libzip(locked, "a", noise(300), ZIP_CM_STORE, "secret");
  EXPECT_EQ(io_error([&] { ZipArchive("\"locked.zip\"", locked).open("a"); }),
            "\"locked.zip\": the member \"a\" is encrypted. Store it without encryption.");
}

TEST(ZipArchive, RefusesArchiveBombs) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/bomb.zip", harmless = folder.path() + "/harmless.zip";
  write_with_libzip(path, "a", std::string((std::size_t{64} << 20U) + 1, '\0'), ZIP_CM_DEFLATE);
  write_with_libzip(harmless, "a", std::string(std::size_t{1} << 20U, '\0'), ZIP_CM_DEFLATE);
  const ZipArchive archive("\"bomb.zip\"", path);
  for (const auto& read :
       {+[](const ZipArchive& a) { a.read("a", any_size); }, +[](const ZipArchive& a) { a.open("a"); }}) {
    const std::string error = io_error([&] { read(archive); });
    EXPECT_NE(error.find("\"bomb.zip\": the member \"a\" has 67108865 bytes, compressed to 65"), std::string::npos)
        << error;
    EXPECT_NE(error.find("Is the file an archive bomb?"), std::string::npos) << error;
  }
  EXPECT_EQ(ZipArchive("\"harmless.zip\"", harmless).read("a", any_size).size(), std::size_t{1} << 20U);
}

}  // namespace
