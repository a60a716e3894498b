#pragma once
#include <memory>
#include <string>

#include "lamina/callbacks/event_file.hpp"
#include "lamina/training/callback.hpp"

namespace lamina {

/// Options of TensorBoard.
struct TensorBoardOptions {
  std::string log_dir = "logs";  ///< Folder of the event files, which is created. Default: "logs".
  bool update_by_batch = false;  ///< If true, also writes the logs of every batch. Default: false.
};

/// Writes the logs of every epoch as scalars for TensorBoard. Keras: `keras.callbacks.TensorBoard`, which also writes
/// histograms, graphs and profiles.
///
/// Training logs are written to log_dir/train, validation logs to log_dir/validation, under the tags `epoch_loss`,
/// `epoch_accuracy` and so on, and the learning rate under `epoch_learning_rate`. View them with
/// `tensorboard --logdir logs`. `fit` throws IoError if a file cannot be written.
template <class Scalar = float>
class TensorBoard : public Callback<Scalar> {
 public:
  explicit TensorBoard(TensorBoardOptions options = {}) : options_(std::move(options)) {}
  bool wants_batches() const override { return options_.update_by_batch; }

  void on_train_begin() override { batches_ = 0; }
  void on_train_batch_end(Index, Logs& logs) override {
    for (const auto& [name, value] : logs)
      if (!is_validation(name)) train().scalar("batch_" + name, value, batches_);
    ++batches_;
  }
  void on_epoch_end(Index epoch, Logs& logs) override {
    for (const auto& [name, value] : logs) {
      if (is_validation(name))
        validation().scalar("epoch_" + name.substr(4), value, epoch);
      else
        train().scalar("epoch_" + name, value, epoch);
    }
    if (!logs.contains("learning_rate"))
      train().scalar("epoch_learning_rate", this->model().optimizer().learning_rate(), epoch);
  }
  void on_train_end(Logs&) override {
    train_.reset();
    validation_.reset();
  }

 private:
  static bool is_validation(const std::string& name) { return name.compare(0, 4, "val_") == 0; }
  detail::EventFile& train() { return opened(train_, "train"); }
  detail::EventFile& validation() { return opened(validation_, "validation"); }
  detail::EventFile& opened(std::unique_ptr<detail::EventFile>& file, const char* folder) {
    if (file == nullptr) file = std::make_unique<detail::EventFile>(detail::in_folder(options_.log_dir, folder));
    return *file;
  }
  TensorBoardOptions options_;
  std::unique_ptr<detail::EventFile> train_, validation_;
  Index batches_ = 0;
};

}  // namespace lamina
