#include <gtest/gtest.h>

#include <cstring>
#include <lamina/io/hdf5_reader.hpp>
#include <lamina/io/hdf5_writer.hpp>
#include <thread>

#include "support/expect.hpp"
#include "support/hdf5_files.hpp"
#include "support/temporary_file.hpp"

using namespace lamina;

namespace {

using lamina::detail::Hdf5Image;
using lamina::detail::Hdf5Reader;
using lamina::detail::Hdf5Writer;
using lamina::testing_support::error_text;
using lamina::testing_support::Hdf5File;
using lamina::testing_support::open_hdf5;

std::string io_error(const std::function<void()>& f) { return error_text<IoError>(f); }
std::vector<float> counted(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i) / 4;
  return values;
}
/// Replaces every occurrence of some bytes; returns the number of them.
std::size_t replace(std::string& bytes, const std::string& from, const std::string& to) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = bytes.find(from, at)) != std::string::npos; at += to.size(), ++count)
    bytes.replace(at, from.size(), to);
  return count;
}
template <class T>
std::string bytes_of(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}
/// The values of a dataset, as double.
Tensor<double> doubles(const Hdf5Reader& file, const std::string& path, const Shape& shape) {
  return std::visit([](const auto& tensor) { return tensor.template cast<double>(); }, file.read(path, shape));
}
bool is_float(const AnyTensor& value) { return std::holds_alternative<Tensor<float>>(value); }

// ---- Hdf5Reader: datasets

TEST(Hdf5Reader, ReadsEveryNumericType) {
  struct Case {
    hid_t type;
    const char* name;
    bool as_float;
  };
  const Case cases[] = {{H5T_STD_I8LE, "i1", false},   {H5T_STD_I16LE, "<i2", false}, {H5T_STD_I16BE, ">i2", false},
                        {H5T_STD_I32LE, "<i4", false}, {H5T_STD_I32BE, ">i4", false}, {H5T_STD_I64LE, "<i8", false},
                        {H5T_STD_I64BE, ">i8", false}, {H5T_STD_U8LE, "u1", false},   {H5T_STD_U16LE, "<u2", false},
                        {H5T_STD_U32BE, ">u4", false}, {H5T_STD_U64LE, "<u8", false}, {H5T_STD_U64BE, ">u8", false},
                        {H5T_IEEE_F32LE, "<f4", true}, {H5T_IEEE_F32BE, ">f4", true}, {H5T_IEEE_F64LE, "<f8", false},
                        {H5T_IEEE_F64BE, ">f8", false}};
  const Hdf5File file;
  const double values[] = {0, 1, 2, 99, 127, 5};
  for (const Case& c : cases) file.dataset(c.name, {2, 3}, c.type, H5T_NATIVE_DOUBLE, values);
  const hid_t half = H5Tcopy(H5T_IEEE_F32LE);
  H5Tset_fields(half, 15, 10, 5, 0, 10);
  H5Tset_ebias(half, 15);
  H5Tset_size(half, 2);
  file.dataset("<f2", {2, 3}, half, H5T_NATIVE_DOUBLE, values);
  H5Tclose(half);

  const Hdf5Reader reader = open_hdf5(file.bytes());
  for (const Case& c : cases) {
    const AnyTensor read = reader.read(c.name, {2, 3});
    EXPECT_EQ(is_float(read), c.as_float) << c.name;
    EXPECT_TRUE(expect::same(doubles(reader, c.name, {2, 3}), Tensor<double>{{0, 1, 2}, {99, 127, 5}})) << c.name;
  }
  EXPECT_TRUE(is_float(reader.read("<f2", {2, 3})));
  EXPECT_TRUE(expect::same(doubles(reader, "<f2", {2, 3}), Tensor<double>{{0, 1, 2}, {99, 127, 5}}));
}

