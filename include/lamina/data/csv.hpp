#pragma once
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/core/names.hpp"
#include "lamina/core/parse_number.hpp"
#include "lamina/core/tensor.hpp"
#include "lamina/data/file.hpp"

namespace lamina {

/// A column of a CSV file, selected by name or by position. Positions start at 0; negative ones count from the end.
class CsvColumn {
 public:
  /// The column with this name in the header.
  CsvColumn(const char* name) : name_(name) {}  // NOLINT: implicit, so that options accept names and positions
  /// The column with this name in the header.
  CsvColumn(std::string name) : name_(std::move(name)) {}  // NOLINT
  /// The column at this position.
  template <std::integral T>
  CsvColumn(T position) : position_(static_cast<Index>(position)) {}  // NOLINT

  /// Returns the name; std::nullopt if the column is selected by position.
  const std::optional<std::string>& name() const noexcept { return name_; }
  /// Returns the position, if the column is selected by position.
  Index position() const noexcept { return position_; }

 private:
  std::optional<std::string> name_;
  Index position_ = 0;
};

/// The options of read_csv.
struct CsvOptions {
  char delimiter = ',';  ///< Separator of cells; not a quote or a line break. Default: ','.
  /// Whether the first row contains the column names. Default: true if one of its cells is not a number.
  std::optional<bool> header = std::nullopt;
  Index skip_rows = 0;                  ///< Number of lines to skip before the header; < 1 for none. Default: 0.
  std::vector<CsvColumn> columns = {};  ///< Columns to read, in this order. Default: all.
  /// Value of empty cells; with std::nullopt an empty cell is an error. Default: NaN.
  std::optional<double> missing = std::numeric_limits<double>::quiet_NaN();
};

/// The result of read_csv.
template <class Scalar = float>
struct CsvTable {
  Tensor<Scalar> values;             ///< The numbers, of shape (rows, columns).
  std::vector<std::string> columns;  ///< The names of the columns; empty if the file has no header.

  /// Returns the column with this name, of shape (rows,). Throws ValueError for an unknown name.
  Tensor<Scalar> operator[](std::string_view name) const {
    for (std::size_t c = 0; c < columns.size(); ++c)
      if (columns[c] == name) return values.matrix().col(static_cast<Index>(c));
    raise_unknown_name("column", name, columns);
  }
};

namespace detail {

/// Parser of CSV text (RFC 4180): supports quoted cells, doubled quotes and line breaks inside quotes.
class CsvRows {
 public:
  /// A cell of a row.
  struct Cell {
    std::string_view text;  ///< The content, without surrounding blanks and quotes.
    bool quoted;            ///< Whether it was quoted: doubled quotes in `text` stand for one.
  };

  CsvRows(const std::string& path, const std::string& text, char delimiter)
      : path_(path), at_(text.data()), end_(at_ + text.size()), delimiter_(delimiter) {
    if (text.starts_with("\xEF\xBB\xBF")) at_ += 3;  // UTF-8 byte order mark
  }

  /// Returns the number of the line, from 1, at which the last row starts.
  Index line() const noexcept { return row_line_; }

  /// Skips a line.
  void skip_line() {
    while (at_ != end_ && *at_ != '\n' && *at_ != '\r') ++at_;
    end_line();
  }
  /// Reads the next row that is not blank; returns false at the end. Throws IoError for bad quotes.
  bool next(std::vector<Cell>& cells) {
    while (at_ != end_) {
      row_line_ = line_;
      cells.clear();
      for (bool more = true; more;) {
        cells.push_back(cell(static_cast<Index>(cells.size()) + 1));
        more = at_ != end_ && *at_ == delimiter_;
        if (more) ++at_;
      }
      end_line();
      if (cells.size() > 1 || cells[0].quoted || !cells[0].text.empty()) return true;
    }
    return false;
  }

 private:
  bool blank(char c) const noexcept { return (c == ' ' || c == '\t') && c != delimiter_; }
  void skip_blanks() {
    while (at_ != end_ && blank(*at_)) ++at_;
  }
  void end_line() {
    if (at_ != end_ && *at_ == '\r') ++at_;
    if (at_ != end_ && *at_ == '\n') ++at_;
    ++line_;
  }
  Cell cell(Index column) {
    skip_blanks();
    if (at_ != end_ && *at_ == '"') return quoted_cell(column);
    const char* begin = at_;
    while (at_ != end_ && *at_ != delimiter_ && *at_ != '\n' && *at_ != '\r') ++at_;
    const char* last = at_;
    while (last != begin && blank(last[-1])) --last;
    return {{begin, static_cast<std::size_t>(last - begin)}, false};
  }
  Cell quoted_cell(Index column) {
    const char* begin = ++at_;
    for (;; ++at_) {
      if (at_ == end_)
        raise<IoError>("read_csv \"", path_, "\", line ", row_line_, ", column ", column,
                       ": expected a closing quote, got the end of the file. Close the cell with \".");
      if (*at_ == '\n' || (*at_ == '\r' && (at_ + 1 == end_ || at_[1] != '\n'))) ++line_;
      if (*at_ != '"') continue;
      if (at_ + 1 == end_ || at_[1] != '"') break;
      ++at_;
    }
    const Cell result{{begin, static_cast<std::size_t>(at_ - begin)}, true};
    ++at_;
    skip_blanks();
    if (at_ != end_ && *at_ != delimiter_ && *at_ != '\n' && *at_ != '\r')
      raise<IoError>("read_csv \"", path_, "\", line ", row_line_, ", column ", column,
                     ": expected the delimiter or the end of the line after the closing quote. Double quotes inside "
                     "a quoted cell.");
    return result;
  }

