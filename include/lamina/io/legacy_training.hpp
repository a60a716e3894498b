#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lamina/core/classify.hpp"
#include "lamina/core/warning.hpp"
#include "lamina/io/config_edit.hpp"
#include "lamina/io/hdf5_reader.hpp"
#include "lamina/models/file_format.hpp"

// What legacy .h5 files store of training: `training_config`, and the weights of the optimizer.

namespace lamina::detail {

class LegacyTraining : ConfigEdit {
 public:
  /// Returns the arguments of `compile` as Keras 3's `compile_config`. Throws IoError if there is no optimizer.
  static Config compile_config(const Config& training) {
    if (!training.is_map() || !is_object(training.find("optimizer_config")))
      raise<IoError>(
          "training_config: expected {\"optimizer_config\": {\"class_name\": ..., \"config\": ...}, ...}, got ",
          training.to_string().substr(0, 100), "");
    Config compiled = training;
    compiled["optimizer"] = training.at("optimizer_config");
    return upgraded(compiled);
  }
  /// Returns a `compile_config` of Keras 2 as Keras 3's.
  static Config upgraded(const Config& compiled) {
    Config made = Config::map();
    if (!compiled.is_map() || compiled.size() == 0) return made;
    const Config* given = compiled.find("optimizer");
    made["optimizer"] = is_object(given) ? optimizer(*given) : given == nullptr ? Config() : *given;
    for (const char* argument : {"loss", "metrics", "weighted_metrics", "loss_weights"}) {
      given = compiled.find(argument);
      made[argument] = given == nullptr || (given->is_list() && given->size() == 0) ? Config() : function(*given);
    }
    if (made.at("loss") == Config("cosine_proximity")) made["loss"] = "cosine_similarity";
    return made;
  }

  /// Fits losses and metrics to the outputs of a model of Keras 1 or 2, where a list of metrics, if its elements are not
  /// lists, holds for each output, and the output of a Sequential has the name of its last layer.
  static void fit_to_outputs(Config& compiled, const Config& model) {
    if (class_of(model) == "Sequential") {
      for (const char* argument : {"loss", "metrics", "weighted_metrics", "loss_weights"})
        if (const Config given = compiled.at(argument); given.is_map() && class_of(given).empty() && given.size() == 1)
          compiled[argument] = given.members().begin()->second;
      return;
    }
    const Config* config = model.find("config");
    const Config* ends = config == nullptr ? nullptr : config->find("output_layers");
    if (ends == nullptr || !ends->is_list() || ends->size() < 2 || (*ends)[0].is_string()) return;
    for (const char* argument : {"metrics", "weighted_metrics"}) {
      const Config metrics = compiled.at(argument);
      bool flat = metrics.is_list();
      for (std::size_t i = 0; flat && i < metrics.size(); ++i) flat = metrics[i].is_string() || is_object(&metrics[i]);
      if (!flat) continue;
      Config by_output = Config::map();
      for (const Config& end : ends->elements())
        if (end.is_list() && end.size() > 0 && end[0].is_string()) by_output[end[0].as_string()] = metrics;
      compiled[argument] = std::move(by_output);
    }
  }

