#include "lamina/data/idx.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "lamina/core/bit_cast.hpp"
#include "support/temporary_file.hpp"

#if defined(LAMINA_HAVE_ZLIB)
#include <zlib.h>
#endif

namespace {

using namespace lamina;
using testing_support::error_text;
using testing_support::TemporaryFolder;

template <class Unsigned>
void append(std::string& bytes, Unsigned value) {
  for (std::size_t i = sizeof(Unsigned); i-- > 0;) bytes += static_cast<char>((value >> (8 * i)) & 0xFFU);
}

std::string header(unsigned type, const std::vector<std::uint32_t>& sizes) {
  std::string bytes{'\0', '\0', static_cast<char>(type), static_cast<char>(sizes.size())};
  for (const std::uint32_t size : sizes) append(bytes, size);
  return bytes;
}

template <class S = float>
Tensor<S> read(const std::string& bytes) {
  const TemporaryFolder folder;
  return read_idx<S>(folder.write("file", bytes));
}

std::string error_of(const std::string& bytes) {
  return error_text<IoError>([&] { read(bytes); });
}

void expect_contains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text << "\ndoes not contain: " << part;
}

template <class S>
class IdxTest : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(IdxTest, Scalars);

TYPED_TEST(IdxTest, ReadsUnsignedBytes) {
  const auto t = read<TypeParam>(header(0x08, {2, 1, 2}) + std::string("\x00\x7f\x80\xff", 4));
  EXPECT_EQ(t.shape(), (Shape{2, 1, 2}));
  EXPECT_EQ(t(0, 0, 0), TypeParam(0));
  EXPECT_EQ(t(0, 0, 1), TypeParam(127));
  EXPECT_EQ(t(1, 0, 0), TypeParam(128));
  EXPECT_EQ(t(1, 0, 1), TypeParam(255));
}

TYPED_TEST(IdxTest, ReadsSignedBytes) {
  const auto t = read<TypeParam>(header(0x09, {3}) + "\x7f\x80\xff");
  EXPECT_EQ(t(0), TypeParam(127));
  EXPECT_EQ(t(1), TypeParam(-128));
  EXPECT_EQ(t(2), TypeParam(-1));
}

TYPED_TEST(IdxTest, ReadsShorts) {
  std::string bytes = header(0x0B, {2});
  append(bytes, std::uint16_t{0x0102});
  append(bytes, std::uint16_t{0xFFFE});
  const auto t = read<TypeParam>(bytes);
  EXPECT_EQ(t(0), TypeParam(258));
  EXPECT_EQ(t(1), TypeParam(-2));
}

TYPED_TEST(IdxTest, ReadsInts) {
  std::string bytes = header(0x0C, {2});
  append(bytes, std::uint32_t{0x00010203});
  append(bytes, std::uint32_t{0xFFFFFF00});
  const auto t = read<TypeParam>(bytes);
  EXPECT_EQ(t(0), TypeParam(66051));
  EXPECT_EQ(t(1), TypeParam(-256));
}

TYPED_TEST(IdxTest, ReadsFloats) {
  std::string bytes = header(0x0D, {2});
  append(bytes, lamina::detail::bit_cast<std::uint32_t>(-1.5F));
  append(bytes, lamina::detail::bit_cast<std::uint32_t>(0.1F));
  const auto t = read<TypeParam>(bytes);
  EXPECT_EQ(t(0), TypeParam(-1.5));
  EXPECT_EQ(t(1), static_cast<TypeParam>(0.1F));
}

TYPED_TEST(IdxTest, ReadsDoubles) {
  std::string bytes = header(0x0E, {1, 1});
  append(bytes, lamina::detail::bit_cast<std::uint64_t>(0.1));
  const auto t = read<TypeParam>(bytes);
  EXPECT_EQ(t(0, 0), static_cast<TypeParam>(0.1));
}

TEST(Idx, RankZeroIsOneNumber) {
  const auto t = read(header(0x08, {}) + "\x07");
  EXPECT_EQ(t.rank(), 0);
  EXPECT_EQ(t.item(), 7);
}

