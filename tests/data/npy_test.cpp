#include "lamina/data/npy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/temporary_file.hpp"

namespace {

using namespace lamina;
using testing_support::error_text;
using testing_support::files_in;
using testing_support::golden_file;
using testing_support::slurp;
using testing_support::TemporaryFolder;

/// Returns a .npy file with this header text and these element bytes.
std::string npy(const std::string& header, const std::string& elements, char version = 1) {
  std::string bytes("\x93NUMPY", 6);
  bytes += version;
  bytes += '\0';
  const std::size_t length = header.size();
  bytes += static_cast<char>(length & 0xFFU);
  bytes += static_cast<char>(length >> 8U);
  if (version > 1) bytes += std::string(2, '\0');
  return bytes + header + elements;
}
std::string npy_of(const std::string& dtype, const std::string& shape, const std::string& elements) {
  return npy("{'descr': '" + dtype + "', 'fortran_order': False, 'shape': " + shape + ", }\n", elements);
}

/// Returns the bytes of the numbers in the given byte order.
std::string hex(const std::string& digits) {
  std::string bytes;
  std::string pair;
  for (const char c : digits) {
    if (c == ' ') continue;
    pair += c;
    if (pair.size() < 2) continue;
    bytes += static_cast<char>(std::stoi(pair, nullptr, 16));
    pair.clear();
  }
  return bytes;
}

template <class S = double>
Tensor<S> read(const std::string& bytes) {
  const TemporaryFolder folder;
  return read_npy<S>(folder.write("a.npy", bytes));
}
template <class Kind = IoError>
void expect_error(const std::string& bytes, const std::vector<std::string>& parts) {
  const std::string error = error_text<Kind>([&] { read(bytes); });
  for (const std::string& part : parts)
    EXPECT_NE(error.find(part), std::string::npos) << error << "\ndoes not contain: " << part;
}

}  // namespace

TEST(Npy, ReadsEveryNumericType) {
  struct Type {
    const char* dtype;
    const char* bytes;
    std::vector<double> values;
  };
  const Type types[] = {
      {"|b1", "00 01 ff", {0, 1, 1}},
      {"|i1", "7f 80 ff", {127, -128, -1}},
      {"<i1", "05", {5}},
      {"|u1", "7f 80 ff", {127, 128, 255}},
      {"<i2", "ff7f 0080 feff", {32767, -32768, -2}},
      {">i2", "7fff 8000 fffe", {32767, -32768, -2}},
      {"<u2", "ffff 0100", {65535, 1}},
      {">u2", "ffff 0100", {65535, 256}},
      {"<i4", "ffffff7f 00000080 feffffff", {2147483647, -2147483648.0, -2}},
      {">i4", "7fffffff 80000000 fffffffe", {2147483647, -2147483648.0, -2}},
      {"<u4", "ffffffff 01000000", {4294967295.0, 1}},
      {">u4", "ffffffff 01000000", {4294967295.0, 16777216}},
      {"<i8", "0000000000000080 feffffffffffffff", {-9223372036854775808.0, -2}},
      {">i8", "8000000000000000 fffffffffffffffe", {-9223372036854775808.0, -2}},
      {"<u8", "0000000000000080 0100000000000000", {9223372036854775808.0, 1}},
      {">u8", "8000000000000000 0000000000000001", {9223372036854775808.0, 1}},
      {"<f2", "003c 00c0 ff7b 0100 0084 0000 0080", {1, -2, 65504, 0x1p-24, -0x1p-14, 0, -0.0}},
      {">f2", "3c00 c000 7bff 03ff 3555", {1, -2, 65504, 1023 * 0x1p-24, 0.333251953125}},
      {"<f4", "0000803f 000020c1 ffff7f7f", {1, -10, 3.4028234663852886e38}},
      {">f4", "3f800000 c1200000", {1, -10}},
      {"<f8", "000000000000f03f 00000000000024c0", {1, -10}},
      {">f8", "3ff0000000000000 c024000000000000", {1, -10}},
      {"=f8", std::endian::native == std::endian::little ? "000000000000f03f" : "3ff0000000000000", {1}},
  };
  for (const Type& type : types) {
    SCOPED_TRACE(type.dtype);
    const auto count = static_cast<Index>(type.values.size());
    const std::string file = npy_of(type.dtype, "(" + std::to_string(count) + ",)", hex(type.bytes));
    const Tensor<double> t = read(file);
    ASSERT_EQ(t.shape(), Shape{count});
    for (Index i = 0; i < count; ++i) {
      EXPECT_EQ(t[i], type.values[static_cast<std::size_t>(i)]);
      EXPECT_EQ(std::signbit(t[i]), std::signbit(type.values[static_cast<std::size_t>(i)]));
      EXPECT_EQ(read<float>(file)[i], static_cast<float>(type.values[static_cast<std::size_t>(i)]));
    }
  }
}

