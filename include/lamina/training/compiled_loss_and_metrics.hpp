#pragma once
#include <memory>
#include <string>
#include <vector>

#include "lamina/core/check_options.hpp"
#include "lamina/core/list.hpp"
#include "lamina/layers/base/mask_registry.hpp"
#include "lamina/training/history.hpp"
#include "lamina/training/options.hpp"

namespace lamina::detail {

/// Running mean of a value over the samples of an epoch.
struct SampleMean {
  double total = 0, samples = 0;
  void add(double value, double weight) noexcept {
    total += value * weight;
    samples += weight;
  }
  double value() const noexcept { return total / samples; }
};

/// The loss and the metrics of one output.
template <class S>
struct OutputLossAndMetrics {
  std::string name;                          ///< Name of the output.
  std::shared_ptr<const Loss<S>> loss;       ///< Null: this output has no loss.
  double weight = 1;                         ///< Factor of the loss.
  List<std::shared_ptr<Metric<S>>> metrics;  ///< Metrics without sample weights, then metrics with them.
  std::size_t unweighted = 0;                ///< Number of metrics without sample weights.
  SampleMean mean_loss = {};                 ///< Running mean of the loss.
};

/// The losses and metrics of all outputs, created from the options of `compile`. Keras: `CompileLoss` and
/// `CompileMetrics`.
template <class S>
class CompiledLossAndMetrics {
 public:
  /// Creates the losses and metrics. `outputs`: names of the outputs; empty if unknown. `who`: prefix of error texts.
  LAMINA_COLD CompiledLossAndMetrics(const CompileOptions<S>& options, const std::vector<std::string>& outputs,
                                     const std::string& who);

  bool empty() const noexcept { return outputs_.empty(); }
  std::size_t size() const noexcept { return outputs_.size(); }
  const List<OutputLossAndMetrics<S>>& all() const noexcept { return outputs_; }

