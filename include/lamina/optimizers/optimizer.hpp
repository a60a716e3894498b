#pragma once
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/autodiff/variable.hpp"
#include "lamina/core/arguments.hpp"
#include "lamina/core/names.hpp"
#include "lamina/kernels/elementwise.hpp"
#include "lamina/kernels/optimizer_updates.hpp"
#include "lamina/kernels/reduce.hpp"

namespace lamina {

/// A learning rate: a number, or a function of the step (the number of updates done so far).
class LearningRate {
 public:
  LearningRate(double rate) : rate_(rate) {  // NOLINT: a number stands for a constant rate
    if (!(rate >= 0)) raise<ValueError>("learning_rate: expected a number >= 0, got ", rate);
  }
  template <class F>
  requires std::is_invocable_r_v<double, const F&, Index> LearningRate(F schedule)
      : schedule_(std::move(schedule)) {}  // NOLINT

  double operator()(Index step) const { return schedule_ ? schedule_(step) : rate_; }
  bool is_constant() const noexcept { return !schedule_; }

 private:
  double rate_ = 0;
  std::function<double(Index)> schedule_;
};

/// What every optimizer can do beside its own rule.
struct CommonOptimizerOptions {
  std::optional<double> weight_decay =
      std::nullopt;                                ///< each step first shrinks weights by learning_rate · weight_decay
  std::optional<double> clipnorm = std::nullopt;   ///< each gradient is scaled down to at most this length
  std::optional<double> clipvalue = std::nullopt;  ///< each element of a gradient is held within ± this
  std::optional<double> global_clipnorm =
      std::nullopt;  ///< all gradients together are scaled down to at most this length
};

/// The base of all optimizers: changes variables along their gradients. Keras's Optimizer.
///
/// To write one, derive and give `update`, and `build` where it keeps state (`add_slots`).
template <class Scalar = float>
class Optimizer {
 public:
  using scalar_type = Scalar;
  using StrategyBase = Optimizer;

  virtual ~Optimizer() = default;
  virtual std::string class_name() const = 0;
  /// The arguments under Keras's names.
  virtual Config get_config() const { return Config::map(); }

  /// Updates each variable with its gradient; an undefined gradient leaves its variable as it is. The variables are the
  /// same ones in every call.
  void apply_gradients(const std::vector<Tensor<Scalar>>& gradients, const std::vector<Variable<Scalar>>& variables) {
    if (gradients.size() != variables.size())
      raise<ValueError>(class_name(), ", apply_gradients: got ", gradients.size(), " gradients for ", variables.size(),
                        " variables");
    for (std::size_t i = 0; i < gradients.size(); ++i)
      if (gradients[i].defined() && gradients[i].shape() != variables[i].shape())
        raise<ShapeError>(class_name(), ", apply_gradients: variable \"", variables[i].path(), "\" of shape ",
                          variables[i].shape(), " got a gradient of shape ", gradients[i].shape());
    build_once(variables);
    const double rate = learning_rate();
    const double global_scale = common_.global_clipnorm ? global_clip_scale(gradients) : 1.0;
    for (std::size_t i = 0; i < variables.size(); ++i) {
      if (!gradients[i].defined()) continue;
      const Variable<Scalar>& variable = variables[i];
      if (common_.weight_decay) decay(variable, rate);
      if (common_.clipvalue || common_.clipnorm || common_.global_clipnorm)
        update(i, variable, clipped(gradients[i], global_scale), static_cast<Scalar>(rate));
      else
        update(i, variable, gradients[i], static_cast<Scalar>(rate));
      if (variable.constraint()) variable.assign(variable.constraint()(variable.value().detached()));
    }
    ++iterations_;
  }

  /// The rate of the next step.
  double learning_rate() const { return learning_rate_(iterations_); }
  void set_learning_rate(LearningRate rate) { learning_rate_ = std::move(rate); }
  /// How many steps have been done.
  Index iterations() const noexcept { return iterations_; }
  void set_iterations(Index iterations) noexcept { iterations_ = iterations; }
  /// The state that the optimizer keeps for the variables, by name: `kernel_momentum`.
  const std::vector<Variable<Scalar>>& variables() const noexcept { return slots_; }

