#include "lamina/data/csv.hpp"

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <string>

#include "support/temporary_file.hpp"

namespace {

using namespace lamina;
using testing_support::error_text;
using testing_support::TemporaryFolder;

template <class S = float>
CsvTable<S> read(const std::string& text, const CsvOptions& options = {}) {
  const TemporaryFolder folder;
  return read_csv<S>(folder.write("table.csv", text), options);
}

std::string error_of(const std::string& text, const CsvOptions& options = {}) {
  return error_text<IoError>([&] { read(text, options); });
}

void expect_contains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text << "\ndoes not contain: " << part;
}

using Names = std::vector<std::string>;

template <class S>
class CsvTest : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(CsvTest, Scalars);

TYPED_TEST(CsvTest, ReadsNumbersAndNames) {
  const auto table = read<TypeParam>("a,b,c\n1,-2.5,3e2\n+4,.5,-0\n");
  EXPECT_EQ(table.columns, (Names{"a", "b", "c"}));
  ASSERT_EQ(table.values.shape(), (Shape{2, 3}));
  EXPECT_EQ(table.values(0, 0), TypeParam(1));
  EXPECT_EQ(table.values(0, 1), TypeParam(-2.5));
  EXPECT_EQ(table.values(0, 2), TypeParam(300));
  EXPECT_EQ(table.values(1, 0), TypeParam(4));
  EXPECT_EQ(table.values(1, 1), TypeParam(0.5));
  EXPECT_TRUE(std::signbit(table.values(1, 2)));
  EXPECT_EQ(table["b"].shape(), Shape{2});
  EXPECT_EQ(table["b"](1), TypeParam(0.5));
}

TYPED_TEST(CsvTest, NumbersAreRoundedOnce) {
  const auto t = read<TypeParam>("0.1,3.4028234663852886e38,16777217.000000001,1e-45\n").values;
  EXPECT_EQ(t(0, 0), TypeParam(0.1L));
  EXPECT_EQ(t(0, 1), TypeParam(3.4028234663852886e38));
  // Where long double is double, a literal would be rounded twice.
  EXPECT_EQ(t(0, 2), sizeof(TypeParam) == sizeof(float) ? TypeParam(16777218) : TypeParam(16777217.000000001));
  EXPECT_EQ(t(0, 3), TypeParam(1e-45L));
}

TYPED_TEST(CsvTest, ShortNumbers) {
  const auto t = read<TypeParam>("255,-0.001,7.,.0000000001,16777216.1,9999999999,1.000000001,0.1\n").values;
  const TypeParam expected[] = {255,
                                TypeParam(-0.001L),
                                7,
                                TypeParam(1e-10L),
                                TypeParam(16777216.1L),
                                TypeParam(9999999999L),
                                TypeParam(1.000000001L),
                                TypeParam(0.1L)};
  for (Index i = 0; i < t.size(); ++i) EXPECT_EQ(t[i], expected[i]) << i;
}

TYPED_TEST(CsvTest, UnderflowIsZero) {
  const auto t = read<TypeParam>("1e-400,-1E-400,0." + std::string(400, '0') + "1\n").values;
  for (Index i = 0; i < 3; ++i) EXPECT_EQ(t[i], TypeParam(0));
  expect_contains(error_text<IoError>([] { read<TypeParam>("1e400\n", {.header = false}); }), "got \"1e400\"");
}

TEST(Csv, FloatRange) {
  EXPECT_EQ(read("1e-50\n").values(0, 0), 0.0F);
  expect_contains(error_of("1\n1e39\n"), "line 2, column 1: expected a float, got \"1e39\"");
  EXPECT_EQ(read<double>("1e39\n").values(0, 0), 1e39);
}

TEST(Csv, InfinityAndNaN) {
  const auto t = read("inf,-inf,nan\n").values;
  EXPECT_EQ(t(0, 0), INFINITY);
  EXPECT_EQ(t(0, 1), -INFINITY);
  EXPECT_TRUE(std::isnan(t(0, 2)));
}