TEST(Npy, ReadsNaNAndInfinity) {
  for (const auto& [dtype, bytes] : {std::pair{"<f2", "007c 00fc 007e"},
                                     {"<f4", "0000807f 000080ff 0000c07f"},
                                     {">f8", "7ff0000000000000 fff0000000000000 7ff8000000000000"}}) {
    const Tensor<float> t = read<float>(npy_of(dtype, "(3,)", hex(bytes)));
    EXPECT_EQ(t[0], std::numeric_limits<float>::infinity()) << dtype;
    EXPECT_EQ(t[1], -std::numeric_limits<float>::infinity()) << dtype;
    EXPECT_TRUE(std::isnan(t[2])) << dtype;
  }
}

TEST(Npy, ReadsEveryRankAndEmptyArrays) {
  EXPECT_EQ(read(npy_of("|u1", "()", "\x07")).shape(), Shape{});
  EXPECT_EQ(read(npy_of("|u1", "()", "\x07")).item(), 7);
  EXPECT_EQ(read(npy_of("|u1", "(1, 1, 1, 2, 1, 1, 1, 1)", "ab")).shape(), (Shape{1, 1, 1, 2, 1, 1, 1, 1}));
  EXPECT_EQ(read(npy_of("<f8", "(0,)", "")).shape(), Shape{0});
  EXPECT_EQ(read(npy_of("<f8", "(3, 0, 2)", "")).shape(), (Shape{3, 0, 2}));
  expect_error(npy_of("|u1", "(1, 1, 1, 1, 1, 1, 1, 1, 1)", "a"), {"at most 8 axes"});
}

TEST(Npy, ReadsFortranOrder) {
  const auto fortran = [](const std::string& shape, const std::string& elements) {
    return read(npy("{'descr': '|u1', 'fortran_order': True, 'shape': " + shape + "}", elements));
  };
  EXPECT_TRUE(expect::same(fortran("(2, 3)", hex("010203040506")), Tensor<double>{{1, 3, 5}, {2, 4, 6}}));
  EXPECT_TRUE(expect::same(fortran("(3,)", hex("010203")), Tensor<double>{1, 2, 3}));
  EXPECT_EQ(fortran("()", hex("09")).item(), 9);
  EXPECT_EQ(fortran("(4, 0)", "").shape(), (Shape{4, 0}));
  const Tensor<double> t = fortran("(2, 3, 2)", hex("000102030405060708090a0b"));
  for (Index i = 0; i < 2; ++i)
    for (Index j = 0; j < 3; ++j)
      for (Index k = 0; k < 2; ++k) EXPECT_EQ(t(i, j, k), static_cast<double>(i + 2 * j + 6 * k));
}

TEST(Npy, ReadsHeadersOfEveryVersionAndWriting) {
  const std::string plain = "{'descr': '<u2', 'fortran_order': False, 'shape': (2,), }";
  for (const char version : {'\1', '\2', '\3'}) EXPECT_EQ(read(npy(plain, hex("0100 0200"), version))[1], 2);
  const std::string others[] = {
      "{\"shape\": (2,), \"fortran_order\": False, \"descr\": \"<u2\"}",
      "{'shape':(2L,),'fortran_order':False,'descr':'<u2'}   \n",
      "  { 'shape' : ( 2 , ) , 'fortran_order' : False , 'descr' : '<u2' , }",
      "{'descr': '<u2', 'fortran_order': False, 'shape': (2), }",
  };
  for (const std::string& header : others) EXPECT_EQ(read(npy(header, hex("0100 0200"))).shape(), Shape{2}) << header;
}

TEST(Npy, UnsupportedTypesAreErrors) {
  expect_error("", {"read_npy", "a.npy", "got no bytes"});
  expect_error("PK\3\4 anything else", {"93 4e 55 4d 50 59", "got other bytes"});
  expect_error(npy_of("<f8", "(1,)", std::string(8, '\0')).substr(0, 9), {"got other bytes", "complete"});
  expect_error(npy("{'descr'", "", '\4'), {"version 1, 2 or 3", "got 4"});
  for (const char* dtype : {"<c8", "<f16", "<U5", "|S3", "|O", "<M8[s]", "<i3", "|i2", "f4", "", "<b1x", "!f4"})
    expect_error(npy_of(dtype, "(1,)", std::string(16, '\0')), {dtype, "astype"});
  expect_error(npy("{'descr': [('a', '<f4'), ('b', '<i4')], 'fortran_order': False, 'shape': (1,)}", "12345678"),
               {"structured elements"});
}