TEST(Hdf5Reader, KeepsTheBitsOfNumbers) {
  const Hdf5File file;
  const float infinity = std::numeric_limits<float>::infinity();
  file.floats("f", {4}, {infinity, -0.0F, 1e-45F, 3.4028235e38F});
  const double exact[] = {0.1, -5e-324};
  file.dataset("d", {2}, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, exact);
  const std::int64_t large[] = {9007199254740993, -1};  // 2^53 + 1 is no double
  file.dataset("i", {2}, H5T_STD_I64LE, H5T_NATIVE_INT64, large);
  const Hdf5Reader reader = open_hdf5(file.bytes());
  const Tensor<float> f = std::get<Tensor<float>>(reader.read("f", {4}));
  EXPECT_EQ(f[0], infinity);
  EXPECT_TRUE(std::signbit(f[1]));
  EXPECT_EQ(f[2], 1e-45F);
  EXPECT_EQ(f[3], 3.4028235e38F);
  EXPECT_TRUE(expect::same(doubles(reader, "d", {2}), Tensor<double>{0.1, -5e-324}));
  EXPECT_EQ(doubles(reader, "i", {2})[1], -1);
}

TEST(Hdf5Reader, ReadsBfloat16AndBooleans) {
  const Hdf5File file;
  const unsigned char upper_halves[] = {0x80, 0x3F, 0x00, 0xC0, 0x49, 0x40};  // 1, -2, 3.140625
  const hid_t opaque = H5Tcreate(H5T_OPAQUE, 2);
  file.dataset("bfloat16", {3}, opaque, opaque, upper_halves);
  file.string("bfloat16", "dtype", "bfloat16");
  file.dataset("other", {3}, opaque, opaque, upper_halves);
  H5Tclose(opaque);
  const hid_t boolean = H5Tenum_create(H5T_NATIVE_INT8);
  const signed char values[] = {0, 1, 1};
  H5Tenum_insert(boolean, "FALSE", values);
  H5Tenum_insert(boolean, "TRUE", values + 1);
  file.dataset("boolean", {3}, boolean, boolean, values);
  H5Tclose(boolean);
  const Hdf5Reader reader = open_hdf5(file.bytes());
  EXPECT_TRUE(expect::same(doubles(reader, "bfloat16", {3}), Tensor<double>{1, -2, 3.140625}));
  EXPECT_TRUE(expect::same(doubles(reader, "boolean", {3}), Tensor<double>{0, 1, 1}));
  EXPECT_EQ(io_error([&] { reader.read("other", {3}); }),
            "\"f.h5\": the dataset \"other\": expected numbers, got data of another type");
}

TEST(Hdf5Reader, ReadsEveryLayout) {
  const Hdf5File file;
  const std::vector<float> values = counted(20 * 30);
  const hsize_t chunk[] = {7, 4};
  const auto chunked = [&] {
    const hid_t made = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(made, 2, chunk);
    return made;
  };
  const hid_t plain = chunked(), gzip = chunked(), compact = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_shuffle(gzip);
  H5Pset_deflate(gzip, 9);
  H5Pset_fletcher32(gzip);
  H5Pset_layout(compact, H5D_COMPACT);
  file.floats("contiguous", {20, 30}, values);
  file.floats("chunked", {20, 30}, values, plain);
  file.floats("gzip", {20, 30}, values, gzip);
  file.floats("compact", {20, 30}, values, compact);
  const std::vector<float> zeros(100000);
  file.floats("zeros", {1000, 100}, zeros, gzip);
  for (const hid_t list : {plain, gzip, compact}) H5Pclose(list);
  const Hdf5Reader reader = open_hdf5(file.bytes());
  for (const char* path : {"contiguous", "chunked", "gzip", "compact"}) {
    const AnyTensor read = reader.read(path, {20, 30});
    const Tensor<float>& tensor = std::get<Tensor<float>>(read);
    EXPECT_EQ(std::memcmp(tensor.data(), values.data(), values.size() * sizeof(float)), 0) << path;
    EXPECT_EQ(reader.shape(path), Shape({20, 30}));
  }
  EXPECT_EQ(std::get<Tensor<float>>(reader.read("zeros", {1000, 100}))[99999], 0);
}