  /// Returns the weighted sum of the outputs' losses; undefined if there are none. `predictions` points to one tensor
  /// per output.
  Tensor<S> loss(const TensorList<S>& y, const Tensor<S>* predictions, const TensorList<S>& sample_weight) {
    if (outputs_.size() == 1) {
      if (outputs_[0].loss == nullptr) return Tensor<S>();
      if (outputs_[0].weight != 1) [[unlikely]]
        return loss_of(0, y, predictions[0], sample_weight) * static_cast<S>(outputs_[0].weight);
      return loss_of(0, y, predictions[0], sample_weight);
    }
    if (y.count() != outputs_.size()) [[unlikely]]
      raise<ValueError>("loss: expected targets for ", outputs_.size(), " outputs, got targets for ", y.count(),
                        ". Pass one tensor of targets per output.");
    Tensor<S> total;
    values_.assign(outputs_.size(), S(0));
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (outputs_[i].loss == nullptr) continue;
      const Tensor<S> one = loss_of(i, y, predictions[i], sample_weight);
      values_[i] = *one.data();
      const Tensor<S> weighted = outputs_[i].weight == 1 ? one : one * static_cast<S>(outputs_[i].weight);
      total = total.defined() ? total + weighted : weighted;
    }
    return total;
  }
  /// Updates the running means and the metrics with the batch; called after `loss`. `total`: the loss including the
  /// losses of regularizers and layers.
  void record(S total, const TensorList<S>& y, const Tensor<S>* predictions, const TensorList<S>& sample_weight) {
    const auto samples = static_cast<double>(predictions[0].shape()[0]);
    total_.add(static_cast<double>(total), samples);
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      OutputLossAndMetrics<S>& output = outputs_[i];
      if (outputs_.size() > 1 && output.loss != nullptr) output.mean_loss.add(static_cast<double>(values_[i]), samples);
      if (output.metrics.empty()) continue;
      const Tensor<S> mask = get_mask(predictions[i]);
      for (std::size_t k = 0; k < output.metrics.size(); ++k) {
        const Tensor<S>& weight = k < output.unweighted ? no_weight_ : weight_of(i, sample_weight);
        output.metrics[k]->update_with_batch(y.at(i), predictions[i], weight, mask);
      }
    }
  }
  /// Updates the running mean of a user-defined value, which is averaged like the loss.
  void track(std::string_view name, double value, double samples) {
    for (auto& [known, mean] : tracked_)
      if (known == name) return mean.add(value, samples);
    tracked_.emplace_back(name, SampleMean{value * samples, samples});
  }
  /// Resets all means and metrics.
  void reset() {
    total_ = {};
    tracked_.clear();
    for (OutputLossAndMetrics<S>& output : outputs_) {
      output.mean_loss = {};
      for (auto& metric : output.metrics) metric->reset_state();
    }
  }
  /// Writes the loss and the metrics to the logs, under their names with a prefix.
  void collect(Logs& logs, const char* prefix) const {
    static const auto& loss =
        *new std::string("loss");  // never destroyed: destructors of static objects may still train models
    const bool several = outputs_.size() > 1;
    if (total_.samples > 0) set(logs, prefix, "", loss, total_.value());
    for (const OutputLossAndMetrics<S>& output : outputs_) {
      if (several && output.loss != nullptr && output.mean_loss.samples > 0)
        set(logs, prefix, output.name, loss, output.mean_loss.value());
      for (const auto& metric : output.metrics)
        set(logs, prefix, several ? std::string_view(output.name) : "", metric->name(), metric->result());
    }
    for (const auto& [name, mean] : tracked_) set(logs, prefix, "", name, mean.value());
  }
  /// Returns the direction in which a log improves; its name may have the prefix `val_`. The direction is that of the
  /// loss or metric with this name; for other logs, that of the built-in metric with this default name.
  LAMINA_COLD MetricDirection direction(std::string_view log) const;
  /// Returns the names of the loss and the metrics, separated by commas, for error texts.
  LAMINA_COLD std::string names() const {
    std::string all = "loss";
    each_name([&](const std::string& name, MetricDirection) { all += ", " + name; });
    return all;
  }
  const SampleMean& total() const noexcept { return total_; }
  void set_total(const SampleMean& mean) noexcept { total_ = mean; }

 private:
  /// Sets the log `prefix` + `output` + "_" + `name`.
  LAMINA_NOINLINE static void set(Logs& logs, const char* prefix, std::string_view output, const std::string& name,
                                  double value) {
    if (*prefix == 0 && output.empty()) return logs.set(name, value);
    std::string full = prefix;
    if (!output.empty()) full.append(output).append("_");
    logs.set(full += name, value);
  }
  /// Calls f(name, direction) for the losses and metrics of the outputs.
  template <class F>
  void each_name(const F& f) const {
    for (const OutputLossAndMetrics<S>& output : outputs_) {
      const std::string prefix = outputs_.size() == 1 ? "" : output.name + "_";
      if (!prefix.empty() && output.loss != nullptr) f(prefix + "loss", MetricDirection::down);
      for (const auto& metric : output.metrics) f(prefix + metric->name(), metric->direction());
    }
  }
  const Tensor<S>& weight_of(std::size_t i, const TensorList<S>& sample_weight) const {
    return sample_weight.count() > 1 ? sample_weight.at(i) : sample_weight;
  }
  Tensor<S> loss_of(std::size_t i, const TensorList<S>& y, const Tensor<S>& prediction,
                    const TensorList<S>& sample_weight) const {
    return (*outputs_[i].loss)(y.at(i), prediction, weight_of(i, sample_weight), get_mask(prediction));
  }
  LAMINA_COLD static void add_metrics(OutputLossAndMetrics<S>& output, const List<MetricArgument<S>>& metrics,
                                      bool weighted);

  List<OutputLossAndMetrics<S>> outputs_;
  List<S> values_;  // losses of the outputs for the last batch
  SampleMean total_;
  List<std::pair<std::string, SampleMean>> tracked_;
  Tensor<S> no_weight_;
};

