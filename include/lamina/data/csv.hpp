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

/// A column of a table, by its name or by its position from 0; negative positions count from the end.
class CsvColumn {
 public:
  CsvColumn(const char* name) : name_(name) {}             // NOLINT: names and positions stand for columns
  CsvColumn(std::string name) : name_(std::move(name)) {}  // NOLINT
  template <std::integral T>
  CsvColumn(T position) : position_(static_cast<Index>(position)) {}  // NOLINT

  const std::optional<std::string>& name() const noexcept { return name_; }
  Index position() const noexcept { return position_; }

 private:
  std::optional<std::string> name_;
  Index position_ = 0;
};

struct CsvOptions {
  char delimiter = ',';
  std::optional<bool> header = std::nullopt;  ///< the first row is names; not given: where a cell of it is no number
  Index skip_rows = 0;                        ///< lines to leave out at the beginning, before the header
  std::vector<CsvColumn> columns = {};        ///< the columns to read, in this order; none: all
  /// What stands for an empty cell; std::nullopt: an empty cell is an error.
  std::optional<double> missing = std::numeric_limits<double>::quiet_NaN();
};

/// A table of numbers, and the names of its columns (none where the file has no header).
template <class Scalar = float>
struct CsvTable {
  Tensor<Scalar> values;  ///< (rows, columns)
  std::vector<std::string> columns;

  /// The column of this name, shape (rows,).
  Tensor<Scalar> operator[](std::string_view name) const {
    for (std::size_t c = 0; c < columns.size(); ++c)
      if (columns[c] == name) return values.matrix().col(static_cast<Index>(c));
    raise_unknown_name("column", name, columns);
  }
};

namespace detail {

/// Cuts text into rows of cells, by RFC 4180: quoted cells, doubled quotes, line breaks inside quotes.
class CsvRows {
 public:
  struct Cell {
    std::string_view text;  ///< without the spaces around it, and without its quotes
    bool quoted;
  };

  CsvRows(const std::string& path, const std::string& text, char delimiter)
      : path_(path), at_(text.data()), end_(at_ + text.size()), delimiter_(delimiter) {
    if (text.starts_with("\xEF\xBB\xBF")) at_ += 3;  // the byte order mark of UTF-8
  }

  /// The line, from 1, on which the row read last begins.
  Index line() const noexcept { return row_line_; }

  void skip_line() {
    while (at_ != end_ && *at_ != '\n' && *at_ != '\r') ++at_;
    end_line();
  }
  /// Reads the next row that is not blank; false at the end.
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
                       ": the quoted cell does not end. Close it with \".");
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
                     ": expected the delimiter or the end of the line after the closing quote. Write a quote inside a "
                     "quoted cell twice.");
    return result;
  }

  const std::string& path_;
  const char *at_, *end_;
  char delimiter_;
  Index line_ = 1, row_line_ = 1;
};

inline std::string csv_name(const CsvRows::Cell& cell) {
  std::string name(cell.text);
  if (cell.quoted)
    for (std::size_t at = 0; (at = name.find("\"\"", at)) != std::string::npos; ++at) name.erase(at, 1);
  return name;
}

/// Where in a row the chosen columns stand.
inline std::vector<std::size_t> csv_positions(const std::string& path, const std::vector<CsvColumn>& chosen,
                                              const std::vector<std::string>& names, std::size_t count) {
  std::vector<std::size_t> positions;
  for (const CsvColumn& column : chosen) {
    std::size_t at = 0;
    if (column.name()) {
      if (names.empty())
        raise<IoError>("read_csv \"", path, "\": there is no header to find column \"", *column.name(),
                       "\" in. Give positions, or {.header = true}.");
      while (at < count && names[at] != *column.name()) ++at;
      if (at == count) raise_unknown_name("column of \"" + path + "\"", *column.name(), names);
    } else {
      const auto columns = static_cast<Index>(count);
      const Index from_front = column.position() < 0 ? column.position() + columns : column.position();
      if (from_front < 0 || from_front >= columns)
        raise<IoError>("read_csv \"", path, "\": there is no column ", column.position(), " among ", columns,
                       ", counted from 0.");
      at = static_cast<std::size_t>(from_front);
    }
    positions.push_back(at);
  }
  if (chosen.empty())
    for (std::size_t c = 0; c < count; ++c) positions.push_back(c);
  return positions;
}

}  // namespace detail

/// A table of numbers from a file of comma-separated values (RFC 4180).
///
///     auto table = read_csv("houses.csv");  // float; table.values has shape (rows, columns)
///     auto x = read_csv("houses.csv", {.columns = {"rooms", "area"}}).values;  // some columns, in this order
///     auto t = read_csv<double>("log.txt", {.delimiter = '\t', .header = false, .skip_rows = 2});
///
/// Cells may be quoted, lines may end in LF or CRLF, blank lines are left out, and a decimal point is a point whatever
/// the locale. Columns that are not chosen may hold anything. Cells that are no numbers, rows of another length than
/// the first and files without rows are IoErrors that name line and column (both from 1). Gzip as in `read_idx`.
template <class Scalar = float>
CsvTable<Scalar> read_csv(const std::string& path, const CsvOptions& options = {}) {
  if (std::strchr("\"\r\n", options.delimiter) != nullptr)
    raise<ValueError>("read_csv: the delimiter can be neither a quote nor a line break");
  const std::string text = detail::read_file("read_csv", path);
  detail::CsvRows rows(path, text, options.delimiter);
  for (Index i = 0; i < options.skip_rows; ++i) rows.skip_line();

  std::vector<detail::CsvRows::Cell> cells;
  bool more = rows.next(cells);
  if (!more) raise<IoError>("read_csv \"", path, "\": expected at least one row, got none. Is skip_rows too large?");
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
                     " columns, as in the first row, got ", cells.size(), ". Is the delimiter '",
                     std::string(1, options.delimiter), "'?");
    for (const std::size_t c : positions) {
      const std::string_view cell = cells[c].text;
      std::optional<Scalar> value;
      if (!cell.empty())
        value = detail::parse_number<Scalar>(cell);
      else if (options.missing)
        value = static_cast<Scalar>(*options.missing);
      if (!value)
        raise<IoError>(
            "read_csv \"", path, "\", line ", rows.line(), ", column ", c + 1, header ? " (\"" + names[c] + "\")" : "",
            ": expected a ", sizeof(Scalar) == sizeof(float) ? "float" : "double", ", got ",
            cell.empty() ? "an empty cell. Say what it stands for: {.missing = 0}."
                         : "\"" + std::string(cell) + "\". Leave out lines with .skip_rows, or choose .columns.");
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