TEST(Hdf5Reader, ReadsScalarsAndEmptyAndLargeDatasets) {
  const Hdf5File file;
  const std::vector<float> values = counted(300000);
  file.floats("scalar", {}, {7});
  file.floats("empty", {0, 3}, {});
  file.floats("a/b/c/large", {300, 1000}, values);
  const Hdf5Reader reader = open_hdf5(file.bytes());
  EXPECT_EQ(std::get<Tensor<float>>(reader.read("scalar", {})).item(), 7);
  EXPECT_EQ(std::get<Tensor<float>>(reader.read("empty", {0, 3})).shape(), Shape({0, 3}));
  const AnyTensor large = reader.read("a/b/c/large", {300, 1000});
  EXPECT_EQ(std::memcmp(std::get<Tensor<float>>(large).data(), values.data(), values.size() * sizeof(float)), 0);
  EXPECT_GE(reader.most_elements(), values.size());
}

TEST(Hdf5Reader, RefusesAnotherShape) {
  const Hdf5File file;
  file.floats("g/w", {2, 3}, counted(6));
  const std::vector<hsize_t> nine(9, 1);
  file.floats("nine", nine, {1});
  const Hdf5Reader reader = open_hdf5(file.bytes());
  EXPECT_EQ(
      error_text<ShapeError>([&] {
        reader.read("g/w", {3, 2});
      }),
      "\"f.h5\": the dataset \"g/w\": expected shape (3, 2), got (2, 3). The file was written for another model.");
  for (const Shape& other : {Shape(), Shape{6}, Shape{2, 3, 1}, Shape{2, 4}})
    EXPECT_THROW(reader.read("g/w", other), ShapeError) << other;
  EXPECT_EQ(io_error([&] { reader.read("nine", {1}); }),
            "\"f.h5\": the dataset \"nine\" has 9 axes: at most 8 are supported");
}

