#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "lamina/callbacks/monitor.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/core/print.hpp"
#include "lamina/models/model.hpp"
#include "lamina/models/weights_file.hpp"

namespace lamina {

namespace detail {

/// Formats a number by the part after the colon of `{val_loss:08.2f}`: zero padding, width, precision and type, each
/// optional. Returns std::nullopt for an unknown format.
inline std::optional<std::string> format_field(double value, std::string_view format, bool integer) {
  char kind = integer ? 'd' : 'g';
  if (!format.empty()) {
    kind = format.back();
    format.remove_suffix(1);
  }
  if (integer ? kind != 'd' : kind != 'f' && kind != 'e' && kind != 'g') return std::nullopt;
  const auto is_count = [](std::string_view digits) {
    return digits.size() <= 3 && digits.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const auto count = [](std::string_view digits) {
    std::size_t n = 0;
    for (const char c : digits) n = 10 * n + static_cast<std::size_t>(c - '0');
    return n;
  };
  const std::size_t point = (std::min)(format.find('.'), format.size());
  const std::string_view width = format.substr(0, point),
                         precision = format.substr((std::min)(point + 1, format.size()));
  const bool has_precision = point != format.size();
  if (!is_count(width) || !is_count(precision) || (has_precision && (integer || precision.empty())))
    return std::nullopt;
  std::string number = integer ? std::to_string(static_cast<Index>(value))
                               : print_number(value, has_precision ? static_cast<int>(count(precision)) : 6,
                                              static_cast<NumberStyle>(kind));
  if (number.size() < count(width)) {
    const bool zeros = width.starts_with('0');
    const std::size_t at = zeros && number.starts_with('-') ? 1 : 0;
    number.insert(at, count(width) - number.size(), zeros ? '0' : ' ');
  }
  return number;
}

/// Replaces the fields of a file name, `{epoch:02d}-{val_loss:.2f}`, by the epoch and the logs, as Python's
/// `str.format` does for the types d, f, e and g. Throws ValueError for an unknown log or format.
inline std::string format_name(const std::string& pattern, Index epoch, const Logs& logs) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '{') {
      out += pattern[i];
      continue;
    }
    const std::size_t end = pattern.find('}', i);
    if (end == std::string::npos)
      raise<ValueError>("ModelCheckpoint: file name \"", pattern, "\": expected a } after {, got none");
    const std::string field = pattern.substr(i + 1, end - i - 1);
    const std::size_t colon = field.find(':');
    const std::string name = field.substr(0, colon), format = colon == std::string::npos ? "" : field.substr(colon + 1);
    const bool integer = name == "epoch";
    const std::optional<std::string> number =
        format_field(integer ? static_cast<double>(epoch + 1) : logs[name], format, integer);
    if (!number)
      raise<ValueError>("ModelCheckpoint: file name \"", pattern, "\": the format of {", field,
                        "} is unknown. Use d for the epoch and f, e or g for logs: {epoch:02d}, {val_loss:.2f}.");
    out += *number;
    i = end;
  }
  return out;
}

/// Returns the file format of a name with fields, which are not part of its extension. Throws ValueError if there is
/// none.
inline std::shared_ptr<const FileFormat> checkpoint_format(const std::string& pattern) {
  std::string name;
  bool field = false;
  for (const char c : pattern) {
    field = field || c == '{';
    name += field ? '0' : c;
    field = field && c != '}';
  }
  return find_file_format("ModelCheckpoint", name);
}

}  // namespace detail

/// Options of ModelCheckpoint.
struct ModelCheckpointOptions {
  std::string monitor = "val_loss";  ///< Name of the log that `save_best_only` compares. Default: "val_loss".
  int verbose = 0;                   ///< 0: prints nothing; 1: a line per file. Default: 0.
  bool save_best_only = false;       ///< If true, writes a file only if `monitor` has improved. Default: false.
  /// True: weights only; false: whole models. The file format must be one for these. Default: what the format contains.
  std::optional<bool> save_weights_only = std::nullopt;
  /// Whether smaller (min) or larger (max) values of `monitor` are better. Default: auto_.
  MonitorMode mode = MonitorMode::auto_;
  std::optional<Index> save_freq = std::nullopt;  ///< Number of batches between files; >= 1. Default: once per epoch.
  /// Value that `monitor` must improve on for the first file. Default: none.
  std::optional<double> initial_value_threshold = std::nullopt;
};