  /// Reads the state of an optimizer. None if the file has none, or, as in Keras, one of another form, which is a warning.
  static std::optional<OptimizerState> optimizer_state(const Hdf5Reader& file, const StoredOptimizer& optimizer) {
    const std::string group = "optimizer_weights";
    const auto names = file.string_list(group, "weight_names");
    if (!names || names->empty()) return std::nullopt;
    std::vector<std::string> datasets;
    for (const std::string& name : *names) datasets.push_back(group + "/" + name);
    const auto differs = [&](const auto&... why) -> std::optional<OptimizerState> {
      warn(file.who(), ": the state of the optimizer ", why..., ". It is not restored: training starts with a new ",
           "optimizer.");
      return std::nullopt;
    };
    for (const std::string& dataset : datasets)
      if (!file.is_dataset(dataset)) return differs("lacks the dataset \"", dataset, "\"");

    OptimizerState state;
    std::size_t at = 0;
    if (names->size() > 4 && contains((*names)[2], "step_counter") && contains((*names)[3], "dynamic_scale"))
      at = 4;  // of a LossScaleOptimizer; its inner optimizer's follow
    if (at < datasets.size() && is_scalar(file, datasets[at])) {
      const double steps = number(file, datasets[at++]);
      if (!within(steps, 0, 9e15)) return differs("has the iteration ", steps);
      state.steps = static_cast<Index>(steps);
    }
    if (at < datasets.size() && contains(datasets[at], "learning_rate") && is_scalar(file, datasets[at])) {
      const double rate = number(file, datasets[at++]);
      if (optimizer.learning_rate) state.learning_rate = rate;
    }
    if (at < datasets.size() && contains(datasets[at], "momentum_cache")) ++at;  // of Nadam; computed below
    datasets.erase(datasets.begin(), datasets.begin() + static_cast<std::ptrdiff_t>(at));

    if (datasets.empty() && state.steps == 0) return std::nullopt;  // saved before the first step
    const auto order = file_order(optimizer, is_interleaved(*names), datasets.size());
    if (!order)
      return differs("has ", datasets.size(), " variables in the file, and ", optimizer.variables.size(),
                     " in the model");
    const bool theano = file.attribute("model_weights", "backend") == std::optional<std::string>("theano");
    for (std::size_t i = 0; i < optimizer.variables.size(); ++i) {
      const StoredVariable& variable = optimizer.variables[i];
      if ((*order)[i] == computed) {
        state.values.push_back(momentum_product(optimizer, state.steps));
        continue;
      }
      const std::string& dataset = datasets[(*order)[i]];
      const Shape shape = file.shape(dataset);
      if (shape != variable.shape() || (theano && shape.rank() > 2))
        return differs("has the dataset \"", dataset, "\" of shape ", shape, ", and the model \"", variable.path,
                       "\" of shape ", variable.shape(), theano ? ", for kernels that Theano reverses" : "");
      state.values.push_back(file.read(dataset, shape));
    }
    return state;
  }

 private:
  // ---- Configurations

  /// Returns an optimizer with the names of Keras 3, without a LossScaleOptimizer around it: gradients are computed in the
  /// scalar type of the model, which needs no scale. A decay of the learning rate was an argument in Keras 1 and 2; it is
  /// the schedule InverseTimeDecay.
  static Config optimizer(const Config& given) {
    Config made = given;
    const std::string full_name = class_of(given);
    if (full_name.starts_with("Addons>"))
      raise<ValueError>("training_config: the optimizer \"", full_name, "\" of TensorFlow Addons is not supported");
    if (full_name == "LossScaleOptimizer" && is_object(given.at("config").find("inner_optimizer")))
      return optimizer(given.at("config").at("inner_optimizer"));
    made["class_name"] = full_name.starts_with("Custom>") ? full_name.substr(7) : full_name;
    if (given.find("config") == nullptr || !given.at("config").is_map()) return made;
    Config& config = made["config"];
    rename(config, "lr", "learning_rate");
    for (const char* unused : {"jit_compile", "is_legacy_optimizer", "schedule_decay"}) drop(config, unused);
    if (const Config* epsilon = config.find("epsilon"); epsilon != nullptr && epsilon->is_null())
      drop(config, "epsilon");
    const Config decay = full_name == "Nadam" ? Config() : take(config, "decay");
    drop(config, "decay");  // Nadam's is that of its momenta, which Keras 3 does not have
    const Config* rate = config.find("learning_rate");
    if (decay.is_number() && decay.as_real() != 0 && rate != nullptr && rate->is_number()) {
      Config schedule = Config::map();
      schedule["initial_learning_rate"] = *rate;
      schedule["decay_steps"] = 1;
      schedule["decay_rate"] = decay;
      config["learning_rate"] = object("InverseTimeDecay", std::move(schedule));
    }
    return made;
  }
  /// Returns losses or metrics with the names of Keras 3: one, a list, or a map by output.
  static Config function(const Config& given) {
    if (given.is_list()) {
      Config all = Config::list();
      for (const Config& one : given.elements()) all.push_back(function(one));
      return all;
    }
    if (!given.is_map()) return given;
    const Config* config = given.find("config");
    if (class_of(given).empty() || config == nullptr || !config->is_map()) {
      if (!class_of(given).empty()) return given;
      Config by_output = Config::map();
      for (const Config::Member& m : given.members()) by_output[m.first] = function(m.second);
      return by_output;
    }
    Config made = given;
    Config& arguments = made["config"];
    if (const Config* reduction = arguments.find("reduction"); reduction != nullptr && *reduction == Config("auto"))
      arguments["reduction"] = "sum_over_batch_size";
    Config wrapped = take(arguments, "fn");  // the function of the class, or of MeanMetricWrapper and the like
    if (!class_of(given).ends_with("Wrapper")) return made;
    if (is_object(&wrapped) && wrapped.find("config") != nullptr) wrapped = Config(wrapped.at("config"));
    if (wrapped.is_string()) made["class_name"] = wrapped;
    return made;
  }

