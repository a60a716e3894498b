#pragma once
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "lamina/layers/layer.hpp"
#include "lamina/models/callback_hooks.hpp"
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
  /// Masks pass through the layers inside, which know what becomes of them.
  Model() { this->set_supports_masking(true); }
  Tensor<Scalar> compute_mask(const Tensor<Scalar>& x, const Tensor<Scalar>& mask) const override {
    static_cast<void>(x);
    static_cast<void>(mask);
    return {};
  }

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
    for (const auto* list : {&options.metrics, &options.weighted_metrics})
      for (const auto& metric : *list) {
        auto made = metric.resolve();
        if (!metric.name().empty()) made->set_name(std::string(metric.name()));
        if (list == &options.weighted_metrics)
          for (const auto& other : metrics)
            if (other->name() == made->name()) made->set_name("weighted_" + made->name());
        metrics.push_back(std::move(made));
      }
    optimizer_ = std::move(optimizer);
    loss_ = std::move(loss);
    metrics_ = std::move(metrics);
    unweighted_ = options.metrics.size();
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
    Samples<Scalar> train{with_feature_axis(x), y.detached(), weights_of("fit", y, options)};
    if (!options.callbacks.empty() && !this->built()) this->ensure_built(train.x.shape().with(0, None));
    std::optional<Samples<Scalar>> held_back = options.validation_data;
    if (options.validation_split > 0 && !held_back) {
      const Index n = train.x.shape()[0];
      const auto kept = static_cast<Index>(static_cast<double>(n) * (1.0 - options.validation_split));
      held_back = detail::rows_of(train, kept, n);
      train = detail::rows_of(train, 0, kept);
    }
    const ArrayBatches<Scalar> batches(std::move(train), {options.batch_size, options.shuffle, random_seed()});
    if (!held_back) return run_training(batches, nullptr, options);
    held_back->x = with_feature_axis(held_back->x);
    const ArrayBatches<Scalar> validation(std::move(*held_back),
                                          {options.validation_batch_size.value_or(options.batch_size)});
    return run_training(batches, &validation, options);
  }

  /// Trains on the batches of a Dataset, or of any BatchSource. Without steps_per_epoch an epoch is a pass; with it, a
  /// pass goes on over the epochs. Validation, where wanted, is on `validation`.
  History fit(const BatchSource<Scalar>& batches, const FitOptions<Scalar>& options = {},
              const BatchSource<Scalar>* validation = nullptr) {
    require_compiled("fit");
    check_options(options);
    if (options.validation_split > 0 || options.sample_weight.defined() || !options.class_weight.empty())
      raise<ValueError>(describe("fit"), "validation_split, sample_weight and class_weight need samples in memory. ",
                        "A Dataset brings its own weights.");
    if (validation != nullptr || !options.validation_data) return run_training(batches, validation, options);
    check_data("fit, validation_data", options.validation_data->x, options.validation_data->y, options.batch_size);
    Samples<Scalar> samples = *options.validation_data;
    samples.x = with_feature_axis(samples.x);
    const ArrayBatches<Scalar> held_back(std::move(samples),
                                         {options.validation_batch_size.value_or(options.batch_size)});
    return run_training(batches, &held_back, options);
  }

  /// Ends the training after the present batch: for callbacks.
  void stop_training() noexcept { stopping_ = true; }
  /// In on_train_begin: the training goes on with this epoch, after so many of its batches.
  void resume_at(Index epoch, Index batch) noexcept { resumed_ = {epoch, batch}; }

  /// The loss and the metrics over the samples, without training.
  Logs evaluate(const Tensor<Scalar>& x, const Tensor<Scalar>& y, const EvaluateOptions<Scalar>& options = {}) {
    require_compiled("evaluate");
    check_data("evaluate", x, y, options.batch_size);
    check_weights("evaluate", options.sample_weight, x.shape()[0]);
    return evaluate(
        ArrayBatches<Scalar>({with_feature_axis(x), y.detached(), options.sample_weight}, {options.batch_size}),
        options);
  }
  Logs evaluate(const BatchSource<Scalar>& batches, const EvaluateOptions<Scalar>& options = {}) {
    require_compiled("evaluate");
    const Hooks hooks(*this, options.callbacks, {options.verbose, 1, batches.steps()});
    const Index steps = limited(batches.steps(), options.steps);
    Progress progress(options.verbose, steps);
    const auto cursor = batches.open();
    const Index done = run_evaluation(*cursor, options.steps, &progress, hooks);
    if (done == 0) raise<ValueError>(describe("evaluate"), "there are no batches");
    Logs logs;
    collect_logs(logs, "");
    hooks.each(&Callback<Scalar>::on_test_end, logs);
    progress.finish(done, logs);
    return logs;
  }

  /// The model's outputs for samples x, batch by batch. Safe to call on one built model from several threads.
  Tensor<Scalar> predict(const Tensor<Scalar>& x, const PredictOptions<Scalar>& options = {}) const {
    if (options.batch_size < 1)
      raise<ValueError>(describe("predict"), "expected batch_size >= 1, got ", options.batch_size);
    if (x.rank() == 0)
      raise<ShapeError>(describe("predict"), "expected samples along the first axis, got a single number");
    if (x.shape()[0] == 0 || (x.shape()[0] <= options.batch_size && options.callbacks.empty())) {
      const NoGradient<Scalar> no_gradient;
      const CallContext::Training inference(false);
      return (*this)(with_feature_axis(x)).detached();
    }
    const ArrayBatches<Scalar> batches({with_feature_axis(x)}, {options.batch_size});
    typename ArrayBatches<Scalar>::Cursor cursor(batches);
    const Index steps = limited(batches.steps(), options.steps);
    return run_prediction(cursor, steps, (std::min)(x.shape()[0], steps * options.batch_size), options);
  }
  Tensor<Scalar> predict(const BatchSource<Scalar>& batches, const PredictOptions<Scalar>& options = {}) const {
    return run_prediction(*batches.open(), batches.steps(), 0, options);
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
    return predict(x, {.batch_size = (std::max<Index>)(1, x.rank() == 0 ? 1 : x.shape()[0])});
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
    const CallContext::Step step(random_seed(), static_cast<std::uint64_t>(optimizer_->steps()));
    const detail::KeepLogits<Scalar> keep_logits;
    if (!prepared_) {
      if (!this->built()) this->ensure_built(x.shape());
      prepare();
    }
    GradientTape<Scalar> tape;
    const Tensor<Scalar> y_pred = (*this)(x);
    const Tensor<Scalar> loss = total_loss(y, y_pred, sample_weight);
    tape.gradient_into(gradients_, optimizer_->scale_loss(loss), trained_);
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
  using Hooks = detail::CallbackHooks<Scalar>;
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
  void check_weights(const char* action, const Tensor<Scalar>& weights, Index samples) const {
    if (weights.defined() && (weights.rank() == 0 || weights.shape()[0] != samples))
      raise<ValueError>(describe(action), "there are ", samples, " samples and sample_weight has shape ",
                        weights.shape(), ". Give each sample one weight.");
  }
  void check_options(const FitOptions<Scalar>& options) const {
    if (options.batch_size < 1)
      raise<ValueError>(describe("fit"), "expected batch_size >= 1, got ", options.batch_size);
    if (!(options.validation_split >= 0 && options.validation_split < 1))
      raise<ValueError>(describe("fit"), "expected 0 <= validation_split < 1, got ", options.validation_split);
    if (options.verbose < 0 || options.verbose > 2)
      raise<ValueError>(describe("fit"), "expected verbose 0, 1 or 2, got ", options.verbose);
    if (options.validation_freq < 1)
      raise<ValueError>(describe("fit"), "expected validation_freq >= 1, got ", options.validation_freq);
    if (options.steps_per_epoch && *options.steps_per_epoch < 1)
      raise<ValueError>(describe("fit"), "expected steps_per_epoch >= 1, got ", *options.steps_per_epoch);
  }
  void check_fit(const Tensor<Scalar>& x, const Tensor<Scalar>& y, const FitOptions<Scalar>& options) const {
    check_data("fit", x, y, options.batch_size);
    check_options(options);
    check_weights("fit", options.sample_weight, x.shape()[0]);
    if (options.validation_data) {
      check_data("fit, validation_data", options.validation_data->x, options.validation_data->y, options.batch_size);
      check_weights("fit, validation_data", options.validation_data->sample_weight,
                    options.validation_data->x.shape()[0]);
    }
    const auto kept = static_cast<Index>(static_cast<double>(x.shape()[0]) * (1.0 - options.validation_split));
    if (kept == 0 || (options.validation_split > 0 && kept == x.shape()[0]))
      raise<ValueError>(describe("fit"), "validation_split = ", options.validation_split, " of ", x.shape()[0],
                        " samples leaves none for ", kept == 0 ? "training" : "validation");
  }
  /// The samples' weights: those given, or those of their classes.
  Tensor<Scalar> weights_of(const char* action, const Tensor<Scalar>& y, const FitOptions<Scalar>& options) const {
    if (options.class_weight.empty()) return options.sample_weight;
    if (options.sample_weight.defined())
      raise<ValueError>(describe(action), "give either sample_weight or class_weight, not both");
    const Index n = y.shape()[0], each = n == 0 ? 0 : y.size() / n;
    if (y.rank() > 2)
      raise<ShapeError>(describe(action), "class_weight needs one target a sample, got shape ", y.shape());
    Tensor<Scalar> weights = Tensor<Scalar>::ones({n});
    for (Index i = 0; i < n; ++i) {
      const Scalar* target = y.data() + i * each;
      const Index label = each == 1 ? static_cast<Index>(*target)
                                    : static_cast<Index>(std::max_element(target, target + each) - target);
      for (const auto& [known, weight] : options.class_weight)
        if (known == label) weights.mutable_data()[i] = static_cast<Scalar>(weight);
    }
    return weights;
  }

  static Index limited(Index steps, std::optional<Index> most) {
    if (!most) return steps;
    return steps == 0 ? *most : (std::min)(steps, *most);
  }

  History run_training(const BatchSource<Scalar>& batches, const BatchSource<Scalar>* validation,
                       const FitOptions<Scalar>& options) {
    const Index steps = limited(batches.steps(), options.steps_per_epoch);
    const Hooks hooks(*this, options.callbacks, {options.verbose, options.epochs, steps});
    // With steps_per_epoch a source of unknown length, or a repeated one, goes on where the last epoch ended.
    const bool goes_on = options.steps_per_epoch && batches.steps() == 0;
    const auto cursor = batches.open();
    std::unique_ptr<BatchCursor<Scalar>> validation_cursor;
    History history;
    history.reserve(options.epochs - options.initial_epoch);
    Logs logs;
    bool warned = false;
    stopping_ = false;
    resumed_ = {options.initial_epoch, 0};
    hooks.each(&Callback<Scalar>::on_train_begin);
    const auto [first_epoch, done_before] = resumed_;
    for (Index epoch = first_epoch; epoch < options.epochs && !stopping_; ++epoch) {
      Progress progress(options.verbose, steps);
      progress.begin_epoch(epoch, options.epochs);
      // What a callback adds, or an epoch without validation leaves out, is this epoch's alone.
      if (!options.callbacks.empty() || options.validation_freq > 1) logs = Logs();
      hooks.each(&Callback<Scalar>::on_epoch_begin, epoch);
      reset_metrics();
      Index step = epoch == first_epoch ? done_before : 0;
      if (!goes_on) {
        cursor->restart(static_cast<std::uint64_t>(optimizer_->steps() - step));
        for (Index i = 0; i < step; ++i) cursor->next();
      } else if (epoch == first_epoch) {
        cursor->restart(0);
        for (Index i = 0; i < (epoch - options.initial_epoch) * steps + step; ++i) cursor->next();
      }
      for (; !options.steps_per_epoch || step < *options.steps_per_epoch; ++step) {
        const Samples<Scalar>* batch = cursor->next();
        if (batch == nullptr) break;
        hooks.each_of_batch(&Callback<Scalar>::on_train_batch_begin, step);
        const Scalar loss = train_step(batch->x, batch->y, batch->sample_weight);
        if (!std::isfinite(loss) && !warned) {
          warned = true;
          warn_of_loss(loss, epoch, step);
        }
        const bool shows = progress.due();
        if (shows || hooks.of_batches()) collect_logs(logs, "");
        if (shows) progress.update(step + 1, logs);
        if (hooks.of_batches()) {
          hooks.each_of_batch(&Callback<Scalar>::on_train_batch_end, step, logs);
          if (stopping_) {
            ++step;
            break;
          }
        }
      }
      if (step == 0) raise<ValueError>(describe("fit"), "there are no batches in epoch ", epoch + 1);
      collect_logs(logs, "");
      if (validation != nullptr && (epoch + 1) % options.validation_freq == 0) {
        const Tracker train_loss = loss_tracker_;
        if (validation_cursor == nullptr) validation_cursor = validation->open();
        run_evaluation(*validation_cursor, options.validation_steps, nullptr, hooks);
        collect_logs(logs, "val_");
        hooks.each(&Callback<Scalar>::on_test_end, logs);
        loss_tracker_ = train_loss;
      }
      hooks.each(&Callback<Scalar>::on_epoch_end, epoch, logs);
      progress.finish(step, logs);
      history.append(epoch, logs);
    }
    optimizer_->finalize_variable_values(trained_);
    hooks.each(&Callback<Scalar>::on_train_end, logs);
    return history;
  }
  LAMINA_NOINLINE void warn_of_loss(Scalar loss, Index epoch, Index step) const {
    warn(text(this->class_name(), " \"", this->name(), "\", fit: the loss is ", static_cast<double>(loss), " at epoch ",
              epoch + 1, ", step ", step + 1,
              ". Lower the learning rate, or check the data for numbers that are not finite."));
  }

  static Tensor<Scalar> with_feature_axis(const Tensor<Scalar>& x) {
    return x.rank() == 1 ? detail::TensorAccess::with_shape(x, {x.size(), 1}) : x.detached();
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
    Tensor<Scalar> loss = (*loss_)(y, y_pred, sample_weight, get_mask(y_pred));
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
    const Tensor<Scalar> mask = get_mask(y_pred);
    for (std::size_t i = 0; i < metrics_.size(); ++i) {
      const Tensor<Scalar>& weight = i < unweighted_ ? Tensor<Scalar>() : sample_weight;
      if (mask.defined())
        metrics_[i]->update_masked_state(y, y_pred, weight, mask);
      else
        metrics_[i]->update_state(y, y_pred, weight);
    }
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
  /// The outputs for the batches of one pass. `rows` is how many there will be, 0 where nobody knows.
  Tensor<Scalar> run_prediction(BatchCursor<Scalar>& cursor, Index steps, Index rows,
                                const PredictOptions<Scalar>& options) const {
    const NoGradient<Scalar> no_gradient;
    const CallContext::Training inference(false);
    const Hooks hooks(const_cast<Model&>(*this), options.callbacks, {0, 1, steps});
    hooks.each(&Callback<Scalar>::on_predict_begin);
    cursor.restart(0);
    Tensor<Scalar> all;
    std::vector<Tensor<Scalar>> parts;  // where the number of rows is not known
    Index filled = 0;
    for (Index step = 0; !options.steps || step < *options.steps; ++step) {
      const Samples<Scalar>* batch = cursor.next();
      if (batch == nullptr) break;
      hooks.each_of_batch(&Callback<Scalar>::on_predict_batch_begin, step);
      Tensor<Scalar> part = (*this)(batch->x).detached();
      if (part.rank() == 0 || part.shape()[0] != batch->x.shape()[0])
        raise<ShapeError>(describe("predict"), "a batch of ", batch->x.shape()[0], " samples gives outputs of shape ",
                          part.shape(), ", which cannot be put beside other batches'. Keep the samples' axis, or ",
                          "predict in one batch.");
      if (rows > 0) {
        if (!all.defined()) all = Tensor<Scalar>::empty(part.shape().with(0, rows));
        std::copy(part.data(), part.data() + part.size(),
                  detail::TensorAccess::data(all) + filled * (all.size() / rows));
      }
      filled += part.shape()[0];
      if (rows == 0) parts.push_back(std::move(part));
      hooks.each_of_batch(&Callback<Scalar>::on_predict_batch_end, step);
    }
    hooks.each(&Callback<Scalar>::on_predict_end);
    if (rows > 0) return all;
    if (parts.empty()) raise<ValueError>(describe("predict"), "there are no batches");
    all = Tensor<Scalar>::empty(parts[0].shape().with(0, filled));
    Scalar* to = detail::TensorAccess::data(all);
    for (const Tensor<Scalar>& part : parts) to = std::copy(part.data(), part.data() + part.size(), to);
    return all;
  }
  /// Measures the batches of one pass; returns how many there were.
  Index run_evaluation(BatchCursor<Scalar>& cursor, std::optional<Index> steps, Progress* progress,
                       const Hooks& hooks) {
    reset_metrics();
    hooks.each(&Callback<Scalar>::on_test_begin);
    cursor.restart(0);
    Index step = 0;
    for (; !steps || step < *steps; ++step) {
      const Samples<Scalar>* batch = cursor.next();
      if (batch == nullptr) break;
      hooks.each_of_batch(&Callback<Scalar>::on_test_batch_begin, step);
      test_step(batch->x, batch->y, batch->sample_weight);
      if (hooks.of_batches() || (progress != nullptr && progress->due())) {
        Logs logs;
        collect_logs(logs, "");
        if (progress != nullptr && progress->shows_bar()) progress->update(step + 1, logs);
        hooks.each_of_batch(&Callback<Scalar>::on_test_batch_end, step, logs);
      }
    }
    return step;
  }

  std::shared_ptr<Optimizer<Scalar>> optimizer_;
  std::shared_ptr<const Loss<Scalar>> loss_;
  std::vector<std::shared_ptr<Metric<Scalar>>> metrics_;
  std::size_t unweighted_ = 0;  // so many of them, the first ones, do not look at sample weights
  bool stopping_ = false;
  std::pair<Index, Index> resumed_{0, 0};  // the epoch and the batch that training begins with
  Tracker loss_tracker_;
  bool prepared_ = false;
  std::vector<Variable<Scalar>> trained_, regularized_;
  std::vector<Tensor<Scalar>> gradients_;
};

LAMINA_COMPILED_CLASS(Model);

}  // namespace lamina
