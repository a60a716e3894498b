#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/data/filesystem.hpp"
#include "lamina/models/model.hpp"
#include "lamina/models/weights_file.hpp"

namespace lamina {

/// Options of BackupAndRestore.
struct BackupAndRestoreOptions {
  std::optional<Index> save_freq = std::nullopt;  ///< Number of batches between backups; >= 1. Default: once per epoch.
  /// If true, the backup is deleted at the end of training, unless `FitOptions::stop` ended it. Default: true.
  bool delete_checkpoint = true;
};

namespace detail {

/// Returns whether every layer, loss and metric of a compiled model has a configuration. Without exceptions, true: a missing
/// one then aborts, as every error.
template <class S>
bool has_configuration(const Model<S>& model) {
#if LAMINA_HAS_EXCEPTIONS
  try {
    require_configuration(model);
  } catch (const ValueError&) {
    return false;
  }
#else
  static_cast<void>(model);
#endif
  return true;
}

}  // namespace detail

/// Saves the state of training to a file, and resumes an interrupted run from it. Keras:
/// `keras.callbacks.BackupAndRestore`.
///
/// The backup contains the weights, the state of the optimizer, the epoch and the batch. It is one file in
/// `backup_dir`, which is written atomically. If the same program runs again, `fit` restores the backup and continues;
/// the result is bit-identical to that of an uninterrupted run. The logs of the resumed epoch are those of its
/// remaining batches.
///
/// The file is `latest.keras` if the format .keras is registered (`#include <lamina/io/keras.hpp>`), which `load_model` and
/// Keras open; its config.json has the epoch and the batch under "training_metadata". Otherwise, and if a layer, loss or
/// metric is a function, which has no configuration, it is `training.npz`.
///
/// `fit` throws StateError if there is a backup and the model is not built or the learning rate cannot be set,
/// ShapeError or IoError if the backup is of another model, IoError if a file cannot be read or written, and ValueError if
/// the backup is `latest.keras` and the format is not registered.
///
///     model.fit(x, y, {.epochs = 100, .callbacks = {BackupAndRestore("backup")}});
template <class Scalar = float>
class BackupAndRestore : public Callback<Scalar> {
 public:
  /// `backup_dir`: folder of the backup, which is created. Throws ValueError if it is empty or `save_freq` < 1.
  explicit BackupAndRestore(const std::string& backup_dir, BackupAndRestoreOptions options = {})
      : directory_(backup_dir),
        model_path_(detail::in_folder(backup_dir, "latest.keras")),
        arrays_path_(detail::in_folder(backup_dir, "training.npz")),
        options_(options) {
    if (backup_dir.empty())
      raise<ValueError>("BackupAndRestore: expected the name of a folder as backup_dir, got an empty string");
    if (options_.save_freq && *options_.save_freq < 1)
      raise<ValueError>("BackupAndRestore: expected save_freq >= 1, got ", *options_.save_freq);
  }
  bool wants_batches() const override { return options_.save_freq.has_value(); }

  void on_train_begin() override {
    detail::make_folder("BackupAndRestore", directory_);
    resumed_ = false;
    whole_model_ = detail::FileFormats::find(".keras") != nullptr && detail::has_configuration(this->model());
    if (detail::file_exists(model_path_))
      restore(read_model());
    else if (detail::file_exists(arrays_path_))
      restore(read_arrays());
  }
  void on_epoch_begin(Index epoch) override {
    epoch_ = epoch;
    if (!resumed_) epoch_steps_ = this->model().optimizer().steps();
    resumed_ = false;
  }
  void on_train_batch_end(Index batch, Logs&) override {
    if (options_.save_freq && (batch + 1) % *options_.save_freq == 0) save(epoch_, batch + 1);
  }
  void on_epoch_end(Index epoch, Logs&) override { save(epoch + 1, 0); }
  void on_train_end(Logs&) override {
    if (!options_.delete_checkpoint || this->model().interrupted()) return;
    detail::remove_file(model_path_);
    detail::remove_file(arrays_path_);
  }

 private:
  /// The contents of a backup.
  struct Backup {
    std::vector<Tensor<Scalar>> weights, state;              // state: the optimizer's variables
    Index epoch = 0, batch = 0, steps = 0, epoch_steps = 0;  // epoch_steps: steps at the start of the epoch
    std::optional<double> learning_rate = {};                // none if it is a schedule
  };

  void save(Index epoch, Index batch) const {
    if (whole_model_)
      save_model(epoch, batch);
    else
      save_arrays(epoch, batch);
    detail::remove_file(whole_model_ ? arrays_path_ : model_path_);  // of an earlier run
  }
  void save_model(Index epoch, Index batch) const {
    StoredModel stored = detail::stored_training(this->model());
    Config& place = stored.config["training_metadata"];
    place["epoch"] = epoch;
    place["batch"] = batch;
    place["epoch_steps"] = epoch_steps_;
    // Keras's files store the learning rate as a float.
    place["learning_rate"] =
        stored.optimizer->learning_rate ? Config(*stored.optimizer->learning_rate) : Config(nullptr);
    detail::find_file_format("BackupAndRestore", model_path_)->save_model(model_path_, stored);
  }
  void save_arrays(Index epoch, Index batch) const {
    const Model<Scalar>& model = this->model();
    const Optimizer<Scalar>& optimizer = model.optimizer();
    std::vector<NamedArray> arrays;
    detail::add_variables(arrays, "weights", detail::stored_variables(model.variables()));
    detail::add_variables(arrays, "optimizer", detail::stored_variables(optimizer.variables()));
    const double place[] = {static_cast<double>(epoch),
                            static_cast<double>(batch),
                            static_cast<double>(optimizer.steps()),
                            optimizer.learning_rate(),
                            optimizer.has_constant_learning_rate() ? 1.0 : 0.0,
                            static_cast<double>(epoch_steps_)};
    arrays.emplace_back("place", Tensor<double>::from(place, {6}));
    write_npz(arrays_path_, arrays);
  }