TEST(Csv, TheHeaderIsDetected) {
  EXPECT_EQ(read("1,2\n3,4\n").values.shape(), (Shape{2, 2}));
  EXPECT_TRUE(read("1,2\n3,4\n").columns.empty());
  EXPECT_EQ(read("1,,2\n3,4,5\n").values.shape(), (Shape{2, 3}));
  EXPECT_EQ(read("x,2\n3,4\n").columns, (Names{"x", "2"}));
  EXPECT_EQ(read("1980,1990\n3,4\n", {.header = true}).columns, (Names{"1980", "1990"}));
  EXPECT_EQ(read("1980,1990\n3,4\n", {.header = false}).values.shape(), (Shape{2, 2}));
}

TEST(Csv, QuotedCells) {
  const auto table = read("\"a, b\", \"say \"\"x\"\"\" ,\"two\nlines\"\n\"1\", \"2.5\" ,3\n");
  EXPECT_EQ(table.columns, (Names{"a, b", "say \"x\"", "two\nlines"}));
  EXPECT_EQ(table.values(0, 0), 1);
  EXPECT_EQ(table.values(0, 1), 2.5F);
}

TEST(Csv, LineEndings) {
  for (const char* text : {"a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n", "a,b\r1,2\r3,4\r", "a,b\n1,2\n3,4",
                           "\xEF\xBB\xBF"
                           "a,b\n\n1,2\n  \n\r\n3,4\n\n"}) {
    const auto table = read(text);
    EXPECT_EQ(table.columns, (Names{"a", "b"}));
    ASSERT_EQ(table.values.shape(), (Shape{2, 2}));
    EXPECT_EQ(table.values(1, 1), 4);
  }
}

TEST(Csv, DelimitersAndSpaces) {
  EXPECT_EQ(read(" 1 ;\t2 ; 3\n", {.delimiter = ';'}).values(0, 1), 2);
  EXPECT_EQ(read("1\t 2\t3\n", {.delimiter = '\t'}).values(0, 1), 2);
  EXPECT_EQ(read("1 2 3\n", {.delimiter = ' '}).values.shape(), (Shape{1, 3}));
  const auto t = read("1\t\t3\n", {.delimiter = '\t'}).values;
  EXPECT_TRUE(std::isnan(t(0, 1)));
}

TEST(Csv, EmptyCells) {
  const std::string text = "a,b,c\n1,,\n,5,\"\"\n";
  const auto t = read(text).values;
  ASSERT_EQ(t.shape(), (Shape{2, 3}));
  for (const float v : {t(0, 1), t(0, 2), t(1, 0), t(1, 2)}) EXPECT_TRUE(std::isnan(v));
  EXPECT_EQ(read(text, {.missing = -1}).values(0, 1), -1);
  const std::string error = error_of(text, {.missing = std::nullopt});
  expect_contains(error, "line 2, column 2 (\"b\"): expected a float, got an empty cell");
  expect_contains(error, "{.missing = 0}");
}

TEST(Csv, ChosenColumns) {
  const std::string text = "name,x,y\nfirst,1,2\nsecond,3,4\n";
  const auto named = read(text, {.columns = {"y", "x"}});
  EXPECT_EQ(named.columns, (Names{"y", "x"}));
  EXPECT_EQ(named.values(1, 0), 4);
  EXPECT_EQ(named.values(1, 1), 3);
  const auto placed = read(text, {.columns = {-1, 1}});
  EXPECT_EQ(placed.columns, (Names{"y", "x"}));
  EXPECT_EQ(placed.values(0, 0), 2);
  EXPECT_EQ(read("5,6\n", {.columns = {0}}).values.shape(), (Shape{1, 1}));
}

