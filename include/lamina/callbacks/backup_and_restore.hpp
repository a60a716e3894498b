#pragma once
#include <cstdio>
#include <optional>
#include <string>

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

/// Saves the state of training to a file, and resumes an interrupted run from it. Keras:
/// `keras.callbacks.BackupAndRestore`.
///
/// The backup contains the weights, the state of the optimizer, the epoch and the batch. It is one file in
/// `backup_dir`, which is written atomically. If the same program runs again, `fit` restores the backup and continues;
/// the result is bit-identical to that of an uninterrupted run. The logs of the resumed epoch are those of its
/// remaining batches.
///
/// `fit` throws StateError if there is a backup and the model is not built or the learning rate cannot be set,
/// ShapeError or IoError if the backup is of another model, and IoError if a file cannot be read or written.
///
///     model.fit(x, y, {.epochs = 100, .callbacks = {BackupAndRestore("backup")}});
template <class Scalar = float>
class BackupAndRestore : public Callback<Scalar> {
 public:
  /// `backup_dir`: folder of the backup, which is created. Throws ValueError if it is empty or `save_freq` < 1.
  explicit BackupAndRestore(const std::string& backup_dir, BackupAndRestoreOptions options = {})
      : directory_(backup_dir), path_(detail::in_folder(backup_dir, "training.npz")), options_(options) {
    if (backup_dir.empty())
      raise<ValueError>("BackupAndRestore: expected the name of a folder as backup_dir, got an empty string");
    if (options_.save_freq && *options_.save_freq < 1)
      raise<ValueError>("BackupAndRestore: expected save_freq >= 1, got ", *options_.save_freq);
  }
  bool wants_batches() const override { return options_.save_freq.has_value(); }

  void on_train_begin() override {
    detail::make_folder("BackupAndRestore", directory_);
    if (detail::file_exists(path_)) restore();
  }
  void on_epoch_begin(Index epoch) override { epoch_ = epoch; }
  void on_train_batch_end(Index batch, Logs&) override {
    if (options_.save_freq && (batch + 1) % *options_.save_freq == 0) save(epoch_, batch + 1);
  }
  void on_epoch_end(Index epoch, Logs&) override { save(epoch + 1, 0); }
  void on_train_end(Logs&) override {
    if (options_.delete_checkpoint && !this->model().interrupted()) detail::remove_file(path_);
  }

 private:
  void save(Index epoch, Index batch) {
    const Model<Scalar>& model = this->model();
    const Optimizer<Scalar>& optimizer = model.optimizer();
    std::vector<NamedArray> arrays;
    detail::add_variables(arrays, "weights", detail::stored_variables(model.variables()));
    detail::add_variables(arrays, "optimizer", detail::stored_variables(optimizer.variables()));
    const double place[] = {static_cast<double>(epoch), static_cast<double>(batch),
                            static_cast<double>(optimizer.steps()), optimizer.learning_rate(),
                            optimizer.has_constant_learning_rate() ? 1.0 : 0.0};
    arrays.emplace_back("place", Tensor<double>::from(place, {5}));
    write_npz(path_, arrays);
  }
  void restore() {
    Model<Scalar>& model = this->model();
    if (!model.built())
      raise<StateError>(
          "BackupAndRestore: there is a backup, but the model is not built. Build it before fit: with an ",
          "Input, or model.build(shape).");
    Optimizer<Scalar>& optimizer = model.optimizer();
    optimizer.build_once(model.trainable_variables());
    const NpzFile file(path_);
    const Tensor<double> place = file.read<double>("place");
    if (place.shape() != Shape{5})
      raise<IoError>("BackupAndRestore: \"", path_, "\" is not a backup. Delete it, or pass another folder.");
    if (place[4] != 0) optimizer.require_settable_learning_rate("BackupAndRestore");
    const auto read = [&](const char* kind, const std::vector<Variable<Scalar>>& variables) {
      const std::vector<StoredVariable> stored = detail::stored_variables(variables);
      return detail::checked_values<Scalar>("BackupAndRestore", path_, stored,
                                            detail::read_variables("BackupAndRestore", file, path_, kind, stored));
    };
    const auto weights = read("weights", model.variables());
    const auto state = read("optimizer", optimizer.variables());
    model.set_weights(weights);
    for (std::size_t i = 0; i < state.size(); ++i) optimizer.variables()[i].assign(state[i]);
    optimizer.set_steps(static_cast<Index>(place[2]));
    if (place[4] != 0) optimizer.set_learning_rate(place[3]);
    model.resume_at(static_cast<Index>(place[0]), static_cast<Index>(place[1]));
  }

  std::string directory_, path_;
  BackupAndRestoreOptions options_;
  Index epoch_ = 0;
};

}  // namespace lamina