  /// Returns the model's optimizer with its variables. Throws StateError if the model is not built.
  Optimizer<Scalar>& built_optimizer() {
    Model<Scalar>& model = this->model();
    if (!model.built())
      raise<StateError>(
          "BackupAndRestore: there is a backup, but the model is not built. Build it before fit: with an ",
          "Input, or model.build(shape).");
    model.optimizer().build_once(model.trainable_variables());
    return model.optimizer();
  }
  [[noreturn]] static void raise_no_backup(const std::string& path) {
    raise<IoError>("BackupAndRestore: \"", path, "\" is not a backup. Delete it, or pass another folder.");
  }
  Backup read_model() {
    const auto format = detail::find_file_format("BackupAndRestore", model_path_);
    Optimizer<Scalar>& optimizer = built_optimizer();
    const StoredModel model = detail::stored_weights(this->model());
    const std::unique_ptr<StoredFile> file = format->open(model_path_);
    const Config config = file->config();
    const Config* place = config.find("training_metadata");
    const Config* rate = place == nullptr ? nullptr : place->find("learning_rate");
    if (rate == nullptr) raise_no_backup(model_path_);
    const auto count = [&](const char* name) {
      const Config* number = place->find(name);
      if (number == nullptr || !number->is_integer() || number->as_integer() < 0) raise_no_backup(model_path_);
      return number->as_integer<Index>();
    };
    if (rate->is_number()) optimizer.require_settable_learning_rate("BackupAndRestore");
    Backup backup;
    backup.weights =
        detail::checked_values<Scalar>("BackupAndRestore", model_path_, model.weights, file->weights(model));
    const StoredOptimizer stored = detail::stored_optimizer(optimizer);
    const std::optional<OptimizerState> state = file->optimizer_state(stored);
    if (!state)
      raise<IoError>("BackupAndRestore: \"", model_path_, "\" has no state of the optimizer ", optimizer.class_name(),
                     ". Compile the model as in the interrupted run, or delete the backup.");
    if (!state->values.empty())
      backup.state = detail::checked_values<Scalar>("BackupAndRestore", model_path_, stored.variables, state->values);
    backup.steps = state->steps;
    backup.epoch = count("epoch");
    backup.batch = count("batch");
    backup.epoch_steps = count("epoch_steps");
    if (rate->is_number()) backup.learning_rate = rate->as_real();
    return backup;
  }
  Backup read_arrays() {
    const Optimizer<Scalar>& optimizer = built_optimizer();
    const NpzFile file(arrays_path_);
    const Tensor<double> place = file.read<double>("place");
    if (place.shape() != Shape{6}) raise_no_backup(arrays_path_);
    const auto read = [&](const char* kind, const std::vector<Variable<Scalar>>& variables) {
      const std::vector<StoredVariable> stored = detail::stored_variables(variables);
      return detail::checked_values<Scalar>(
          "BackupAndRestore", arrays_path_, stored,
          detail::read_variables("BackupAndRestore", file, arrays_path_, kind, stored));
    };
    Backup backup{read("weights", this->model().variables()), read("optimizer", optimizer.variables())};
    backup.epoch = static_cast<Index>(place[0]);
    backup.batch = static_cast<Index>(place[1]);
    backup.steps = static_cast<Index>(place[2]);
    if (place[4] != 0) backup.learning_rate = place[3];
    backup.epoch_steps = static_cast<Index>(place[5]);
    return backup;
  }
  void restore(const Backup& backup) {
    Model<Scalar>& model = this->model();
    Optimizer<Scalar>& optimizer = model.optimizer();
    if (backup.learning_rate) optimizer.require_settable_learning_rate("BackupAndRestore");
    model.set_weights(backup.weights);
    for (std::size_t i = 0; i < backup.state.size(); ++i) optimizer.variables()[i].assign(backup.state[i]);
    optimizer.set_steps(backup.steps);
    if (backup.learning_rate) optimizer.set_learning_rate(*backup.learning_rate);
    epoch_steps_ = backup.epoch_steps;
    resumed_ = backup.batch > 0;
    model.resume_at(backup.epoch, backup.batch, backup.epoch_steps);
  }

  std::string directory_, model_path_, arrays_path_;
  BackupAndRestoreOptions options_;
  bool whole_model_ = false;           // whether backups are .keras files
  Index epoch_ = 0, epoch_steps_ = 0;  // the current epoch, and the optimizer's steps at its start
  bool resumed_ = false;               // from the middle of an epoch that has not begun yet
};

}  // namespace lamina