template <class S>
void CompiledLossAndMetrics<S>::add_metrics(OutputLossAndMetrics<S>& output, const List<MetricArgument<S>>& metrics,
                                            bool weighted) {
  for (const auto& metric : metrics) {
    if (!metric.given()) continue;
    auto made = metric.resolve();
    if (!metric.name().empty()) made->set_name(std::string(metric.name()));
    const auto taken = [&](const std::string& name) {
      for (const auto& other : output.metrics)
        if (other->name() == name) return true;
      return false;
    };
    std::string name = made->name();
    if (weighted && taken(name)) name = "weighted_" + name;
    const std::string first = name;
    for (int i = 1; taken(name); ++i) name = text(first, "_", i);
    if (name != made->name()) made->set_name(name);
    output.metrics.push_back(std::move(made));
  }
  if (!weighted) output.unweighted = output.metrics.size();
}

template <class S>
MetricDirection CompiledLossAndMetrics<S>::direction(std::string_view log) const {
  const std::string_view plain = log.starts_with("val_") ? log.substr(4) : log;
  if (plain == "loss") return MetricDirection::down;
  bool known = false;
  MetricDirection found = MetricDirection::unknown;
  each_name([&](const std::string& name, MetricDirection direction) {
    if (known || (name != log && name != plain)) return;
    known = true;
    found = direction;
  });
  return known ? found : direction_of_name(plain);
}

template <class S>
CompiledLossAndMetrics<S>::CompiledLossAndMetrics(const CompileOptions<S>& options,
                                                  const std::vector<std::string>& outputs, const std::string& who) {
  const auto* several = options.loss.several();
  const bool by_name = several != nullptr && !several->empty() && !several->front().output.empty();
  std::vector<std::string> names = outputs;
  if (names.empty() && by_name)
    for (const auto& entry : *several) names.push_back(entry.output);
  if (names.empty())
    for (std::size_t i = 0; i < (several == nullptr ? 1 : several->size()); ++i)
      names.push_back(i == 0 ? "output" : text("output_", i));
  const auto position = [&](const std::string& name, const char* what) {
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] == name) return i;
    const List<std::string_view> known(names);
    raise_unknown_name(text(who, what, ": output").c_str(), name, known);
  };
  const auto check_count = [&](const char* what, std::size_t count) {
    if (count != names.size())
      raise<ValueError>(who, what, ": expected one per output for ", names.size(), " outputs, got ", count,
                        ". Pass one for every output in order, or some by output name.");
  };

  if (several != nullptr && !by_name) check_count("loss", several->size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    OutputLossAndMetrics<S> output{.name = names[i], .loss = {}, .metrics = {}};
    if (several == nullptr)
      output.loss = options.loss.resolve();
    else if (!by_name)
      output.loss = (*several)[i].value.resolve();
    outputs_.push_back(std::move(output));
  }
  if (by_name)
    for (const auto& entry : *several) outputs_[position(entry.output, "loss")].loss = entry.value.resolve();
  const auto& weights = options.loss_weights.weights;
  if (!weights.empty() && weights.front().output.empty()) check_count("loss_weights", weights.size());
  for (const auto& entry : weights) check_finite(entry.value, "loss_weights", "compile");
  for (std::size_t i = 0; i < weights.size(); ++i)
    outputs_[weights[i].output.empty() ? i : position(weights[i].output, "loss_weights")].weight = weights[i].value;

  for (const auto* metrics : {&options.metrics, &options.weighted_metrics}) {
    const bool weighted = metrics == &options.weighted_metrics;
    for (const auto& entry : metrics->named)
      add_metrics(outputs_[position(entry.output, "metrics")], entry.value, weighted);
    if (names.size() == 1) {
      add_metrics(outputs_[0], *metrics, weighted);
    } else if (!metrics->empty()) {
      check_count("metrics", metrics->size());
      for (std::size_t i = 0; i < names.size(); ++i) add_metrics(outputs_[i], {(*metrics)[i]}, weighted);
    }
  }
}

}  // namespace lamina::detail