  const std::string& path_;
  const char *at_, *end_;
  char delimiter_;
  Index line_ = 1, row_line_ = 1;
};

/// The content of a cell, with doubled quotes replaced by single ones.
inline std::string csv_name(const CsvRows::Cell& cell) {
  std::string name(cell.text);
  if (cell.quoted)
    for (std::size_t at = 0; (at = name.find("\"\"", at)) != std::string::npos; ++at) name.erase(at, 1);
  return name;
}

/// The positions of the selected columns in a row. Throws IoError if a column does not exist.
inline std::vector<std::size_t> csv_positions(const std::string& path, const std::vector<CsvColumn>& chosen,
                                              const std::vector<std::string>& names, std::size_t count) {
  std::vector<std::size_t> positions;
  for (const CsvColumn& column : chosen) {
    std::size_t at = 0;
    if (column.name()) {
      if (names.empty())
        raise<IoError>("read_csv \"", path, "\": expected a header with column \"", *column.name(),
                       "\", got a file without header. Select columns by position, or pass {.header = true}.");
      while (at < count && names[at] != *column.name()) ++at;
      if (at == count) raise_unknown_name("column of \"" + path + "\"", *column.name(), names);
    } else {
      const auto columns = static_cast<Index>(count);
      const Index from_front = column.position() < 0 ? column.position() + columns : column.position();
      if (from_front < 0 || from_front >= columns)
        raise<IoError>("read_csv \"", path, "\": column ", column.position(), " is out of range for ", columns,
                       " columns: expected ", -columns, " to ", columns - 1, ".");
      at = static_cast<std::size_t>(from_front);
    }
    positions.push_back(at);
  }
  if (chosen.empty())
    for (std::size_t c = 0; c < count; ++c) positions.push_back(c);
  return positions;
}

}  // namespace detail

/// Reads a table of numbers from a CSV file (RFC 4180). `pandas.read_csv`.
///
///     auto table = read_csv("houses.csv");  // float; table.values has shape (rows, columns)
///     auto x = read_csv("houses.csv", {.columns = {"rooms", "area"}}).values;  // some columns, in this order
///     auto t = read_csv<double>("log.txt", {.delimiter = '\t', .header = false, .skip_rows = 2});
///
/// Format: cells may be quoted; lines end in LF or CRLF; blank lines are skipped; the decimal separator is a point in
/// every locale. Columns that are not selected may contain any text. Files compressed with gzip are read as by
/// `read_idx`.
///
/// Throws IoError, with line and column (from 1), for a cell that is not a number, a row with another number of cells
/// than the first, a file without rows, or a file that cannot be read; ValueError for a delimiter that is a quote or a
/// line break, or an unknown column name.
template <class Scalar = float>
CsvTable<Scalar> read_csv(const std::string& path, const CsvOptions& options = {}) {
  if (std::strchr("\"\r\n", options.delimiter) != nullptr)
    raise<ValueError>("read_csv: expected a delimiter other than a quote or a line break, got one of these");
  const std::string text = detail::read_file("read_csv", path);
  detail::CsvRows rows(path, text, options.delimiter);
  for (Index i = 0; i < options.skip_rows; ++i) rows.skip_line();

  std::vector<detail::CsvRows::Cell> cells;
  bool more = rows.next(cells);
  if (!more) raise<IoError>("read_csv \"", path, "\": expected at least one row, got none. Check skip_rows.");
  const std::size_t count = cells.size();
  bool header = options.header.value_or(false);
  if (!options.header)
    for (const auto& cell : cells) header = header || (!cell.text.empty() && !detail::parse_number<double>(cell.text));
  std::vector<std::string> names;
  if (header)
    for (const auto& cell : cells) names.push_back(detail::csv_name(cell));
  const std::vector<std::size_t> positions = detail::csv_positions(path, options.columns, names, count);

  std::vector<Scalar> values;
  Index read = 0;
  for (more = !header || rows.next(cells); more; more = rows.next(cells)) {
    if (cells.size() != count)
      raise<IoError>("read_csv \"", path, "\", line ", rows.line(), ": expected ", count,
                     " columns, as in the first row, got ", cells.size(), ". Check the delimiter, which is '",
                     std::string(1, options.delimiter), "'.");
    for (const std::size_t c : positions) {
      const std::string_view cell = cells[c].text;
      std::optional<Scalar> value;
      if (!cell.empty())
        value = detail::parse_number<Scalar>(cell);
      else if (options.missing)
        value = static_cast<Scalar>(*options.missing);
      if (!value)
        raise<IoError>("read_csv \"", path, "\", line ", rows.line(), ", column ", c + 1,
                       header ? " (\"" + names[c] + "\")" : "", ": expected a ",
                       sizeof(Scalar) == sizeof(float) ? "float" : "double", ", got ",
                       cell.empty() ? "an empty cell. Set the value of empty cells: {.missing = 0}."
                                    : "\"" + std::string(cell) + "\". Skip lines with .skip_rows, or select .columns.");
      values.push_back(*value);
    }
    ++read;
  }

  CsvTable<Scalar> table{Tensor<Scalar>::from(values.data(), {read, static_cast<Index>(positions.size())}), {}};
  if (header)
    for (const std::size_t c : positions) table.columns.push_back(names[c]);
  return table;
}

}  // namespace lamina