TEST(Hdf5Reader, RefusesWhatIsNoDatasetOfNumbers) {
  const Hdf5File file;
  file.floats("g/w", {1}, {1});
  const hid_t string = H5Tcopy(H5T_C_S1), compound = H5Tcreate(H5T_COMPOUND, 8),
              sequence = H5Tvlen_create(H5T_NATIVE_INT);
  H5Tset_size(string, 4);
  H5Tinsert(compound, "r", 0, H5T_NATIVE_FLOAT);
  H5Tinsert(compound, "i", 4, H5T_NATIVE_FLOAT);
  file.dataset("string", {1}, string, string, "abcd");
  file.dataset("compound", {1}, compound, compound, "12345678");
  file.dataset("sequence", {1}, sequence, sequence, nullptr);
  H5Tcommit2(file.id(), "type", compound, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t null = H5Screate(H5S_NULL);
  H5Dclose(H5Dcreate2(file.id(), "null", H5T_NATIVE_FLOAT, null, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  H5Sclose(null);
  for (const hid_t type : {string, compound, sequence}) H5Tclose(type);

  const Hdf5Reader reader = open_hdf5(file.bytes());
  for (const char* path : {"string", "compound"})
    EXPECT_EQ(io_error([&] { reader.read(path, {1}); }),
              text("\"f.h5\": the dataset \"", path, "\": expected numbers, got data of another type"));
  EXPECT_NE(io_error([&] { reader.read("sequence", {1}); }).find("\"f.h5\": the dataset \"sequence\""),
            std::string::npos);
  EXPECT_EQ(io_error([&] { reader.read("null", {1}); }), "\"f.h5\": cannot read the shape of the dataset \"null\"");
  for (const char* path : {"", "/", "g", "type"})
    EXPECT_EQ(io_error([&] { reader.read(path, {1}); }),
              text("\"f.h5\": expected a dataset \"", path, "\", got a group or type of this name"));
  for (const char* path : {"x", "g/x", "g/w/0", "x/y/z", "..", "G"})
    EXPECT_EQ(
        io_error([&] { reader.read(path, {1}); }),
        text("\"f.h5\": there is no dataset \"", path, "\". The file was written for another model, or is damaged."));
  EXPECT_EQ(std::get<Tensor<float>>(reader.read("/g//./w", {1})).item(), 1);
}

TEST(Hdf5Reader, RefusesDatasetsWithoutTheirValues) {
  const Hdf5File file;
  file.dataset("unwritten", {2, 3}, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, nullptr);
  file.floats("w", {7919, 3}, counted(7919 * 3));
  const hid_t chunked = H5Pcreate(H5P_DATASET_CREATE);
  const hsize_t chunk[] = {7907};
  H5Pset_chunk(chunked, 1, chunk);
  H5Pset_deflate(chunked, 9);
  file.dataset("chunked", {5000}, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, counted(5000).data(), chunked, {H5S_UNLIMITED});
  H5Pclose(chunked);
  std::string bytes = file.bytes();
  EXPECT_EQ(io_error([&] {
              open_hdf5(bytes).read("unwritten", {2, 3});
            }),
            "\"f.h5\": the dataset \"unwritten\" of shape (2, 3) needs 24 bytes, and has 0");

  // A shape that is larger than the file.
  std::string larger = bytes;
  ASSERT_GE(replace(larger, bytes_of<std::uint64_t>(7919), bytes_of<std::uint64_t>(79190000)), 1U);
  EXPECT_NE(io_error([&] { open_hdf5(larger).read("w", {79190000, 3}); }).find("\"w\""), std::string::npos);
  // An axis beyond any memory.
  std::string endless = bytes;
  replace(endless, bytes_of<std::uint64_t>(7919), bytes_of(std::uint64_t{1} << 60U));
  EXPECT_NE(io_error([&] { open_hdf5(endless).read("w", {7919, 3}); }).find("\"w\""), std::string::npos);

  // Chunks of 2 GB, which HDF5 would allocate to read 5000 numbers.
  ASSERT_GE(replace(bytes, bytes_of<std::uint32_t>(7907), bytes_of<std::uint32_t>(500000000)), 1U);
  EXPECT_EQ(io_error([&] { open_hdf5(bytes).read("chunked", {5000}); }),
            "\"f.h5\": the dataset \"chunked\" of 20000 bytes has chunks of 2e+09 bytes: more than expected. Is the "
            "file damaged?");
}

TEST(Hdf5Reader, FollowsHardLinksOnly) {
  const Hdf5File file;
  file.floats("g/w", {1}, {1});
  H5Lcreate_hard(file.id(), "g/w", file.id(), "hard", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_hard(file.id(), "g", file.id(), "g/loop", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/g/w", file.id(), "soft", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/soft_loop", file.id(), "soft_loop", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external("/etc/passwd", "/", file.id(), "external", H5P_DEFAULT, H5P_DEFAULT);
  const Hdf5Reader reader = open_hdf5(file.bytes());
  EXPECT_EQ(std::get<Tensor<float>>(reader.read("hard", {1})).item(), 1);
  EXPECT_EQ(std::get<Tensor<float>>(reader.read("g/loop/loop/w", {1})).item(), 1);
  for (const char* link : {"soft", "soft_loop", "external"})
    for (const std::string& path : {std::string(link), std::string(link) + "/w"})
      EXPECT_EQ(io_error([&] { reader.read(path, {1}); }),
                text("\"f.h5\": \"", link,
                     "\" is a soft or external link, which can lead out of the file and is not followed. Copy the data "
                     "into the file."));
  EXPECT_THROW(reader.is_group("external"), IoError);
}

TEST(Hdf5Reader, OpensNoOtherFile) {
  const testing_support::TemporaryFolder folder;
  const std::string secret = folder.write("secret", std::string(24, 'x'));
  const Hdf5File file;
  const hid_t external = H5Pcreate(H5P_DATASET_CREATE), view = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_external(external, secret.c_str(), 0, 24);
  file.dataset("external", {2, 3}, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, nullptr, external);
  const hsize_t sizes[] = {2, 3};
  const hid_t space = H5Screate_simple(2, sizes, nullptr);
  H5Pset_virtual(view, space, secret.c_str(), "/w", space);
  file.dataset("virtual", {2, 3}, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, nullptr, view);
  H5Sclose(space);
  H5Pclose(external);
  H5Pclose(view);
  const Hdf5Reader reader = open_hdf5(file.bytes());
  EXPECT_EQ(io_error([&] {
              reader.read("external", {2, 3});
            }),
            "\"f.h5\": the data of the dataset \"external\" are in another file, which is not opened");
  EXPECT_EQ(io_error([&] {
              reader.read("virtual", {2, 3});
            }),
            "\"f.h5\": the dataset \"virtual\" is virtual: its data are in other files, which are not opened");
}

// ---- Hdf5Reader: groups and attributes

TEST(Hdf5Reader, ListsGroups) {
  const Hdf5File file;
  file.group("empty");
  for (const char* name : {"many/b", "many/a", "many/B", "many/10", "many/2", "many/\xC3\xA9 \xC3\xB8"})
    file.group(name);
  file.floats("w", {1}, {1});
  const Hdf5Reader reader = open_hdf5(file.bytes());
  EXPECT_EQ(reader.names(""), (std::vector<std::string>{"empty", "many", "w"}));
  EXPECT_EQ(reader.names("/"), reader.names(""));
  EXPECT_TRUE(reader.names("empty").empty());
  EXPECT_EQ(reader.names("many"), (std::vector<std::string>{"10", "2", "B", "a", "b", "\xC3\xA9 \xC3\xB8"}));
  for (const char* path : {"w", "x", "empty/x"})
    EXPECT_EQ(io_error([&] { reader.names(path); }), text("\"f.h5\": there is no group \"", path, "\""));
  EXPECT_TRUE(reader.is_group("many/\xC3\xA9 \xC3\xB8"));
  EXPECT_FALSE(reader.is_group("w"));
  EXPECT_TRUE(reader.is_dataset("w"));
  EXPECT_FALSE(reader.is_dataset("x"));
  EXPECT_TRUE(reader.contains("w"));
  EXPECT_FALSE(reader.contains("w/x"));
}

TEST(Hdf5Reader, ReadsAttributes) {
  const Hdf5File file;
  file.group("g");
  const std::string thousand(50000, 'z');
  file.string("/", "one", "\xC3\xA9l\xC3\xA9phant");
  file.string("/", "empty", "");
  file.string("/", "long", thousand.c_str());
  file.fixed_strings("g", "fixed", 6, {"ab", "", "sixsix"});
  file.strings("g", "variable", {"x", "", "yy"});
  file.attribute("g", "nothing", H5T_NATIVE_DOUBLE, {0}, nullptr);
  file.attribute("g", "numbers", H5T_NATIVE_DOUBLE, {2}, nullptr);
  file.strings("g", "names0", {"a", "b"});
  file.fixed_strings("g", "names1", 1, {"c"});
  file.strings("g", "names3", {"d"});
  const Hdf5Reader reader = open_hdf5(file.bytes());
  EXPECT_EQ(reader.attribute("", "one"), "\xC3\xA9l\xC3\xA9phant");
  EXPECT_EQ(reader.attribute("", "empty"), "");
  EXPECT_EQ(reader.attribute("", "long"), thousand);
  EXPECT_EQ(reader.attribute("", "other"), std::nullopt);
  EXPECT_EQ(reader.attribute("x", "one"), std::nullopt);
  using Strings = std::vector<std::string>;
  EXPECT_EQ(reader.string_list("g", "fixed"), (Strings{"ab", "", "sixsix"}));
  EXPECT_EQ(reader.string_list("g", "variable"), (Strings{"x", "", "yy"}));
  EXPECT_EQ(reader.string_list("g", "nothing"), Strings());
  EXPECT_EQ(reader.string_list("g", "names"), (Strings{"a", "b", "c"})) << "pieces end where a number is missing";
  EXPECT_EQ(reader.string_list("g", "other"), std::nullopt);
  EXPECT_EQ(io_error([&] { reader.string_list("g", "numbers"); }),
            "\"f.h5\": the attribute \"numbers\" of \"g\": expected strings, got data of another type");
  EXPECT_EQ(io_error([&] { static_cast<void>(reader.attribute("g", "variable")); }),
            "\"f.h5\": the attribute \"variable\" of \"g\": expected a string, got 3");
}

TEST(Hdf5Reader, ReadsStringsFromEveryHeader) {
  for (const bool second : {false, true}) {
    const Hdf5File file(second);
    file.group("g");
    const int count = second ? 8 : 40;  // more are not in a header of the second version
    const std::string large(10000, 'z');
    for (int i = 0; i < count; ++i)
      file.strings("g", text("list", i).c_str(), {text("string ", i).c_str(), "", i == 3 ? large.c_str() : "last"});
    file.floats("w", {1}, {1});
    file.string("w", "name", "dataset");
    const std::string bytes = file.bytes();
    for (const std::string& all : {bytes, std::string(2048, 'u') + bytes}) {  // after a user block
      const Hdf5Reader reader = open_hdf5(all);
      for (int i = 0; i < count; ++i)
        EXPECT_EQ(reader.string_list("g", text("list", i)),
                  (std::vector<std::string>{text("string ", i), "", i == 3 ? large : "last"}))
            << second << i;
      EXPECT_EQ(reader.attribute("w", "name"), "dataset");
    }
    file.string("g", "one more", "x");
    if (second) {
      EXPECT_NE(io_error([&] {
                  static_cast<void>(open_hdf5(file.bytes()).attribute("g", "one more"));
                }).find("its strings are damaged, or stored in a form that is not supported"),
                std::string::npos);
    }
  }
}

TEST(Hdf5Reader, RefusesDamagedStrings) {
  const Hdf5File file;
  file.strings("/", "list", {"0123456789", "abc"});
  const std::string bytes = file.bytes();
  const std::uint64_t heap = bytes.find("GCOL");
  ASSERT_NE(heap, std::string::npos);
  const std::string reference = bytes_of<std::uint32_t>(10) + bytes_of(heap) + bytes_of<std::uint32_t>(2);
  ASSERT_NE(bytes.find(reference), std::string::npos);
  const auto refused = [&](std::string from, const std::string& to, const char* what) {
    std::string damaged = bytes;
    ASSERT_EQ(replace(damaged, from, to), 1U) << what;
    EXPECT_EQ(io_error([&] { static_cast<void>(open_hdf5(damaged).string_list("", "list")); }),
              "\"f.h5\": the attribute \"list\" of \"\": its strings are damaged, or stored in a form that is not "
              "supported")
        << what;
  };
  const auto changed = [&](std::uint32_t length, std::uint64_t address, std::uint32_t index) {
    return bytes_of(length) + bytes_of(address) + bytes_of(index);
  };
  refused(reference, changed(11, heap, 2), "longer than it is");
  refused(reference, changed(0xFFFFFFFF, heap, 2), "longer than the file");
  refused(reference, changed(10, heap, 3), "an index that is not there");
  refused(reference, changed(10, heap, 0xFFFFFFFF), "an index that is not there");
  refused(reference, changed(10, heap + 8, 1), "no heap");
  refused(reference, changed(10, ~std::uint64_t{0}, 1), "beyond the file");
  const std::string object = bytes_of<std::uint64_t>(2) + bytes_of<std::uint64_t>(10) + "0123456789";
  refused(object, bytes_of<std::uint64_t>(2) + bytes_of(~std::uint64_t{0}) + "0123456789", "an object without end");
  refused(object, bytes_of<std::uint64_t>(2) + bytes_of<std::uint64_t>(5000) + "0123456789",
          "over the end of the heap");
  refused("GCOL", "GCOR", "another signature");
}

TEST(Hdf5Reader, RefusesAttributesLargerThanTheFile) {
  const Hdf5File file;
  file.fixed_strings("/", "fixed", 1009, {"a", "b"});
  std::string bytes = file.bytes();
  ASSERT_GE(replace(bytes, bytes_of<std::uint32_t>(1009), bytes_of<std::uint32_t>(1000000000)), 1U);
  EXPECT_NE(io_error([&] {
              open_hdf5(bytes).string_list("", "fixed");
            }).find("\"f.h5\": cannot read the attributes of \"\": "),
            std::string::npos);
  // Each number is below the size of the file, their product is not.
  bytes = file.bytes();
  replace(bytes, bytes_of<std::uint32_t>(1009), bytes_of<std::uint32_t>(3000));
  replace(bytes, bytes_of<std::uint64_t>(2), bytes_of<std::uint64_t>(3000));
  EXPECT_THROW(open_hdf5(bytes).string_list("", "fixed"), IoError);
}

// ---- Opening

TEST(Hdf5Reader, RefusesOtherFiles) {
  const Hdf5File file;
  file.floats("w", {10}, counted(10));
  const std::string bytes = file.bytes();
  for (const std::string& bad : {std::string(), std::string("x"), std::string(3000, '\0'), bytes.substr(0, 8),
                                 bytes.substr(0, 96), bytes.substr(0, bytes.size() / 2), "\n" + bytes})
    EXPECT_NE(
        io_error([&] { open_hdf5(bad); }).find("\"f.h5\": expected an HDF5 file, got a file that HDF5 cannot open: "),
        std::string::npos)
        << bad.size();
  EXPECT_NO_THROW(open_hdf5(std::string(512, 'u') + bytes).read("w", {10})) << "after a user block";
}

/// Bytes that cannot be read from some position on.
class FailingBytes final : public detail::Bytes {
 public:
  FailingBytes(std::string bytes, std::uint64_t end) : bytes_(std::move(bytes)), end_(end) {}
  std::uint64_t size() const noexcept override { return bytes_.size(); }
  bool read(std::uint64_t offset, void* to, std::size_t count) noexcept override {
    return offset + count <= end_ && bytes_.read(offset, to, count);
  }

 private:
  detail::StringBytes bytes_;
  std::uint64_t end_;
};

TEST(Hdf5Driver, ReportsBytesThatCannotBeRead) {
  const Hdf5File file;
  file.floats("w", {100000}, counted(100000));
  const std::string bytes = file.bytes();
  const Hdf5Reader reader("\"f.h5\"", std::make_unique<FailingBytes>(bytes, bytes.size() - 100));
  EXPECT_NE(io_error([&] { reader.read("w", {100000}); }).find("\"f.h5\": cannot read the dataset \"w\": "),
            std::string::npos);
  EXPECT_THROW(Hdf5Reader("\"f.h5\"", std::make_unique<FailingBytes>(bytes, 0)), IoError);
}

TEST(Hdf5Reader, ReadsInSeveralThreads) {
  const Hdf5File file;
  file.floats("g/w", {1000}, counted(1000));
  const std::string bytes = file.bytes();
  const Hdf5Reader shared = open_hdf5(bytes);
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i)
        if (std::get<Tensor<float>>(open_hdf5(bytes).read("g/w", {1000}))[999] == 999 / 4.0F &&
            shared.names("g").size() == 1)
          ++right;
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(right, 200);
}

TEST(Hdf5Reader, RestoresTheErrorOutputOfTheProgram) {
  H5E_auto2_t print = nullptr;
  void* data = nullptr;
  H5Eget_auto2(H5E_DEFAULT, &print, &data);
  EXPECT_THROW(open_hdf5("x"), IoError);
  H5E_auto2_t after = nullptr;
  void* data_after = nullptr;
  H5Eget_auto2(H5E_DEFAULT, &after, &data_after);
  EXPECT_EQ(print, after);
  EXPECT_EQ(data, data_after);
}

// ---- Hdf5Writer

std::string all_bytes(Hdf5Image& image) {
  std::string bytes(static_cast<std::size_t>(image.size()), '\0');
  EXPECT_TRUE(image.read(0, bytes.data(), bytes.size()));
  return bytes;
}

TEST(Hdf5Writer, WritesWhatTheReaderReads) {
  const Tensor<float> one = expect::scattered<float>({3, 4}), scalar(5.0F), empty = Tensor<float>::zeros({0, 2});
  const Tensor<float> large = expect::scattered<float>({300, 100}, 3);  // not copied
  const Tensor<double> exact = expect::scattered({2}, 2) / 3;
  Hdf5Image image;
  Hdf5Writer writer("save \"f.h5\"", image);
  writer.group("empty/inner");
  writer.group("empty/inner");
  writer.attribute("a/vars", "name", "d\xC3\xA9nse/1");
  writer.attribute("a/vars", "nothing", "");
  writer.dataset("a/vars", "0", one);
  writer.dataset("a/vars", "1", scalar);
  writer.dataset("a/vars", "2", empty);
  writer.dataset("b", "large", large);
  writer.dataset("b", "exact", exact);
  writer.integer("b", "integer", -2147483647);
  for (int i = 0; i < 100; ++i) writer.dataset("many", std::to_string(i), Tensor<float>(static_cast<float>(i)));
  writer.finish();

  const std::string bytes = all_bytes(image);
  EXPECT_EQ(bytes.substr(0, 8), "\x89HDF\r\n\x1A\n");
  EXPECT_EQ(bytes[8], 0) << "version of the superblock, for every reader";
  const Hdf5Reader reader = open_hdf5(bytes);
  EXPECT_EQ(reader.names(""), (std::vector<std::string>{"a", "b", "empty", "many"}));
  EXPECT_EQ(reader.attribute("a/vars", "name"), "d\xC3\xA9nse/1");
  EXPECT_EQ(reader.attribute("a/vars", "nothing"), "");
  EXPECT_TRUE(reader.is_group("empty/inner"));
  EXPECT_TRUE(expect::same(std::get<Tensor<float>>(reader.read("a/vars/0", {3, 4})), one));
  EXPECT_TRUE(expect::same(std::get<Tensor<float>>(reader.read("a/vars/1", {})), scalar));
  EXPECT_EQ(reader.shape("a/vars/2"), Shape({0, 2}));
  EXPECT_TRUE(expect::same(std::get<Tensor<float>>(reader.read("b/large", {300, 100})), large));
  EXPECT_TRUE(expect::same(std::get<Tensor<double>>(reader.read("b/exact", {2})), exact));
  EXPECT_EQ(doubles(reader, "b/integer", {}).item(), -2147483647);
  EXPECT_EQ(doubles(reader, "many/99", {}).item(), 99);
}

TEST(Hdf5Writer, RefusesANameTwice) {
  Hdf5Image image;
  Hdf5Writer writer("save \"f.h5\"", image);
  writer.dataset("g", "0", Tensor<float>(1.0F));
  writer.attribute("g", "name", "x");
  EXPECT_NE(io_error([&] {
              writer.dataset("g", "0", Tensor<float>(1.0F));
            }).find("save \"f.h5\": HDF5 cannot write the weights: "),
            std::string::npos);
  EXPECT_THROW(writer.attribute("g", "name", "y"), IoError);
  EXPECT_THROW(writer.group("g/0/inner"), IoError);
}

// ---- Hdf5Image

TEST(Hdf5Image, KeepsPagesAndExtents) {
  const std::string kept(200000, 'k'), other(200000, 'o');
  Hdf5Image image;
  image.keep(kept.data(), kept.size());
  EXPECT_EQ(image.size(), 0U);
  EXPECT_TRUE(image.write(10, "abc", 3));
  EXPECT_TRUE(image.write(50000, kept.data(), 100000));  // refers to it
  EXPECT_TRUE(image.write(150000, other.data(), 100000));
  EXPECT_EQ(image.size(), 250000U);
  std::string expected(250000, '\0');
  expected.replace(10, 3, "abc").replace(50000, 100000, 100000, 'k').replace(150000, 100000, 100000, 'o');
  EXPECT_TRUE(all_bytes(image) == expected);
  for (const std::size_t at : {std::size_t{0}, std::size_t{11}, std::size_t{49999}, std::size_t{149999}}) {
    std::string part(70000, '?');
    EXPECT_TRUE(image.read(at, part.data(), part.size()));
    EXPECT_TRUE(part == expected.substr(at, part.size())) << at;
  }
}

TEST(Hdf5Image, TakesTheLastWrite) {
  const std::string kept(200000, 'k');
  Hdf5Image image;
  image.keep(kept.data(), kept.size());
  std::string expected(300000, '\0');
  const auto write = [&](std::size_t at, const char* from, std::size_t count) {
    EXPECT_TRUE(image.write(at, from, count));
    expected.replace(at, count, std::string(from, count));
  };
  const std::string small(5000, 's'), large(120000, 'l');
  write(1000, small.data(), 5000);
  write(0, kept.data(), 200000);        // over pages
  write(70000, small.data(), 5000);     // into an extent
  write(90000, kept.data(), 150000);    // over an extent's end
  write(100000, large.data(), 120000);  // across two
  write(200000, kept.data(), 100000);   // from the middle of a page on
  EXPECT_TRUE(all_bytes(image) == expected);
  image.set_size(1500);
  EXPECT_EQ(image.size(), 1500U);
}

}  // namespace