TEST(Idx, RankEight) {
  const auto t = read(header(0x08, {1, 2, 1, 1, 1, 1, 1, 3}) + "abcdef");
  EXPECT_EQ(t.shape(), (Shape{1, 2, 1, 1, 1, 1, 1, 3}));
  EXPECT_EQ(t(0, 1, 0, 0, 0, 0, 0, 2), 'f');
}

TEST(Idx, NoElements) {
  EXPECT_EQ(read(header(0x08, {0, 28, 28})).shape(), (Shape{0, 28, 28}));
  EXPECT_EQ(read(header(0x0E, {5, 0})).shape(), (Shape{5, 0}));
}

TEST(Idx, Large) {
  std::string elements(3 * 1000 * 1000, '\0');
  for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = static_cast<char>(i % 251);
  const auto t = read(header(0x08, {3000, 1000}) + elements);
  EXPECT_EQ(t.shape(), (Shape{3000, 1000}));
  for (Index i = 0; i < t.size(); ++i) ASSERT_EQ(t[i], static_cast<float>(i % 251));
}

TEST(IdxErrors, MissingFile) {
  expect_contains(error_text<IoError>([] { read_idx(testing::TempDir() + "lamina_no_such_file"); }),
                  "lamina_no_such_file\": cannot open");
}
#if !defined(_WIN32)
TEST(IdxErrors, Folder) { EXPECT_THROW(read_idx(testing::TempDir()), IoError); }
#endif
TEST(IdxErrors, EmptyFile) { expect_contains(error_of(""), "got an empty file"); }
TEST(IdxErrors, WrongMagic) {
  expect_contains(error_of("\x89PNG\r\n"), "got 89 50 4e 47");
  expect_contains(error_of(std::string("\0\0\x0A\1\0\0\0\0", 8)), "got 00 00 0a 01");
  expect_contains(error_of(std::string("\0\0\x08", 3)), "got 00 00 08");
}
TEST(IdxErrors, TooManyAxes) {
  expect_contains(error_of(header(0x08, std::vector<std::uint32_t>(9, 1)) + "x"), "at most 8 axes, got 9");
}
TEST(IdxErrors, TruncatedHeader) {
  expect_contains(error_of(header(0x08, {2, 2}).substr(0, 9)), "first 12 bytes, got a file of 9 bytes");
}
TEST(IdxErrors, TruncatedElements) {
  const std::string text = error_of(header(0x0C, {2, 2}) + "1234");
  expect_contains(text, "expected 28 bytes for shape (2, 2) of int, got 16");
  expect_contains(text, "truncated");
}
TEST(IdxErrors, TrailingBytes) {
  expect_contains(error_of(header(0x08, {2}) + "abc"), "expected 10 bytes for shape (2,)");
}
TEST(IdxErrors, SizesThatOverflow) {
  const std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
  expect_contains(error_of(header(0x08, {most, most, most})), "expected a tensor that fits in memory");
  // A product of sizes that wraps around to 0, and one with a last size of 0.
  expect_contains(error_of(header(0x08, {1U << 31U, 1U << 31U, 4})), "expected a tensor that fits in memory");
  expect_contains(error_of(header(0x08, {most, most, most, 0})), "expected a tensor that fits in memory");
}

TEST(Mnist, ReadsFourFilesUnderEitherName) {
  const TemporaryFolder folder;
  folder.write("train-images-idx3-ubyte", header(0x08, {3, 1, 2}) + "abcdef");
  folder.write("train-labels-idx1-ubyte", header(0x08, {3}) + "\1\2\3");
  folder.write("t10k-images.idx3-ubyte", header(0x08, {1, 1, 2}) + "xy");
  folder.write("t10k-labels.idx1-ubyte", header(0x08, {1}) + "\7");
  const auto [x_train, y_train, x_test, y_test] = load_mnist<double>(folder.path());
  EXPECT_EQ(x_train.shape(), (Shape{3, 1, 2}));
  EXPECT_EQ(x_train(1, 0, 1), 'd');
  EXPECT_EQ(y_train(2), 3);
  EXPECT_EQ(x_test.shape(), (Shape{1, 1, 2}));
  EXPECT_EQ(y_test(0), 7);
  EXPECT_EQ(load_fashion_mnist(folder.path()).y_train.shape(), Shape{3});
}

