#pragma once
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "lamina/core/config.hpp"
#include "lamina/models/model.hpp"

// The arguments of `compile` from Keras's configurations. Functions are templates that contain every loss, metric and
// optimizer: a program compiles them only if it calls them.

namespace lamina::detail {

/// Reads one loss, metric or optimizer: a name, an object, or null.
template <class Argument>
Argument compile_argument(const Config& given) {
  if (given.is_null()) return {};
  if (given.is_string()) return Argument(given.as_string());
  Argument argument;
  argument.from_config(given);
  return argument;
}

/// Reads the metrics of one output: null, one, or a list of them.
template <class S>
List<MetricArgument<S>> metrics_of_output(const Config& given) {
  List<MetricArgument<S>> metrics;
  if (given.is_list())
    for (const Config& one : given.elements()) metrics.push_back(compile_argument<MetricArgument<S>>(one));
  else if (!given.is_null())
    metrics.push_back(compile_argument<MetricArgument<S>>(given));
  return metrics;
}

/// True for {"class_name": ...}, false for a map from the names of outputs.
inline bool is_described_object(const Config& given) { return given.is_map() && given.find("class_name") != nullptr; }

/// Reads `metrics` or `weighted_metrics`: null, a list, lists by output, or a map of them.
template <class S>
MetricArguments<S> compile_metrics(const Config& given, const std::vector<std::string>& outputs) {
  MetricArguments<S> metrics;
  if (given.is_null()) return metrics;
  if (given.is_map() && !is_described_object(given)) {
    for (const Config::Member& m : given.members()) metrics.named.push_back({m.first, metrics_of_output<S>(m.second)});
    return metrics;
  }
  if (outputs.size() < 2 || !given.is_list()) {
    // One output may have its list in a list.
    const bool nested = given.is_list() && given.size() == 1 && given[0].is_list();
    return MetricArguments<S>(metrics_of_output<S>(nested ? given[0] : given));
  }
  if (given.size() != outputs.size())
    raise<ValueError>("compile_config, metrics: expected a list for each of ", outputs.size(), " outputs, got ", given);
  bool one_per_output = true;
  for (const Config& one : given.elements()) one_per_output = one_per_output && !one.is_list() && !one.is_null();
  if (one_per_output) return MetricArguments<S>(metrics_of_output<S>(given));
  for (std::size_t i = 0; i < outputs.size(); ++i)
    metrics.named.push_back({outputs[i], metrics_of_output<S>(given[i])});
  return metrics;
}

/// Reads `loss`: null, a name, an object, a list, or a map by output.
template <class S>
LossArguments<S> compile_losses(const Config& given, const std::vector<std::string>& outputs) {
  using One = LossArgument<S>;
  if (given.is_null()) return {};
  if (given.is_map() && !is_described_object(given)) {
    typename LossArguments<S>::Several losses;
    for (const Config::Member& m : given.members()) {
      if (std::find(outputs.begin(), outputs.end(), m.first) == outputs.end())
        raise<ValueError>("compile_config, loss: there is no output \"", m.first, "\"");
      if (!m.second.is_null()) losses.push_back({m.first, compile_argument<One>(m.second)});
    }
    if (losses.empty()) return {};
    if (outputs.size() == 1) return LossArguments<S>(losses.front().value);
    return LossArguments<S>::by_output(std::move(losses));
  }
  if (!given.is_list()) return LossArguments<S>(compile_argument<One>(given));
  std::vector<One> losses;
  for (const Config& one : given.elements()) losses.push_back(compile_argument<One>(one));
  if (losses.size() == 1) return LossArguments<S>(losses.front());
  return LossArguments<S>(losses);
}

/// Reads `loss_weights`: null, a number, a list, or a map by output.
inline LossWeights compile_loss_weights(const Config& given, const std::vector<std::string>& outputs) {
  LossWeights weights;
  if (given.is_null()) return weights;
  if (given.is_number()) return LossWeights({given.as_real()});
  if (given.is_list()) {
    std::vector<double> all;
    for (const Config& one : given.elements()) all.push_back(one.is_null() ? 1.0 : one.as_real());
    return LossWeights(all);
  }
  for (const Config::Member& m : given.members())
    if (outputs.size() > 1)
      weights.weights.push_back({m.first, m.second.as_real()});
    else
      weights.weights.push_back({"", m.second.as_real()});
  return weights;
}

/// Reads the arguments of `compile` from Keras's `compile_config`. Throws ValueError for an argument that is unknown, or
/// has no equivalent here.
template <class S>
CompileOptions<S> compile_options_from_config(const Config& config, const std::vector<std::string>& outputs) {
  CompileOptions<S> options;
  for (const Config::Member& m : config.members()) {
    const auto& [name, value] = m;
    if (name == "optimizer")
      options.optimizer = compile_argument<OptimizerArgument<S>>(value);
    else if (name == "loss")
      options.loss = compile_losses<S>(value, outputs);
    else if (name == "loss_weights")
      options.loss_weights = compile_loss_weights(value, outputs);
    else if (name == "metrics")
      options.metrics = compile_metrics<S>(value, outputs);
    else if (name == "weighted_metrics")
      options.weighted_metrics = compile_metrics<S>(value, outputs);
    else if (name != "run_eagerly" && name != "steps_per_execution" && name != "jit_compile" &&
             name != "auto_scale_loss")
      raise<ValueError>("compile_config: unknown argument \"", name, "\"");  // those compute the same either way
  }
  return options;
}

/// Returns a loss or metric as it was given: its name, {"class_name": ..., "config": ...} of an object, or null. Throws
/// ValueError for a function, which has no configuration.
template <class Argument>
Config given_config(const char* option, const Argument& argument) {
  if (!argument.given()) return {};
  if (!argument.name().empty()) return argument.name();
  Config config = argument.to_config();
  const std::string& name = config.at("class_name").as_string();
  if (name == "LossFunction" || name == "MetricFunction")
    raise<ValueError>("compile_config: a function as a ", option,
                      " has no configuration. Derive a class from Loss or Metric, ",
                      "and register it with register_custom_object.");
  return config;
}

template <class S>
Config metrics_config(const MetricArguments<S>& metrics) {
  const auto list = [](const List<MetricArgument<S>>& all) {
    Config configs = Config::list();
    for (const MetricArgument<S>& one : all) configs.push_back(given_config("metric", one));
    return configs;
  };
  if (!metrics.named.empty()) {
    Config by_output = Config::map();
    for (const auto& entry : metrics.named) by_output[entry.output] = list(entry.value);
    return by_output;
  }
  return metrics.empty() ? Config() : list(metrics);
}

/// Returns the arguments of a model's `compile` as Keras's `compile_config`.
template <class S>
Config compile_config_of(const Trainer<S>& model) {
  const CompileOptions<S>& options = model.compile_options();
  const Optimizer<S>& optimizer = model.optimizer();
  Config config = Config::map();
  config["optimizer"] = named_config(optimizer.class_name(), optimizer.get_config());
  if (const auto* several = options.loss.several(); several != nullptr) {
    const bool by_name = !several->empty() && !several->front().output.empty();
    Config losses = by_name ? Config::map() : Config::list();
    for (const auto& entry : *several)
      if (by_name)
        losses[entry.output] = given_config("loss", entry.value);
      else
        losses.push_back(given_config("loss", entry.value));
    config["loss"] = std::move(losses);
  } else {
    config["loss"] = given_config("loss", options.loss.one());
  }
  config["loss_weights"] = nullptr;
  if (const auto& weights = options.loss_weights.weights; !weights.empty()) {
    const bool by_name = !weights.front().output.empty();
    Config all = by_name ? Config::map() : Config::list();
    for (const auto& entry : weights)
      if (by_name)
        all[entry.output] = entry.value;
      else
        all.push_back(entry.value);
    config["loss_weights"] = std::move(all);
  }
  config["metrics"] = metrics_config(options.metrics);
  config["weighted_metrics"] = metrics_config(options.weighted_metrics);
  config["run_eagerly"] = false;
  config["steps_per_execution"] = 1;
  config["jit_compile"] = false;
  return config;
}

}  // namespace lamina::detail
