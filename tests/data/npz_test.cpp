#include "lamina/data/npz.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/temporary_file.hpp"

#if defined(LAMINA_HAVE_ZLIB)
#include <zlib.h>
#endif

using namespace lamina;
using testing_support::error_text;
using testing_support::files_in;
using testing_support::golden_file;
using testing_support::slurp;
using testing_support::TemporaryFolder;

TEST(Npz, ReadsFilesWrittenByNumPy) {
  const NpzFile file(golden_file("activations/044_tanh/data.npz"));
  EXPECT_TRUE(file.contains("x"));
  EXPECT_FALSE(file.contains("x.npy"));
  EXPECT_EQ(file.dtype("x"), "<f4");
  EXPECT_EQ(file.dtype("y_f64"), "<f8");
  EXPECT_EQ(file.shape("x"), (Shape{4, 8}));
  const Tensor<double> x = file.read<double>("x"), y = file.read<double>("y_f64");
  for (Index i = 0; i < x.size(); ++i) EXPECT_NEAR(y[i], std::tanh(x[i]), 1e-15);
  const auto all = read_npz<double>(golden_file("activations/044_tanh/data.npz"));
  ASSERT_EQ(all.size(), file.names().size());
  EXPECT_EQ(all[0].first, file.names()[0]);
  EXPECT_NE(error_text<ValueError>([&] { file.read("y_f46"); }).find("Did you mean \"y_f64\"?"), std::string::npos);
  EXPECT_NE(error_text<IoError>([] { NpzFile("no/such.npz"); }).find("cannot open"), std::string::npos);
}

TEST(Npz, ReadsBooleansAndIntegers) {
  const NpzFile mask(golden_file("losses/000_MeanSquaredError_reg/data.npz"));
  EXPECT_EQ(mask.dtype("mask"), "|b1");
  EXPECT_EQ(mask.read("mask").shape(), Shape{4});
  const NpzFile steps(golden_file("schedules/000_ExponentialDecay/data.npz"));
  EXPECT_EQ(steps.dtype("step"), "<i8");
  EXPECT_EQ(steps.read("step")[60], 60.F);
}

TEST(Npz, WritesWhatItReads) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/data.npz";
  const Tensor<float> x = expect::scattered<float>({3, 5});
  const Tensor<double> y = expect::scattered<double>({7}) / 3.0;
  write_npz(path, {{"x", x}, {"folder/y", y}, {"empty", Tensor<float>::zeros({0, 2})}, {"m", Eigen::Matrix2f::Ones()}});
  const NpzFile file(path);
  EXPECT_EQ(file.names(), (std::vector<std::string>{"x", "folder/y", "empty", "m"}));
  EXPECT_TRUE(expect::same(file.read("x"), x));
  EXPECT_TRUE(expect::same(file.read<double>("folder/y"), y));
  EXPECT_EQ(file.dtype("folder/y"), "<f8");
  EXPECT_EQ(file.shape("empty"), (Shape{0, 2}));
  EXPECT_EQ(file.shape("m"), (Shape{2, 2}));
  EXPECT_EQ(files_in(folder.path()), 1U);
  const std::string before = slurp(path);
  write_npz(path, {{"x", x}, {"folder/y", y}, {"empty", Tensor<float>::zeros({0, 2})}, {"m", Eigen::Matrix2f::Ones()}});
  EXPECT_EQ(slurp(path), before);
  EXPECT_NE(error_text<ValueError>([&] {
              write_npz(path, {{"x", x}, {"x", y}});
            }).find("two arrays with the name \"x\""),
            std::string::npos);
  EXPECT_EQ(slurp(path), before);
  write_npz(path, {});
  EXPECT_TRUE(NpzFile(path).names().empty());
}

TEST(Npz, DetectsEveryChange) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/good.npz";
  write_npz(path, {{"x", Tensor<float>{1, 2, 3}}, {"y", Tensor<double>{4}}});
  const std::string good = slurp(path);
  for (std::size_t length = 0; length < good.size(); ++length) {
    const std::string cut = folder.write("cut.npz", good.substr(0, length));
    EXPECT_THROW(read_npz(cut), IoError) << length;
  }
  std::size_t found = 0;
  for (std::size_t i = 0; i < good.size(); ++i)
    for (const char by : {'\x01', '\x80', '\xff'}) {
      std::string changed = good;
      changed[i] = static_cast<char>(changed[i] ^ by);
      const std::string bad = folder.write("bad.npz", changed);
      try {
        for (const auto& [name, values] : read_npz(bad)) EXPECT_LE(values.size(), 3);
      } catch (const Error&) {
        ++found;
      }
    }
  EXPECT_GT(found, 2 * good.size());  // dates, versions and the like are not checked
  std::string changed = good;
  changed[good.find("\x93NUMPY") + 130] ^= 1;  // an element
  const std::string bad = folder.write("bad.npz", changed);
  EXPECT_NE(error_text<IoError>([&] { read_npz(bad); }).find("member \"x.npy\": the checksum"), std::string::npos);
}

