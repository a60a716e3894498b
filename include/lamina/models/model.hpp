#pragma once
#include <cmath>
#include <cstdio>

#include "lamina/kernels/gather_rows.hpp"
#include "lamina/layers/layer.hpp"
#include "lamina/models/history.hpp"
#include "lamina/models/options.hpp"
#include "lamina/models/progress.hpp"
#include "lamina/models/summary.hpp"

namespace lamina {

/// A layer that can be trained: compile, fit, evaluate, predict. Keras's Model.
///
/// Derive from it and give `call` for a model of any form, or list layers in a `Sequential`.
template <class Scalar = float>
class Model : public Layer<Scalar> {
 public:
  // ---- Training
  // ---------------------------------------------------------------------------------------------------------

  /// Chooses optimizer, loss and metrics; each by Keras name or as an object. Starts the optimizer anew.
  void compile(CompileOptions<Scalar> options) {
    if (!options.loss.given())
      raise<ValueError>(this->class_name(),
                        ", compile: no loss was given. Give one: {.loss = \"mean_squared_error\"}.");
    auto optimizer = options.optimizer.resolve();
    auto loss = options.loss.resolve();
    std::vector<std::shared_ptr<Metric<Scalar>>> metrics;
    for (const auto& metric : options.metrics) {
      metrics.push_back(metric.resolve());
      if (!metric.name().empty()) metrics.back()->set_name(std::string(metric.name()));
    }
    optimizer_ = std::move(optimizer);
    loss_ = std::move(loss);
    metrics_ = std::move(metrics);
    prepared_ = false;
  }
  bool compiled() const noexcept { return loss_ != nullptr; }
  Optimizer<Scalar>& optimizer() const {
    require_compiled("optimizer");
    return *optimizer_;
  }

  /// Trains on samples x (samples, ...) and targets y (samples, ...): any tensors or Eigen matrices. One-dimensional x
  /// counts as one feature a sample. Returns every epoch's loss and metrics.
  History fit(const Tensor<Scalar>& x, const Tensor<Scalar>& y, const FitOptions<Scalar>& options = {}) {
    require_compiled("fit");
    check_fit(x, y, options);
    Samples<Scalar> train{with_feature_axis(x), y.detached()};
    std::optional<Samples<Scalar>> validation = options.validation_data;
    if (options.validation_split > 0 && !validation) {
      const Index n = train.x.shape()[0];
      const auto kept = static_cast<Index>(static_cast<double>(n) * (1.0 - options.validation_split));
      validation = Samples<Scalar>{train.x.rows_view(kept, n), train.y.rows_view(kept, n)};
      train = {train.x.rows_view(0, kept), train.y.rows_view(0, kept)};
    }
    const Index n = train.x.shape()[0], batches = (n + options.batch_size - 1) / options.batch_size;
    const Index steps = (std::min)(batches, options.steps_per_epoch.value_or(batches));
    History history;
    history.reserve(options.epochs - options.initial_epoch);
    std::vector<Index> order;
    Logs logs;
    bool warned = false;
    for (Index epoch = options.initial_epoch; epoch < options.epochs; ++epoch) {
      Progress progress(options.verbose, steps);
      progress.begin_epoch(epoch, options.epochs);
      reset_metrics();
      // With all samples in one batch their order changes nothing.
      const bool shuffled = options.shuffle && batches > 1;
      if (shuffled)
        shuffle_positions(
            order, n,
            RandomStream(random_seed(), shuffle_streams + static_cast<std::uint64_t>(optimizer_->iterations())));
      for (Index step = 0; step < steps; ++step) {
        const Index begin = step * options.batch_size, end = (std::min)(n, begin + options.batch_size);
        Scalar loss;
        if (batches == 1)
          loss = train_step(train.x, train.y, {});
        else if (shuffled)
          loss = train_step(gather(train.x, order, begin, end), gather(train.y, order, begin, end), {});
        else
          loss = train_step(train.x.rows_view(begin, end), train.y.rows_view(begin, end), {});
        if (!std::isfinite(loss) && !warned) {
          warned = true;
          warn(text(this->class_name(), " \"", this->name(), "\", fit: the loss is ", static_cast<double>(loss),
                    " at epoch ", epoch + 1, ", step ", step + 1,
                    ". Lower the learning rate, or check the data for numbers that are not finite."));
        }
        if (progress.due()) {
          collect_logs(logs, "");
          progress.update(step + 1, logs);
        }
      }
      collect_logs(logs, "");
      if (validation) {
        const Tracker train_loss = loss_tracker_;
        run_evaluation(*validation, options.batch_size, nullptr);
        collect_logs(logs, "val_");
        loss_tracker_ = train_loss;
      }
      progress.finish(steps, logs);
      history.append(epoch, logs);
    }
    return history;
  }