TEST(Mnist, MissingFile) {
  const TemporaryFolder folder;
  folder.write("train-images-idx3-ubyte", header(0x08, {1, 1, 1}) + "a");
  const std::string text = error_text<IoError>([&] { load_mnist(folder.path()); });
  expect_contains(text, "expected train-labels-idx1-ubyte or train-labels-idx1-ubyte.gz");
  expect_contains(text, folder.path());
}

TEST(Mnist, FilesWithDifferentNumbersOfSamples) {
  const TemporaryFolder folder;
  folder.write("train-images-idx3-ubyte", header(0x08, {1, 1, 1}) + "a");
  folder.write("train-labels-idx1-ubyte", header(0x08, {2}) + "ab");
  folder.write("t10k-images-idx3-ubyte", header(0x08, {1, 1, 1}) + "a");
  folder.write("t10k-labels-idx1-ubyte", header(0x08, {1}) + "a");
  expect_contains(error_text<IoError>([&] { load_mnist(folder.path()); }), "1 training images and 2 labels");
  folder.write("train-labels-idx1-ubyte", header(0x08, {1, 1}) + "a");
  expect_contains(error_text<IoError>([&] { load_mnist(folder.path()); }), "expected 1 axes, got shape (1, 1)");
}

#if defined(LAMINA_HAVE_ZLIB)

std::string gzip(const TemporaryFolder& folder, const std::string& name, const std::string& bytes) {
  const std::string path = folder.path() + "/" + name;
  const gzFile file = gzopen(path.c_str(), "wb");
  EXPECT_EQ(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())), static_cast<int>(bytes.size()));
  EXPECT_EQ(gzclose(file), Z_OK);
  return path;
}

TEST(IdxGzip, Decompresses) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_idx(gzip(folder, "small.gz", header(0x08, {2}) + "ab"))(1), 'b');
  EXPECT_EQ(read_idx<double>(gzip(folder, "unmarked", header(0x08, {2}) + "ab"))(1), 'b');
  std::string elements(3 * 1000 * 1000, '\0');
  for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = static_cast<char>(i * i % 251);
  const auto t = read_idx(gzip(folder, "large.gz", header(0x08, {3000, 1000}) + elements));
  for (Index i = 0; i < t.size(); ++i) ASSERT_EQ(t[i], static_cast<float>(i * i % 251));
}

TEST(IdxGzip, TruncatedOrDamaged) {
  const TemporaryFolder folder;
  std::string elements(10000, '\0');
  for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = static_cast<char>(i * i % 251);
  const std::string path = gzip(folder, "whole.gz", header(0x08, {10000}) + elements);
  std::ifstream file(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  ASSERT_GT(bytes.size(), 200U);
  const std::string cut = folder.write("cut.gz", bytes.substr(0, bytes.size() - 100));
  expect_contains(error_text<IoError>([&] { read_idx(cut); }), "damaged or truncated");
  bytes[bytes.size() - 6] = static_cast<char>(bytes[bytes.size() - 6] ^ 1);  // in the checksum
  const std::string damaged = folder.write("damaged.gz", bytes);
  expect_contains(error_text<IoError>([&] { read_idx(damaged); }), "damaged or truncated");
}

TEST(IdxGzip, MnistFolder) {
  const TemporaryFolder folder;
  gzip(folder, "train-images-idx3-ubyte.gz", header(0x08, {1, 1, 1}) + "a");
  gzip(folder, "train-labels-idx1-ubyte.gz", header(0x08, {1}) + "\1");
  gzip(folder, "t10k-images-idx3-ubyte.gz", header(0x08, {1, 1, 1}) + "b");
  gzip(folder, "t10k-labels-idx1-ubyte.gz", header(0x08, {1}) + "\2");
  EXPECT_EQ(load_mnist(folder.path()).y_test(0), 2);
}

#endif

TEST(IdxGzip, WithoutZlibTheErrorTellsHowToFixIt) {
  const auto kept = std::exchange(detail::gunzip_or_null, nullptr);
  const std::string text = error_of("\x1f\x8b\x08");
  detail::gunzip_or_null = kept;
  expect_contains(text, "LAMINA_HAVE_ZLIB");
  expect_contains(text, "gunzip");
}

}  // namespace