/// Saves the model during training: after every epoch, after every `save_freq` batches, or only if a monitored log has
/// improved. Keras: `keras.callbacks.ModelCheckpoint`.
///
/// The file name can contain the epoch, counted from 1, and logs: "weights-{epoch:02d}-{val_loss:.2f}.npz". Its
/// extension selects the file format. A format for whole models, such as .keras, stores the model with the arguments of
/// `compile` and the state of its optimizer: the model that `load_model` reads trains on where this one was. A format for
/// weights, such as .npz and .weights.h5, stores the weights, for `load_weights`. Files are written atomically.
///
/// Before it trains, `fit` throws ValueError if no format is registered for the extension, if the format contradicts
/// `save_weights_only`, if a whole model is to be stored and a layer, loss or metric of it is a function, or if
/// `save_best_only` is true, the mode is `auto_` and the direction of the log is unknown. It throws IoError if a file
/// cannot be written.
template <class Scalar = float>
class ModelCheckpoint : public Callback<Scalar> {
 public:
  /// `filepath`: file name with fields. Throws ValueError if `save_freq` < 1 or `initial_value_threshold` is NaN.
  explicit ModelCheckpoint(std::string filepath, ModelCheckpointOptions options = {})
      : filepath_(std::move(filepath)), options_(std::move(options)), monitor_(options_.monitor, options_.mode, 0.0) {
    if (options_.save_freq && *options_.save_freq < 1)
      raise<ValueError>("ModelCheckpoint: expected save_freq >= 1, got ", *options_.save_freq);
    if (options_.initial_value_threshold && is_nan(*options_.initial_value_threshold))
      raise<ValueError>("ModelCheckpoint: expected a number as initial_value_threshold, got ",
                        *options_.initial_value_threshold);
    if (options_.initial_value_threshold) monitor_.set_best(*options_.initial_value_threshold);
  }
  bool wants_batches() const override { return options_.save_freq.has_value(); }

  void validate() const override {
    const bool whole = detail::checkpoint_format(filepath_)->holds_models();
    if (options_.save_weights_only && *options_.save_weights_only == whole)
      raise<ValueError>("ModelCheckpoint \"", filepath_, "\": save_weights_only is ", whole ? "true" : "false",
                        ", and files of this format contain ", whole ? "whole models" : "weights only",
                        ". Use another extension, such as ", whole ? ".npz or .weights.h5" : ".keras", ".");
    if (whole) detail::require_configuration(this->model());
    if (options_.save_best_only) monitor_.validate(this->model(), "ModelCheckpoint");
  }
  void on_train_begin() override {
    if (options_.save_best_only) monitor_.begin(this->model());
  }
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
      const std::optional<double> value = monitor_.find(logs, "ModelCheckpoint");
      if (!value || !monitor_.update(*value)) {
        if (options_.verbose > 0)
          detail::print("\nEpoch ", epoch_ + 1, ": ", monitor_.name(), " did not improve from ",
                        detail::print_number(before, 5, detail::NumberStyle::fixed), "\n");
        return;
      }
    }
    const std::string path = detail::format_name(filepath_, epoch_, logs);
    if (detail::checkpoint_format(filepath_)->holds_models())
      save_model(this->model(), path);
    else
      save_weights(this->model(), path);
    if (options_.verbose > 0) detail::print("\nEpoch ", epoch_ + 1, ": saving model to ", path, "\n");
  }

  std::string filepath_;
  ModelCheckpointOptions options_;
  detail::Monitor monitor_;
  Index epoch_ = 0, batches_ = 0;
};

}  // namespace lamina
