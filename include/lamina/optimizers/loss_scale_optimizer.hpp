#pragma once
#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lamina/core/arguments.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/optimizers/gradient_clipping.hpp"
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

template <class S>
struct OptimizerFamily;

/// The options of LossScaleOptimizer.
struct LossScaleOptimizerOptions {
  double initial_scale = 32768.0;  ///< Scale before the first step; in [1.2e-38, 3.4e38]. Default: 32768 = 2^15.
  /// Number of consecutive steps with finite gradients after which the scale is doubled; >= 1. Above 2^24: never.
  /// Default: 2000.
  Index dynamic_growth_steps = 2000;
  std::string name = {};  ///< Name in the paths of the optimizer's variables. Default: "loss_scale_optimizer".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("initial_scale", self.initial_scale);
    field("dynamic_growth_steps", self.dynamic_growth_steps);
    field("name", self.name);
  }
};

/// Wraps an optimizer, and scales the loss so that small gradients do not underflow. The scale adapts to the gradients.
/// `keras.optimizers.LossScaleOptimizer`. For the gradients g of the loss scale_loss(loss) = scale loss:
///
///     if all elements of all gradients are finite:
///       inner_optimizer.apply_gradients(g / scale)
///       counter = counter + 1
///       if counter = dynamic_growth_steps:  scale = 2 scale,  counter = 0
///     otherwise, the step is skipped:
///       scale = scale / 2,  counter = 0
///
/// `fit` and `train_on_batch` scale the loss. A user-defined `train_step` or training loop calls
/// `scale_loss`:
///
///     LossScaleOptimizer optimizer(Adam({.clipnorm = 1}), {.initial_scale = 1024});
///     GradientTape<float> tape;
///     const Tensor<float> loss = ...;
///     optimizer.apply_gradients(tape.gradient(optimizer.scale_loss(loss), variables), variables);
///
/// The learning rate, `steps`, `iterations`, clipping, weight decay, moving averages and gradient accumulation are those
/// of the inner optimizer, which gets the gradients of the loss that is not scaled. A skipped step changes neither the
/// variables nor `steps`. The state is step_counter, dynamic_scale, and the state of the inner optimizer. Unlike in
/// Keras, the scale stays in the range of normal float numbers: it becomes neither 0 nor infinite.
///
/// Throws ValueError for an option out of range, and for an inner optimizer that is null, has a loss_scale_factor (which
/// Keras ignores) or is a LossScaleOptimizer. There is no default inner optimizer: the name alone is a ValueError.
template <class Scalar = float>
class LossScaleOptimizer : public Optimizer<Scalar> {
 public:
  /// Wraps an optimizer, which is shared with the caller.
  LAMINA_COLD explicit LossScaleOptimizer(std::shared_ptr<Optimizer<Scalar>> inner_optimizer,
                                          LossScaleOptimizerOptions options = {})
      : Optimizer<Scalar>("LossScaleOptimizer", std::move(inner_optimizer), std::move(options.name),
                          static_cast<typename Optimizer<Scalar>::UpdateAll>(&LossScaleOptimizer::update_unscaled)),
        initial_scale_(options.initial_scale),
        growth_steps_(options.dynamic_growth_steps) {
    if (!detail::within(initial_scale_, smallest, largest))
      raise<ValueError>("LossScaleOptimizer: expected initial_scale in [1.2e-38, 3.4e38], got ", initial_scale_);
    if (growth_steps_ < 1)
      raise<ValueError>("LossScaleOptimizer: expected dynamic_growth_steps >= 1, got ", growth_steps_);
  }
  /// Wraps an optimizer.
  template <class T>
    requires std::is_base_of_v<Optimizer<Scalar>, T>
  explicit LossScaleOptimizer(T inner_optimizer, LossScaleOptimizerOptions options = {})
      : LossScaleOptimizer(std::make_shared<T>(std::move(inner_optimizer)), std::move(options)) {}

  std::string class_name() const override { return "LossScaleOptimizer"; }
  /// Returns the options under Keras's names; `inner_optimizer` is the class name and configuration of the optimizer.
  LAMINA_COLD Config get_config() const override {
    const Optimizer<Scalar>& inner = *this->inner_optimizer();
    Config config = Config::map();
    config["name"] = this->name();
    config["inner_optimizer"] = named_config(inner.class_name(), inner.get_config());
    config["initial_scale"] = initial_scale_;
    config["dynamic_growth_steps"] = growth_steps_;
    return config;
  }
  /// Creates the optimizer from a configuration of `get_config` or of Keras. Throws ValueError for an argument that is
  /// missing, unknown or invalid, and for a common option of the optimizers: pass those to the inner optimizer. Requires
  /// `optimizers/optimizers.hpp`, where the names of optimizers are.
  LAMINA_COLD static LossScaleOptimizer from_config(const Config& config) {
    const Config* inner = config.find("inner_optimizer");
    if (inner == nullptr || inner->is_null()) raise_needs_arguments();
    Config own = Config::map();
    for (const Config::Member& m : config.members())
      if (m.first != "inner_optimizer" && !is_unused(m.first, m.second)) own[m.first] = m.second;
    return LossScaleOptimizer(
        OptimizerFamily<Scalar>::Table::from_config("LossScaleOptimizer, argument \"inner_optimizer\"", *inner),
        arguments_from<LossScaleOptimizerOptions>("LossScaleOptimizer", own));
  }
  /// Throws the ValueError for the name without an inner optimizer.
  [[noreturn]] LAMINA_COLD static void raise_needs_arguments() {
    raise<ValueError>(
        "LossScaleOptimizer: the argument \"inner_optimizer\" is missing. It has no default. Pass an object, such as ",
        "LossScaleOptimizer(Adam()), instead of the name.");
  }

