#pragma once
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "lamina/data/write_file.hpp"
#include "lamina/training/callback.hpp"

namespace lamina {

/// Options of CSVLogger.
struct CSVLoggerOptions {
  char separator = ',';  ///< Character between the values of a line. Default: a comma.
  bool append = false;   ///< If true, appends to an existing file, in its columns. Default: false, which replaces it.
};

/// Writes one line per epoch to a CSV file: the epoch, then the logs by name. Keras: `keras.callbacks.CSVLogger`.
///
/// The value of a log that an epoch does not have, such as val_loss with validation_freq = 2, is NA. If a log appears
/// for the first time in a later epoch, a column is added, with NA in the earlier lines; a file that cannot be
/// rewritten, such as a pipe, gets another header line instead. The file is flushed after each line.
///
/// `fit` throws IoError if the file cannot be written, or if `append` is true and the file has no header of a
/// CSVLogger.
///
///     model.fit(x, y, {.epochs = 100, .callbacks = {CSVLogger("training.csv")}});
template <class Scalar = float>
class CSVLogger : public Callback<Scalar> {
 public:
  /// `filename`: name of the CSV file, whose folder exists.
  explicit CSVLogger(std::string filename, CSVLoggerOptions options = {})
      : filename_(std::move(filename)), options_(options) {}
  bool wants_batches() const override { return false; }

  void on_train_begin() override {
    names_.clear();
    header_ = true;
    open(options_.append);
    if (options_.append && can_be_read()) read_names();
  }
  void on_epoch_end(Index epoch, Logs& logs) override {
    const std::size_t before = names_.size();
    for (const auto& entry : logs)
      if (std::find(names_.begin(), names_.end(), entry.first) == names_.end()) names_.push_back(entry.first);
    if (header_)
      write(header());
    else if (names_.size() > before)
      add_columns(names_.size() - before);
    header_ = false;
    std::string line = std::to_string(epoch);
    for (const std::string& name : names_) {
      line += options_.separator;
      line += logs.contains(name) ? detail::print_number(logs[name], 9) : "NA";
    }
    write(line += '\n');
  }
  void on_train_end(Logs&) override { file_.reset(); }

 private:
  void open(bool append) {
    file_ = detail::open_file(filename_, append ? "ab" : "wb");
    if (file_ == nullptr)
      raise<IoError>("CSVLogger: \"", filename_, "\" cannot be opened for writing. Does its folder exist?");
  }
  void write(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size() || std::fflush(file_.get()) != 0)
      raise<IoError>("CSVLogger: \"", filename_, "\" cannot be written. Is the disk full?");
  }
  std::string contents() const {
    std::string all;
    if (const detail::File file = detail::open_file(filename_, "rb")) {
      char buffer[4096];
      for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, file.get())) > 0;) all.append(buffer, n);
    }
    return all;
  }
  /// Returns whether the file has contents that can be read: a pipe or a terminal is not seekable.
  bool can_be_read() const { return std::fseek(file_.get(), 0, SEEK_END) == 0 && std::ftell(file_.get()) > 0; }

  /// Returns the header line. A name with a separator, a quote or a line break is quoted (RFC 4180).
  std::string header() const {
    std::string line = "epoch";
    for (const std::string& name : names_) {
      line += options_.separator;
      if (name.find_first_of(std::string("\"\r\n") + options_.separator) == std::string::npos) {
        line += name;
        continue;
      }
      line += '"';
      for (const char c : name) line.append(c == '"' ? 2 : 1, c);
      line += '"';
    }
    return line += '\n';
  }
  /// Returns the length of the header line with its line break. A quoted name may contain line breaks.
  static std::size_t header_length(const std::string& text) {
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '"') quoted = !quoted;
      if (text[i] == '\n' && !quoted) return i + 1;
    }
    return text.size();
  }

  /// Reads the column names of the file to append to.
  void read_names() {
    const std::string text = contents();
    if (text.empty()) return;
    header_ = false;
    std::string name;
    std::vector<std::string> cells;
    bool quoted = false;
    const std::size_t length = header_length(text);
    for (std::size_t i = 0; i < length; ++i) {
      const char c = text[i];
      if (c == '"') {
        if (!quoted && i > 0 && text[i - 1] == '"') name += c;  // a doubled quote
        quoted = !quoted;
      } else if (!quoted && (c == options_.separator || c == '\n')) {
        cells.push_back(std::move(name));
        name.clear();
      } else if (quoted || c != '\r') {
        name += c;
      }
    }
    if (text[length - 1] != '\n') cells.push_back(std::move(name));
    if (cells.front() != "epoch" || text.back() != '\n')
      raise<IoError>("CSVLogger: \"", filename_, "\" cannot be appended to: expected complete lines and a header that ",
                     "begins with epoch", std::string_view(&options_.separator, 1),
                     ". Check the separator, or set .append = false to replace the file.");
    names_.assign(cells.begin() + 1, cells.end());
  }

  /// Adds columns for the last `count` names to the file, with NA in the existing lines.
  void add_columns(std::size_t count) {
    if (!can_be_read()) return write(header());
    file_.reset();
    const std::string before = contents();
    std::string after = header(), unknown;
    for (std::size_t i = 0; i < count; ++i) (unknown += options_.separator) += "NA";
    for (std::size_t i = header_length(before); i < before.size(); ++i) {
      if (before[i] == '\n') after += unknown;
      after += before[i];
    }
    detail::write_file("CSVLogger", filename_, after);
    open(true);
  }

  std::string filename_;
  CSVLoggerOptions options_;
  detail::File file_;
  std::vector<std::string> names_;
  bool header_ = true;
};

}  // namespace lamina