  /// The loss and the metrics over the samples, without training.
  Logs evaluate(const Tensor<Scalar>& x, const Tensor<Scalar>& y, const EvaluateOptions& options = {}) {
    require_compiled("evaluate");
    check_data("evaluate", x, y, options.batch_size);
    const Samples<Scalar> samples{with_feature_axis(x), y.detached()};
    const Index n = samples.x.shape()[0];
    Progress progress(options.verbose, (n + options.batch_size - 1) / options.batch_size);
    run_evaluation(samples, options.batch_size, &progress);
    Logs logs;
    collect_logs(logs, "");
    progress.finish((n + options.batch_size - 1) / options.batch_size, logs);
    return logs;
  }

  /// The model's outputs for samples x, batch by batch. Safe to call on one built model from several threads.
  Tensor<Scalar> predict(const Tensor<Scalar>& x, const PredictOptions& options = {}) const {
    if (options.batch_size < 1)
      raise<ValueError>(describe("predict"), "expected batch_size >= 1, got ", options.batch_size);
    if (x.rank() == 0)
      raise<ShapeError>(describe("predict"), "expected samples along the first axis, got a single number");
    const NoGradient<Scalar> no_gradient;
    const CallContext::Training inference(false);
    const Tensor<Scalar> samples = with_feature_axis(x);
    const Index n = samples.shape()[0];
    if (n <= options.batch_size) return (*this)(samples).detached();
    Tensor<Scalar> result;
    Index each = 0;
    for (Index begin = 0; begin < n; begin += options.batch_size) {
      const Index end = (std::min)(n, begin + options.batch_size);
      const Tensor<Scalar> y = (*this)(samples.rows_view(begin, end));
      if (!result.defined()) {
        result = Tensor<Scalar>::empty(y.shape().with(0, n));
        each = y.size() / std::max<Index>(1, y.shape()[0]);
      }
      std::copy(y.data(), y.data() + y.size(), detail::TensorAccess::data(result) + begin * each);
    }
    return result;
  }

  /// One update on one batch; returns its loss and metrics.
  Logs train_on_batch(const Tensor<Scalar>& x, const Tensor<Scalar>& y, const Tensor<Scalar>& sample_weight = {}) {
    require_compiled("train_on_batch");
    check_data("train_on_batch", x, y, 1);
    reset_metrics();
    train_step(with_feature_axis(x), y.detached(), sample_weight);
    Logs logs;
    collect_logs(logs, "");
    return logs;
  }
  /// The loss and metrics of one batch, without an update.
  Logs test_on_batch(const Tensor<Scalar>& x, const Tensor<Scalar>& y, const Tensor<Scalar>& sample_weight = {}) {
    require_compiled("test_on_batch");
    check_data("test_on_batch", x, y, 1);
    reset_metrics();
    test_step(with_feature_axis(x), y.detached(), sample_weight);
    Logs logs;
    collect_logs(logs, "");
    return logs;
  }
  /// The outputs for one batch.
  Tensor<Scalar> predict_on_batch(const Tensor<Scalar>& x) const {
    return predict(x, {.batch_size = std::max<Index>(1, x.rank() == 0 ? 1 : x.shape()[0])});
  }

  // ---- Seeing a model
  // ---------------------------------------------------------------------------------------------------

  /// Keras's table of layers, output shapes and numbers of weights, on the standard output.
  void summary() const { std::fputs(summary_text().c_str(), stdout); }
  std::string summary_text() const {
    std::vector<std::vector<std::string>> rows{{"Layer (type)", "Output Shape", "Param #"}};
    add_summary_rows(rows);
    Index trainable = 0, frozen = 0;
    for (const auto& v : this->variables()) (v.trainable() ? trainable : frozen) += v.size();
    const auto line = [](const char* what, Index count) {
      return text(" ", what, " params: ", detail::grouped(count), " (",
                  detail::bytes_text(count * static_cast<Index>(sizeof(Scalar))), ")\n");
    };
    return "Model: \"" + this->name() + "\"\n" + detail::draw_table(rows) + line("Total", trainable + frozen) +
           line("Trainable", trainable) + line("Non-trainable", frozen);
  }