  /// Returns the factor of the loss in the next step. Throws StateError if a restored scale is not in the range of
  /// initial_scale.
  double dynamic_scale() const { return static_cast<double>(scale()); }

 protected:
  LAMINA_COLD void build(const std::vector<Variable<Scalar>>& /*variables*/) override {
    step_counter_ = this->add_integer_variable("step_counter");
    dynamic_scale_ = this->add_variable({}, "dynamic_scale", initial_scale_);
  }
  Tensor<Scalar> scaled_loss(const Tensor<Scalar>& loss) const override { return loss * scale(); }
  /// Does nothing, and is not called: see `update_unscaled`.
  void update(std::size_t, const Variable<Scalar>&, const Tensor<Scalar>&, Scalar) override {}

 private:
  // The range of the scale, a float in Keras's files. A scale of 0 would make NaN of gradients of 0.
  static constexpr double smallest = (std::numeric_limits<float>::min)(), largest = (std::numeric_limits<float>::max)();
  static constexpr Index longest_count = Index{1} << 24;  // all smaller integers are exact in float

  /// Returns whether a configuration's argument is one that older versions of Keras wrote and that has no effect. Throws
  /// ValueError for a common option with another value than the default.
  LAMINA_COLD static bool is_unused(const std::string& name, const Config& value) {
    if (name == "dynamic") {
      if (!value.as_bool())
        raise<ValueError>("LossScaleOptimizer, argument \"dynamic\": expected true, got ", value,
                          ". For a constant scale, use the optimizer itself with loss_scale_factor.");
      return true;
    }
    const Config defaults = config_of(CommonDefaults{});
    const Config* expected = name == "name" ? nullptr : defaults.find(name);
    if (expected == nullptr) return false;
    if (value != *expected)
      raise<ValueError>("LossScaleOptimizer, argument \"", name, "\": expected ", *expected, ", got ", value,
                        ". Pass it to the inner optimizer.");
    return true;
  }
  struct CommonDefaults : CommonOptimizerOptions {
    template <class Self, class Field>
    static void fields(Self& self, Field&& field) {
      optimizer_fields(self, field);
    }
  };

  Scalar scale() const {
    if (!dynamic_scale_.defined()) return static_cast<Scalar>(initial_scale_);
    const Scalar& scale = *dynamic_scale_.data();
    if (!detail::within(scale, static_cast<Scalar>(smallest), static_cast<Scalar>(largest))) [[unlikely]]
      raise<StateError>("LossScaleOptimizer: expected dynamic_scale in [1.2e-38, 3.4e38], got ", scale,
                        ". The state was restored from a damaged file: compile the model again.");
    return scale;
  }
  static bool all_finite(const std::vector<Tensor<Scalar>>& gradients) {
    bool finite = true;
    for (const Tensor<Scalar>& gradient : gradients)
      if (gradient.defined())
        detail::for_each_part(gradient, [&](Index n, const Scalar* values) {
          for (Index i = 0; i < n; ++i) finite &= is_finite(values[i]);
        });
    return finite;
  }
  /// Applies the gradients divided by the scale, or skips the step, and adapts the scale. The inner optimizer applies the
  /// constraints: returns false.
  bool update_unscaled(const std::vector<Tensor<Scalar>>& gradients, const std::vector<Variable<Scalar>>& variables) {
    const Scalar scale = this->scale();
    Scalar &next_scale = *dynamic_scale_.mutable_data(), &counter = *step_counter_.mutable_data();
    if (!all_finite(gradients)) {
      next_scale = (std::max)(scale / 2, static_cast<Scalar>(smallest));
      counter = 0;
      return false;
    }
    unscaled_ = gradients;
    for (Tensor<Scalar>& gradient : unscaled_)
      if (gradient.defined())
        gradient = detail::mapped_gradient(gradient, [scale](const auto& g) LAMINA_INLINE_LAMBDA { return g / scale; });
    this->inner_optimizer()->apply_gradients(unscaled_, variables);
    for (Tensor<Scalar>& gradient : unscaled_) gradient = Tensor<Scalar>();
    const Index steps = (std::min)(static_cast<Index>(counter) + 1, longest_count);
    if (steps >= growth_steps_) {
      if (scale <= static_cast<Scalar>(largest / 2)) next_scale = scale * 2;
      counter = 0;
    } else {
      counter = static_cast<Scalar>(steps);
    }
    return false;
  }

  double initial_scale_;
  Index growth_steps_;
  Variable<Scalar> step_counter_, dynamic_scale_;
  std::vector<Tensor<Scalar>> unscaled_;  // kept between steps for its memory
};

/// The scalar type is that of the inner optimizer.
template <class T>
LossScaleOptimizer(T inner_optimizer, LossScaleOptimizerOptions options = {})
    -> LossScaleOptimizer<typename T::scalar_type>;
/// The scalar type is that of the inner optimizer.
template <class T>
LossScaleOptimizer(std::shared_ptr<T> inner_optimizer, LossScaleOptimizerOptions options = {})
    -> LossScaleOptimizer<typename T::scalar_type>;

}  // namespace lamina
