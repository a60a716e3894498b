#pragma once
#include <cstdio>
#include <memory>
#include <string>

#include "lamina/models/callback.hpp"

namespace lamina {

struct CSVLoggerOptions {
  char separator = ',';
  bool append = false;  ///< go on with a file that is there, without a second header
};

/// Writes every epoch's numbers as a line of a file: epoch, then the logs by name. Each line is on the disk before the
/// next epoch begins. Keras's CSVLogger.
template <class Scalar = float>
class CSVLogger : public Callback<Scalar> {
 public:
  explicit CSVLogger(std::string filename, CSVLoggerOptions options = {})
      : filename_(std::move(filename)), options_(options) {}
  bool wants_batches() const override { return false; }

  void on_train_begin() override {
    names_.clear();
    header_ = true;
    if (options_.append) {
      if (std::FILE* there = std::fopen(filename_.c_str(), "rb")) {
        header_ = std::fgetc(there) == EOF;
        std::fclose(there);
      }
    }
    file_.reset(std::fopen(filename_.c_str(), options_.append ? "ab" : "wb"));
    if (file_ == nullptr) raise<IoError>("CSVLogger: \"", filename_, "\" cannot be opened for writing");
  }
  void on_epoch_end(Index epoch, Logs& logs) override {
    std::string line;
    if (names_.empty()) {
      for (const auto& entry : logs) names_.push_back(entry.first);
      if (header_) {
        line = "epoch";
        for (const std::string& name : names_) (line += options_.separator) += name;
        line += '\n';
      }
    }
    line += std::to_string(epoch);
    for (const std::string& name : names_) {
      line += options_.separator;
      char number[32];
      std::snprintf(number, sizeof number, "%.9g", logs.contains(name) ? logs[name] : 0.0);
      line += logs.contains(name) ? number : "NA";
    }
    line += '\n';
    if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size() || std::fflush(file_.get()) != 0)
      raise<IoError>("CSVLogger: \"", filename_, "\" cannot be written. Is the disk full?");
  }
  void on_train_end(Logs&) override { file_.reset(); }

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  std::string filename_;
  CSVLoggerOptions options_;
  std::unique_ptr<std::FILE, Close> file_;
  std::vector<std::string> names_;
  bool header_ = true;
};

}  // namespace lamina