 protected:
  /// One training step on one batch: forward, loss, gradients, update, metrics. Returns the loss.
  virtual Scalar train_step(const Tensor<Scalar>& x, const Tensor<Scalar>& y, const Tensor<Scalar>& sample_weight) {
    const CallContext::Training training(true);
    const CallContext::Step step(random_seed(), static_cast<std::uint64_t>(optimizer_->iterations()));
    const detail::KeepLogits<Scalar> keep_logits;
    if (!prepared_) {
      if (!this->built()) this->ensure_built(x.shape());
      prepare();
    }
    GradientTape<Scalar> tape;
    const Tensor<Scalar> y_pred = (*this)(x);
    const Tensor<Scalar> loss = total_loss(y, y_pred, sample_weight);
    tape.gradient_into(gradients_, loss, trained_);
    optimizer_->apply_gradients(gradients_, trained_);
    for (auto& g : gradients_) g = Tensor<Scalar>();
    return record_batch(loss, y, y_pred, sample_weight);
  }

  /// One batch of `evaluate`. Returns the loss.
  virtual Scalar test_step(const Tensor<Scalar>& x, const Tensor<Scalar>& y, const Tensor<Scalar>& sample_weight) {
    const CallContext::Training inference(false);
    const NoGradient<Scalar> no_gradient;
    const detail::KeepLogits<Scalar> keep_logits;
    if (!prepared_) {
      if (!this->built()) this->ensure_built(x.shape());
      prepare();
    }
    const Tensor<Scalar> y_pred = (*this)(x);
    return record_batch(total_loss(y, y_pred, sample_weight), y, y_pred, sample_weight);
  }

  /// The rows of `summary`: one for each layer inside.
  virtual void add_summary_rows(std::vector<std::vector<std::string>>& rows) const {
    for (const Layer<Scalar>* layer : this->sublayers()) rows.push_back(summary_row(*layer, Shape()));
  }
  static std::vector<std::string> summary_row(const Layer<Scalar>& layer, const Shape& output) {
    return {layer.name() + " (" + layer.class_name() + ")", output.empty() ? "?" : output.to_string(),
            detail::grouped(layer.count_params())};
  }

 private:
  // Shuffling draws from streams of its own.
  static constexpr std::uint64_t shuffle_streams = std::uint64_t{1} << 62;
  struct Tracker {
    double total = 0, samples = 0;
  };

  std::string describe(const char* action) const {
    return this->class_name() + " \"" + this->name() + "\", " + action + ": ";
  }
  void require_compiled(const char* action) const {
    if (!compiled()) [[unlikely]]
      raise<StateError>(describe(action), "the model has no loss and optimizer yet. Call compile first.");
  }
  void check_data(const char* action, const Tensor<Scalar>& x, const Tensor<Scalar>& y, Index batch_size) const {
    if (batch_size < 1) raise<ValueError>(describe(action), "expected batch_size >= 1, got ", batch_size);
    if (x.rank() == 0 || y.rank() == 0)
      raise<ShapeError>(describe(action), "expected samples along the first axis of x and y, got shapes ", x.shape(),
                        " and ", y.shape());
    if (x.shape()[0] != y.shape()[0])
      raise<ValueError>(describe(action), "x has ", x.shape()[0], " samples and y has ", y.shape()[0], " (shapes ",
                        x.shape(), " and ", y.shape(), "). Give each sample one target.");
    if (x.shape()[0] == 0) raise<ValueError>(describe(action), "there are no samples: x has shape ", x.shape());
  }
  void check_fit(const Tensor<Scalar>& x, const Tensor<Scalar>& y, const FitOptions<Scalar>& options) const {
    check_data("fit", x, y, options.batch_size);
    if (options.validation_data)
      check_data("fit, validation_data", options.validation_data->x, options.validation_data->y, options.batch_size);
    if (!(options.validation_split >= 0 && options.validation_split < 1))
      raise<ValueError>(describe("fit"), "expected 0 <= validation_split < 1, got ", options.validation_split);
    const auto kept = static_cast<Index>(static_cast<double>(x.shape()[0]) * (1.0 - options.validation_split));
    if (kept == 0 || (options.validation_split > 0 && kept == x.shape()[0]))
      raise<ValueError>(describe("fit"), "validation_split = ", options.validation_split, " of ", x.shape()[0],
                        " samples leaves none for ", kept == 0 ? "training" : "validation");
    if (options.verbose < 0 || options.verbose > 2)
      raise<ValueError>(describe("fit"), "expected verbose 0, 1 or 2, got ", options.verbose);
    if (options.steps_per_epoch && *options.steps_per_epoch < 1)
      raise<ValueError>(describe("fit"), "expected steps_per_epoch >= 1, got ", *options.steps_per_epoch);
  }
  static Tensor<Scalar> with_feature_axis(const Tensor<Scalar>& x) {
    return x.rank() == 1 ? detail::TensorAccess::with_shape(x, {x.size(), 1}) : x.detached();
  }
  static Tensor<Scalar> gather(const Tensor<Scalar>& from, const std::vector<Index>& order, Index begin, Index end) {
    Tensor<Scalar> batch = Tensor<Scalar>::empty(from.shape().with(0, end - begin));
    kernels::gather_rows(end - begin, from.size() / from.shape()[0], from.data(), order.data() + begin,
                         detail::TensorAccess::data(batch));
    return batch;
  }