TEST(Csv, SkippedRows) {
  const auto table = read("made by hand\n\"yes\n\na,b\n1,2\n", {.skip_rows = 2});
  EXPECT_EQ(table.columns, (Names{"a", "b"}));
  EXPECT_EQ(table.values.shape(), (Shape{1, 2}));
}

TEST(Csv, OneCellAndNoRows) {
  EXPECT_EQ(read("7").values(0, 0), 7);
  EXPECT_EQ(read("a,b\n").values.shape(), (Shape{0, 2}));
}

TEST(Csv, Large) {
  std::string text = "a,b,c\n";
  for (int i = 0; i < 100000; ++i) text += std::to_string(i) + "," + std::to_string(i) + ".5,-1e-3\r\n";
  const auto t = read<double>(text).values;
  ASSERT_EQ(t.shape(), (Shape{100000, 3}));
  EXPECT_EQ(t(99999, 1), 99999.5);
  EXPECT_EQ(t(50000, 2), -1e-3);
}

TEST(Csv, IsIndependentOfTheLocale) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8"}) std::setlocale(LC_ALL, name);
  EXPECT_EQ(read("1.5,2\n").values(0, 0), 1.5F);
  std::setlocale(LC_ALL, before.c_str());
}

TEST(CsvErrors, NotANumber) {
  expect_contains(error_of("a,b\n1,2\n3,4x\n"), "line 3, column 2 (\"b\"): expected a float, got \"4x\"");
  expect_contains(error_of("1,2\n3,--4\n"), "line 2, column 2: expected a float, got \"--4\"");
  for (const char* cell : {"0x10", "1,5", "1 2", "+-1", "++1", "e5", ".", "-"})
    expect_contains(error_of("1\n\"" + std::string(cell) + "\"\n"), "got \"" + std::string(cell) + "\"");
}

TEST(CsvErrors, LineNumbersAreThoseOfTheFile) {
  expect_contains(error_of("skip\n\"a\nb\",c\r\n\r\n1,2\r\n3,x\r\n", {.skip_rows = 1}), "line 6, column 2 (\"c\")");
}

TEST(CsvErrors, RaggedRows) {
  const std::string text = error_of("a;b\n1;2\n3,4\n", {.delimiter = ';'});
  expect_contains(text, "line 3: expected 2 columns, as in the first row, got 1");
  expect_contains(text, "';'");
  expect_contains(error_of("1,2\n1,2,3\n"), "line 2: expected 2 columns, as in the first row, got 3");
}

TEST(CsvErrors, Quotes) {
  expect_contains(error_of("1,\"2\n3,4\n"), "line 1, column 2: expected a closing quote");
  expect_contains(error_of("1,2\n3,\"4\"5\n"), "line 2, column 2: expected the delimiter");
}

TEST(CsvErrors, NoRows) {
  for (const char* text : {"", "\n\r\n  \n", "\xEF\xBB\xBF"}) expect_contains(error_of(text), "at least one row");
  expect_contains(error_of("1\n2\n", {.skip_rows = 5}), "at least one row");
}

TEST(CsvErrors, UnknownColumns) {
  const std::string text = error_text<ValueError>([] { read("height,weight\n1,2\n", {.columns = {"hieght"}}); });
  expect_contains(text, "Did you mean \"height\"?");
  expect_contains(error_of("1,2\n", {.columns = {"x"}}), "expected a header with column \"x\"");
  expect_contains(error_of("1,2\n", {.columns = {2}}), "column 2 is out of range for 2 columns");
  expect_contains(error_of("1,2\n", {.columns = {-3}}), "column -3 is out of range for 2 columns");
  EXPECT_THROW(read("a\n1\n")["b"], ValueError);
}

TEST(CsvErrors, Options) { EXPECT_THROW(read("1\n", {.delimiter = '"'}), ValueError); }

TEST(CsvErrors, MissingFile) {
  expect_contains(error_text<IoError>([] { read_csv(testing::TempDir() + "lamina_no_such.csv"); }), "cannot open");
}

}  // namespace