  // ---- The state

  static constexpr std::size_t computed = static_cast<std::size_t>(-1);

  static bool contains(const std::string& name, std::string_view part) { return name.find(part) != std::string::npos; }
  static bool is_scalar(const Hdf5Reader& file, const std::string& dataset) { return file.shape(dataset).rank() == 0; }
  static double number(const Hdf5Reader& file, const std::string& dataset) {
    return std::visit([](const auto& tensor) { return static_cast<double>(tensor.data()[0]); },
                      file.read(dataset, Shape()));
  }
  /// Keras 3, and TensorFlow since 2.11, store the state of one variable after the other, with the name "iteration" for the
  /// number of steps; earlier ones store one kind of state of all variables after the other.
  static bool is_interleaved(const std::vector<std::string>& names) {
    return contains(names[0], "iteration") && !contains(names[0], "iterations");
  }
  /// Returns the position in the file of each variable of an optimizer; none if the number does not fit.
  static std::optional<std::vector<std::size_t>> file_order(const StoredOptimizer& optimizer, bool interleaved,
                                                            std::size_t stored) {
    const std::string& name = class_of(optimizer.config);
    const Config& config = optimizer.config.at("config");
    const auto is = [&](const char* option) {
      const Config* value = config.find(option);
      return value != nullptr && value->is_boolean() && value->as_bool();
    };
    const std::size_t count = optimizer.variables.size();
    std::size_t kinds = 1, blocks = 0, last = 0;  // kinds of state by variable; further kinds; scalars at the end
    for (const char* two : {"Adam", "AdamW", "Adamax", "Nadam", "Adadelta", "Ftrl"})
      if (name == two) kinds = 2;
    if ((name == "Adam" || name == "AdamW") && is("amsgrad")) blocks = 1;
    if (name == "Nadam") last = 1;
    if (name == "Ftrl") interleaved = true;
    if (is("use_ema") && !interleaved) return std::nullopt;
    std::vector<std::size_t> order(count);
    for (std::size_t i = 0; i < count; ++i) order[i] = i;
    if (interleaved && (stored == count || (last == 1 && stored + 1 == count))) {
      if (stored < count) order[count - 1] = computed;
      return order;
    }
    if (interleaved || count < last || (count - last) % (kinds + blocks) != 0) return std::nullopt;
    const std::size_t variables = (count - last) / (kinds + blocks);
    // Keras 2 stores an unused element for each variable if Adam is not AMSGrad, and momenta that SGD does not use.
    const bool unused = (name == "Adam" && blocks == 0 && stored == 3 * variables) || (name == "SGD" && count == 0);
    if (stored != count - last && !unused) return std::nullopt;
    for (std::size_t i = 0; i < variables * kinds; ++i) order[i] = i % kinds * variables + i / kinds;
    if (last == 1) order[count - 1] = computed;
    return order;
  }
  /// The product of Nadam's momenta after so many steps.
  static AnyTensor momentum_product(const StoredOptimizer& optimizer, Index steps) {
    const Config* beta = optimizer.config.at("config").find("beta_1");
    const double beta_1 = beta == nullptr ? 0.9 : beta->as_real();
    const Index varying = (std::min<Index>)(steps, 1000);  // later momenta are beta_1
    double product = std::pow(beta_1, static_cast<double>(steps - varying));
    for (Index t = 1; t <= varying; ++t) product *= beta_1 * (1 - 0.5 * std::pow(0.96, static_cast<double>(t)));
    return Tensor<double>(product);
  }
};

}  // namespace lamina::detail
