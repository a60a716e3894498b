#pragma once
#include <cstdio>
#include <optional>
#include <string>

#include "lamina/callbacks/monitor.hpp"
#include "lamina/models/model.hpp"
#include "lamina/models/weights_file.hpp"

namespace lamina {

namespace detail {

/// Puts the epoch and the logs into a name: `{epoch:02d}-{val_loss:.2f}`, as Python's format does for d, f, e and g.
inline std::string filled_in(const std::string& pattern, Index epoch, const Logs& logs) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '{') {
      out += pattern[i];
      continue;
    }
    const std::size_t end = pattern.find('}', i);
    if (end == std::string::npos) raise<ValueError>("file name \"", pattern, "\": a { has no }");
    const std::string field = pattern.substr(i + 1, end - i - 1);
    const std::size_t colon = field.find(':');
    const std::string name = field.substr(0, colon), format = colon == std::string::npos ? "" : field.substr(colon + 1);
    const bool whole = name == "epoch";
    const char kind = format.empty() ? (whole ? 'd' : 'g') : format.back();
    const std::string digits = format.empty() ? "" : format.substr(0, format.size() - 1);
    if (digits.find_first_not_of("0123456789.") != std::string::npos || digits.size() > 8 ||
        (whole ? kind != 'd' : kind != 'f' && kind != 'e' && kind != 'g'))
      raise<ValueError>("file name \"", pattern, "\": the format of {", field,
                        "} is not known. Write {epoch:02d} or {val_loss:.2f}.");
    char number[512];
    std::string directive = "%";
    directive.append(digits).append(whole ? "lld" : std::string(1, kind));
    if (whole)
      std::snprintf(number, sizeof number, directive.c_str(), static_cast<long long>(epoch + 1));
    else
      std::snprintf(number, sizeof number, directive.c_str(), logs[name]);
    out += number;
    i = end;
  }
  return out;
}

}  // namespace detail

struct ModelCheckpointOptions {
  std::string monitor = "val_loss";  ///< the number by which the best is told
  int verbose = 0;
  bool save_best_only = false;
  MonitorMode mode = MonitorMode::auto_;
  std::optional<Index> save_freq = std::nullopt;                 ///< in batches; none: after every epoch
  std::optional<double> initial_value_threshold = std::nullopt;  ///< what has to be beaten from the start
};

/// Writes the model's weights to a file while it trains: after every epoch or so many batches, or only when a number is
/// the best so far. The name may hold the epoch and logs: "weights-{epoch:02d}-{val_loss:.2f}.npz". Each file is
/// written whole or not at all; read it with load_weights. Keras's ModelCheckpoint, with save_weights_only.
template <class Scalar = float>
class ModelCheckpoint : public Callback<Scalar> {
 public:
  explicit ModelCheckpoint(std::string filepath, ModelCheckpointOptions options = {})
      : filepath_(std::move(filepath)), options_(std::move(options)), monitor_(options_.monitor, options_.mode, 0.0) {
    if (options_.save_freq && *options_.save_freq < 1)
      raise<ValueError>("ModelCheckpoint: expected save_freq >= 1, got ", *options_.save_freq);
    if (options_.initial_value_threshold) monitor_.set_best(*options_.initial_value_threshold);
  }
  bool wants_batches() const override { return options_.save_freq.has_value(); }

  void on_epoch_begin(Index epoch) override { epoch_ = epoch; }
  void on_train_batch_end(Index, Logs& logs) override {
    if (options_.save_freq && ++batches_ % *options_.save_freq == 0) save(logs);
  }
  void on_epoch_end(Index epoch, Logs& logs) override {
    epoch_ = epoch;
    if (!options_.save_freq) save(logs);
  }

 private:
  void save(const Logs& logs) {
    const double before = monitor_.best();
    if (options_.save_best_only) {
      const double value = monitor_.look(logs, "ModelCheckpoint");
      if (!monitor_.update(value)) {
        if (options_.verbose > 0)
          std::printf("\nEpoch %lld: %s did not improve from %.5f\n", static_cast<long long>(epoch_ + 1),
                      monitor_.name().c_str(), before);
        return;
      }
    }
    const std::string path = detail::filled_in(filepath_, epoch_, logs);
    save_weights(this->model(), path);
    if (options_.verbose > 0)
      std::printf("\nEpoch %lld: saving model to %s\n", static_cast<long long>(epoch_ + 1), path.c_str());
  }

  std::string filepath_;
  ModelCheckpointOptions options_;
  detail::Monitor monitor_;
  Index epoch_ = 0, batches_ = 0;
};

}  // namespace lamina