  /// Makes the state for these variables; done by the first update otherwise.
  void build_once(const std::vector<Variable<Scalar>>& variables) {
    if (built_) {
      bool same = built_for_.size() == variables.size();
      for (std::size_t i = 0; same && i < variables.size(); ++i) same = built_for_[i] == variables[i].number();
      if (!same)
        raise<StateError>(class_name(), ", apply_gradients: the variables are not those of the first call (",
                          built_for_.size(), " then, ", variables.size(),
                          " now). Use a new optimizer, or compile again.");
      return;
    }
    for (const auto& v : variables) built_for_.push_back(v.number());
    build(variables);
    built_ = true;
  }

 protected:
  explicit Optimizer(LearningRate learning_rate, CommonOptimizerOptions common = {})
      : learning_rate_(std::move(learning_rate)), common_(common) {
    for (const auto& bound : {common.clipnorm, common.clipvalue, common.global_clipnorm})
      if (bound && !(*bound > 0)) raise<ValueError>("optimizer: clipping bounds must be positive, got ", *bound);
    if (static_cast<int>(common.clipnorm.has_value()) + static_cast<int>(common.clipvalue.has_value()) +
            static_cast<int>(common.global_clipnorm.has_value()) >
        1)
      raise<ValueError>("optimizer: only one of clipnorm, clipvalue and global_clipnorm can be given");
  }

  /// Makes the state, once.
  virtual void build(const std::vector<Variable<Scalar>>& /*variables*/) {}
  /// Changes variable number `i`, in one pass.
  virtual void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient, Scalar rate) = 0;

  /// One zero tensor for each variable; they are part of `variables()`.
  std::vector<Variable<Scalar>> add_slots(const std::vector<Variable<Scalar>>& variables, const std::string& name) {
    std::vector<Variable<Scalar>> slots;
    for (const auto& v : variables) {
      slots.emplace_back(Tensor<Scalar>::zeros(v.shape()), v.name() + "_" + name, false);
      slots.back().set_path(v.path() + "_" + name);
      slots_.push_back(slots.back());
    }
    return slots;
  }

 private:
  void decay(const Variable<Scalar>& variable, double rate) {
    const auto keep = static_cast<Scalar>(1.0 - rate * *common_.weight_decay);
    Scalar* w = variable.mutable_data();
    kernels::map(
        variable.size(), w, [keep](const auto& v) { return v * keep; }, w);
  }
  static double squared_norm(const Tensor<Scalar>& gradient) {
    Scalar total = 0;
    kernels::sum_of_squares(gradient.size(), gradient.data(), &total);
    return static_cast<double>(total);
  }
  double global_clip_scale(const std::vector<Tensor<Scalar>>& gradients) const {
    double total = 0;
    for (const auto& g : gradients)
      if (g.defined()) total += squared_norm(g);
    const double norm = std::sqrt(total);
    return norm > *common_.global_clipnorm ? *common_.global_clipnorm / norm : 1.0;
  }
  Tensor<Scalar> clipped(const Tensor<Scalar>& gradient, double global_scale) const {
    Tensor<Scalar> result = Tensor<Scalar>::empty(gradient.shape());
    Scalar* out = result.mutable_data();
    if (common_.clipvalue) {
      const auto bound = static_cast<Scalar>(*common_.clipvalue);
      kernels::map(
          gradient.size(), out,
          [bound](const auto& g) { return select(g > bound, bound, select(g < -bound, -bound, g)); }, gradient.data());
      return result;
    }
    double scale = global_scale;
    if (common_.clipnorm) {
      const double norm = std::sqrt(squared_norm(gradient));
      scale = norm > *common_.clipnorm ? *common_.clipnorm / norm : 1.0;
    }
    const auto factor = static_cast<Scalar>(scale);
    kernels::map(
        gradient.size(), out, [factor](const auto& g) { return g * factor; }, gradient.data());
    return result;
  }

  LearningRate learning_rate_;
  CommonOptimizerOptions common_;
  Index iterations_ = 0;
  bool built_ = false;
  std::vector<std::uint32_t> built_for_;
  std::vector<Variable<Scalar>> slots_;
};

LAMINA_COMPILED_CLASS(Optimizer);

}  // namespace lamina