TEST(Npy, ErrorsDescribeTheDamage) {
  const char* headers[] = {
      "",
      "{",
      "{}",
      "garbage",
      "{'descr': '<f4', 'fortran_order': False}",
      "{'descr': '<f4', 'shape': (1,)}",
      "{'fortran_order': False, 'shape': (1,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
      "{'descr': '<f4, 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} more",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'other': 1}",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999,)}",
  };
  for (const char* header : headers) expect_error(npy(header, "1234"), {"expected a header", "damaged"});
}

TEST(Npy, DoesNotAllocateForMissingElements) {
  expect_error(npy_of("<f8", "(100000000,)", "12345678"), {"expected 800000000 bytes", "got 8", "truncated"});
  if (sizeof(Index) >= 8)
    expect_error(npy_of("<f8", "(1000000000000,)", "12345678"), {"expected 8000000000000 bytes", "got 8", "truncated"});
  expect_error(npy_of("<f8", "(9000000000, 9000000000)", ""), {"fits in memory"});
  expect_error(npy_of("<f8", "(9000000000, 0, 9000000000)", ""), {"fits in memory"});
  expect_error(npy_of("<f8", "(2,)", std::string(17, '\0')), {"expected 16 bytes", "got 17", "trailing bytes"});
  std::string lying = npy_of("<f8", "(1,)", "12345678");
  lying[8] = lying[9] = '\xff';
  expect_error(lying, {"expected a header of 65535 bytes", "truncated"});
}

TEST(Npy, TruncatedAndDamagedFilesAreErrors) {
  const std::string good = npy_of("<f4", "(3,)", hex("0000803f 00000040 00004040"));
  for (std::size_t length = 0; length < good.size(); ++length) expect_error(good.substr(0, length), {"a.npy"});
  const TemporaryFolder folder;
  for (std::size_t i = 0; i < good.size() - 12; ++i)
    for (const char value : {'\0', '\xff', '9', '\''}) {
      std::string changed = good;
      changed[i] = value;
      const std::string path = folder.write("a.npy", changed);
      try {
        EXPECT_LE(read_npy(path).size(), 12);
      } catch (const IoError&) {
      }
    }
}

TEST(Npy, WritesWhatItReads) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/t.npy";
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{7}, Shape{3, 4}, Shape{2, 0, 3}, Shape{2, 1, 2, 1, 2, 1, 1, 3}}) {
    const Tensor<float> f = expect::scattered<float>(shape);
    write_npy(path, f);
    EXPECT_TRUE(expect::same(read_npy(path), f));
    const Tensor<double> d = expect::scattered<double>(shape, 2) / 3.0;
    write_npy(path, d);
    EXPECT_TRUE(expect::same(read_npy<double>(path), d));
  }
  write_npy(path, Eigen::MatrixXd{{1, 2}, {3, 4}});
  EXPECT_TRUE(expect::same(read_npy<double>(path), Tensor<double>{{1, 2}, {3, 4}}));
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(Npy, WritesAsNumPyDoes) {
  const TemporaryFolder folder;
  write_npy(folder.path() + "/t.npy", Tensor<float>{1, 2});
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  header += std::string(128 - 10 - header.size() - 1, ' ') + '\n';
  EXPECT_EQ(slurp(folder.path() + "/t.npy"), npy(header, hex("0000803f 00000040")));
}

TEST(Npy, WritesAtomically) {
  const TemporaryFolder folder;
  EXPECT_NE(error_text<IoError>([&] {
              write_npy(folder.path() + "/none/t.npy", Tensor<float>{1});
            }).find("Check that the folder exists"),
            std::string::npos);
  // The path is a folder: it is not changed, and no temporary file is left.
  std::filesystem::create_directories(folder.path() + "/t.npy/inside");
  EXPECT_NE(error_text<IoError>([&] { write_npy(folder.path() + "/t.npy", Tensor<float>{1}); }).find("t.npy"),
            std::string::npos);
  EXPECT_EQ(files_in(folder.path()), 1U);
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/t.npy/inside"));
  EXPECT_NE(error_text<ValueError>([&] {
              write_npy(folder.path() + "/u.npy", Tensor<float>());
            }).find("got an undefined one"),
            std::string::npos);
}