  void prepare() {
    trained_ = this->trainable_variables();
    regularized_.clear();
    for (const auto& v : this->variables())
      if (v.regularizer()) regularized_.push_back(v);
    prepared_ = true;
  }
  Tensor<Scalar> total_loss(const Tensor<Scalar>& y, const Tensor<Scalar>& y_pred,
                            const Tensor<Scalar>& sample_weight) const {
    Tensor<Scalar> loss = (*loss_)(y, y_pred, sample_weight);
    if (loss.rank() != 0) raise<ShapeError>(describe("loss"), "expected one number, got shape ", loss.shape());
    for (const auto& v : regularized_) loss = loss + v.regularizer()(v.value());
    this->added_losses([&](const Tensor<Scalar>& added) { loss = loss + added; });
    return loss;
  }
  Scalar record_batch(const Tensor<Scalar>& loss, const Tensor<Scalar>& y, const Tensor<Scalar>& y_pred,
                      const Tensor<Scalar>& sample_weight) {
    const Scalar value = *loss.data();
    const double samples = static_cast<double>(y.shape()[0]);
    loss_tracker_.total += static_cast<double>(value) * samples;
    loss_tracker_.samples += samples;
    for (auto& metric : metrics_) metric->update_state(y, y_pred, sample_weight);
    return value;
  }
  void reset_metrics() {
    loss_tracker_ = {};
    for (auto& metric : metrics_) metric->reset_state();
  }
  void collect_logs(Logs& logs, const char* prefix) const {
    if (*prefix == '\0') {
      logs.set("loss", loss_tracker_.total / loss_tracker_.samples);
      for (const auto& metric : metrics_) logs.set(metric->name(), metric->result());
    } else {
      logs.set(std::string(prefix) + "loss", loss_tracker_.total / loss_tracker_.samples);
      for (const auto& metric : metrics_) logs.set(prefix + metric->name(), metric->result());
    }
  }
  void run_evaluation(const Samples<Scalar>& samples, Index batch_size, Progress* progress) {
    reset_metrics();
    const Tensor<Scalar> x = with_feature_axis(samples.x);
    const Index n = x.shape()[0];
    for (Index begin = 0, step = 1; begin < n; begin += batch_size, ++step) {
      const Index end = (std::min)(n, begin + batch_size);
      test_step(x.rows_view(begin, end), samples.y.rows_view(begin, end), {});
      if (progress != nullptr && progress->due()) {
        Logs logs;
        collect_logs(logs, "");
        progress->update(step, logs);
      }
    }
  }

  std::shared_ptr<Optimizer<Scalar>> optimizer_;
  std::shared_ptr<const Loss<Scalar>> loss_;
  std::vector<std::shared_ptr<Metric<Scalar>>> metrics_;
  Tracker loss_tracker_;
  bool prepared_ = false;
  std::vector<Variable<Scalar>> trained_, regularized_;
  std::vector<Tensor<Scalar>> gradients_;
};

LAMINA_COMPILED_CLASS(Model);

}  // namespace lamina