TEST(Npz, AcceptsACommentButNoOtherTrailingData) {
  const TemporaryFolder folder;
  write_npz(folder.path() + "/a.npz", {{"x", Tensor<float>{1, 2, 3}}});
  std::string bytes = slurp(folder.path() + "/a.npz");
  bytes[bytes.size() - 2] = 5;
  EXPECT_EQ(NpzFile(folder.write("b.npz", bytes + "hello")).read("x")[2], 3.F);
  EXPECT_THROW(NpzFile(folder.write("c.npz", bytes + "hell")), IoError);
  EXPECT_NE(error_text<IoError>([&] {
              NpzFile(folder.write("d.npz", std::string(100000, 'P')));
            }).find("without an end-of-directory record"),
            std::string::npos);
}

#if defined(LAMINA_HAVE_ZLIB)
namespace {

std::string deflated(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(bytes.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// Returns an archive of one member whose header contains these numbers.
std::string archive(const std::string& packed, std::uint32_t size, std::uint32_t sum, std::uint16_t method) {
  detail::ZipWriter writer;
  writer.add("x.npy", packed);
  std::string bytes = std::move(writer).finish();
  for (const std::size_t at : {std::size_t{0}, bytes.find("PK\x01\x02") + 2}) {
    bytes[at + 8] = static_cast<char>(method);
    for (std::size_t i = 0; i < 4; ++i) {
      bytes[at + 14 + i] = static_cast<char>(sum >> (8 * i));
      bytes[at + 22 + i] = static_cast<char>(size >> (8 * i));
    }
  }
  return bytes;
}

}  // namespace

TEST(Npz, ReadsCompressedMembers) {
  const TemporaryFolder folder;
  const Tensor<double> x = Tensor<double>::full({5000}, 0.5);
  const std::string plain = detail::npy_bytes(x), packed = deflated(plain);
  const auto size = static_cast<std::uint32_t>(plain.size());
  const std::uint32_t sum = detail::crc32(plain);
  const auto error = [&](const std::string& bytes) {
    return error_text<IoError>([&] { read_npz(folder.write("b.npz", bytes)); });
  };
  EXPECT_TRUE(expect::same(NpzFile(folder.write("a.npz", archive(packed, size, sum, 8))).read<double>("x"), x));
  EXPECT_NE(error(archive(packed, size, sum + 1, 8)).find("checksum"), std::string::npos);
  EXPECT_NE(error(archive(packed, size - 1, sum, 8)).find("compressed bytes are damaged"), std::string::npos);
  EXPECT_NE(error(archive(packed, size + 1, sum, 8)).find("compressed bytes are damaged"), std::string::npos);
  EXPECT_NE(error(archive(packed.substr(0, packed.size() / 2), size, sum, 8)).find("damaged"), std::string::npos);
  EXPECT_NE(error(archive(packed + "more", size, sum, 8)).find("damaged"), std::string::npos);
  EXPECT_NE(error(archive(packed, 0xFFFFFFF0U, sum, 8)).find("too large for the compressed bytes"), std::string::npos);
  EXPECT_NE(error(archive(packed, size, sum, 12)).find("got 12"), std::string::npos);
  EXPECT_NE(error(archive(packed, size, sum, 0)).find("equal sizes of a stored member"), std::string::npos);
}

TEST(Npz, CompressedMembersWithoutZlibAreAnError) {
  const TemporaryFolder folder;
  const std::string plain = detail::npy_bytes(Tensor<float>{1});
  const std::string path = folder.write(
      "a.npz", archive(deflated(plain), static_cast<std::uint32_t>(plain.size()), detail::crc32(plain), 8));
  const auto kept = std::exchange(detail::inflate_or_null, nullptr);
  const std::string error = error_text<IoError>([&] { read_npz(path); });
  detail::inflate_or_null = kept;
  EXPECT_NE(error.find("member \"x.npy\": the member is compressed"), std::string::npos) << error;
  EXPECT_NE(error.find("Link lamina::zlib"), std::string::npos) << error;
}
#endif
