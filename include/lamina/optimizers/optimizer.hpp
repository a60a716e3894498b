#pragma once
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/autodiff/variable.hpp"
#include "lamina/core/list.hpp"
#include "lamina/kernels/optimizer_updates.hpp"
#include "lamina/ops/arithmetic.hpp"
#include "lamina/optimizers/gradient_clipping.hpp"
#include "lamina/optimizers/name_pattern.hpp"
#include "lamina/optimizers/options.hpp"

namespace lamina {

/// The base class of optimizers, which update variables by their gradients. `keras.optimizers.Optimizer`.
///
/// It implements the options that all optimizers have in common (see CommonOptimizerOptions): gradient clipping, weight
/// decay, moving averages of the variables and gradient accumulation. A user-defined optimizer overrides `update` and,
/// if it has state, `build`, which creates the state by `add_optimizer_variables`.
template <class Scalar = float>
class Optimizer {
 public:
  /// The scalar type of its variables.
  using scalar_type = Scalar;
  /// The base class under which user-defined optimizers are registered.
  using StrategyBase = Optimizer;
  /// A list of variables.
  using Variables = std::vector<Variable<Scalar>>;

  virtual ~Optimizer();
  /// Returns the name of the class in configurations.
  virtual std::string class_name() const = 0;
  /// Returns the name in the paths of the optimizer's variables.
  std::string name() const { return common_.name.empty() ? to_snake_case(class_name()) : common_.name; }
  /// Returns the options under Keras's names, with the current learning rate.
  LAMINA_COLD virtual Config get_config() const { return describe(Described{learning_rate_, common_}); }

  /// Updates each variable by its gradient and applies its constraint; skips variables with an undefined gradient.
  /// Shapes: each gradient has the shape of its variable. Throws ValueError if the counts differ, ShapeError if a shape
  /// differs, and StateError if the variables are not those of the first call. Keras's `apply_gradients`.
  void apply_gradients(const std::vector<Tensor<Scalar>>& gradients, const Variables& variables) {
    if (gradients.size() != variables.size()) [[unlikely]]
      raise_count(gradients, variables);
    const std::size_t count = variables.size();
    bool needs_build = !built_ || built_for_.size() != count, constrained = false;
    for (std::size_t i = 0; i < count; ++i) {
      if (gradients[i].defined() && gradients[i].shape() != variables[i].shape()) [[unlikely]]
        raise_unfit(gradients[i], variables[i]);
      needs_build = needs_build || built_for_[i] != variables[i].number();
      constrained |= variables[i].constraint() != nullptr;
    }
    if (needs_build) [[unlikely]]
      build_once(variables);
    bool updated = true;
    if (update_prepared_ == nullptr) [[likely]]
      update_all(gradients, variables,
                 [](const Tensor<Scalar>& gradient) -> const Tensor<Scalar>& { return gradient; });
    else
      updated = (this->*update_prepared_)(gradients, variables);
    if (constrained && updated) [[unlikely]]
      apply_constraints(gradients, variables);
    ++steps_;
  }

  /// Returns the optimizer that this one wraps, such as that of a LossScaleOptimizer; null if it wraps none. The learning
  /// rate, the steps and the moving averages of a wrapping optimizer are those of the inner optimizer.
  const std::shared_ptr<Optimizer>& inner_optimizer() const noexcept { return inner_; }
  /// Returns the learning rate of the next step.
  double learning_rate() const { return innermost().learning_rate_(innermost().steps_); }
  /// Returns whether the learning rate is a number, not a schedule.
  bool has_constant_learning_rate() const noexcept { return innermost().learning_rate_.is_constant(); }
  /// Sets the learning rate: a number or a schedule. As in Keras, throws StateError if a number would replace a
  /// schedule.
  void set_learning_rate(LearningRate rate) {
    if (rate.is_constant()) require_settable_learning_rate("set_learning_rate");
    innermost().learning_rate_ = std::move(rate);
  }
  /// Throws StateError if the learning rate is a schedule, which `who` would replace by a number.
  void require_settable_learning_rate(const char* who) const {
    if (!has_constant_learning_rate()) [[unlikely]]
      innermost().raise_schedule(who);
  }
  /// Returns the number of updates of the variables: `steps()` divided by gradient_accumulation_steps.
  Index iterations() const noexcept { return innermost().steps_ / innermost().accumulation_steps(); }
  /// Sets the number of updates, for example to restore training.
  void set_iterations(Index iterations) noexcept { set_steps(iterations * innermost().accumulation_steps()); }
  /// Returns the number of calls of `apply_gradients`, including those that only accumulate gradients, without those that
  /// a LossScaleOptimizer skips. It is the argument of learning rate schedules, and `iteration` in Keras's files.
  Index steps() const noexcept { return innermost().steps_; }
  /// Sets the number of calls of `apply_gradients`, for example to restore training.
  void set_steps(Index steps) noexcept { innermost().steps_ = steps; }

  /// Returns the state, such as `dense_kernel_momentum`, in Keras's order and with Keras's names; empty before the
  /// first update or `build_once`. To restore an optimizer, call `build_once`, assign to these variables and call
  /// `set_steps`: training continues with the same bits. Unlike Keras, the list does not contain the step and the
  /// learning rate.
  const Variables& variables() const noexcept { return state_; }
  /// Returns whether a variable of the state is an integer in Keras and in its files, such as a counter of steps.
  bool is_integer(const Variable<Scalar>& variable) const {
    for (const auto& v : integers_)
      if (v == variable) return true;
    return inner_ != nullptr && inner_->is_integer(variable);
  }

  /// The variables that `exclude_from_weight_decay` excludes.
  struct Exclusions {
    Variables var_list = {};                  ///< Variables to exclude. Default: none.
    std::vector<std::string> var_names = {};  ///< Patterns of names to exclude; see NamePattern. Default: none.
  };
  /// Excludes variables from weight decay, as in `adam.exclude_from_weight_decay({.var_names = {"bias", "gamma"}})`.
  /// Throws StateError after the first update. Keras's `exclude_from_weight_decay`.
  void exclude_from_weight_decay(Exclusions exclusions) {
    if (inner_ != nullptr) return inner_->exclude_from_weight_decay(std::move(exclusions));
    if (built_)
      raise<StateError>(class_name(), ", exclude_from_weight_decay: expected a call before the first update, got ",
                        steps_, " steps. Call it on a new optimizer.");
    excluded_patterns_.clear();
    for (std::string& text : exclusions.var_names) excluded_patterns_.emplace_back(std::move(text));
    excluded_ = std::move(exclusions.var_list);
  }

  /// Returns the loss times loss_scale_factor, if set, or times the scale of a LossScaleOptimizer; `apply_gradients`
  /// expects the gradients of this loss.
  Tensor<Scalar> scale_loss(const Tensor<Scalar>& loss) const {
    return update_prepared_ == nullptr ? loss : scaled_loss(loss);
  }
  /// Assigns the moving averages to the variables if use_ema is set; called at the end of training. Does nothing before
  /// the first update. Throws StateError if the variables are not those of the first call.
  LAMINA_COLD void finalize_variable_values(const Variables& variables) const {
    if (inner_ != nullptr) return inner_->finalize_variable_values(variables);
    if (!common_.use_ema || !built_ || iterations() == 0) return;
    require_same(variables, "finalize_variable_values");
    for (std::size_t i = 0; i < variables.size(); ++i) variables[i].assign(averages_[i].value());
  }

  /// Creates the state for these variables, if not done yet; the first update calls it. Throws StateError if the
  /// variables are not those of the first call.
  LAMINA_ALWAYS_INLINE void build_once(const Variables& variables) {
    if (!built_) [[unlikely]]
      return build_for(variables);
    require_same(variables, "apply_gradients");
  }

 protected:
  /// Constructs the optimizer with a learning rate. A program that uses only this constructor does not link the code for
  /// clipping, accumulation and moving averages.
  LAMINA_COLD explicit Optimizer(LearningRate learning_rate) : learning_rate_(std::move(learning_rate)) {}
  /// Constructs the optimizer with a learning rate and common options. Throws ValueError for an option out of range.
  LAMINA_COLD Optimizer(LearningRate learning_rate, CommonOptimizerOptions common)
      : learning_rate_(std::move(learning_rate)), common_(std::move(common)) {
    detail::check_optimizer_options(common_);
    if (common_.gradient_accumulation_steps || common_.loss_scale_factor || common_.use_ema || clips())
      update_prepared_ = &Optimizer::update_prepared;
  }
  /// A function that updates variables by their gradients in place of `update`, and returns whether `apply_gradients`
  /// applies the constraints of the variables.
  using UpdateAll = bool (Optimizer::*)(const std::vector<Tensor<Scalar>>&, const Variables&);
  /// Constructs an optimizer that wraps another one: `apply_gradients` calls `apply`. `class_name`: for errors. Throws
  /// ValueError if `inner` is null, wraps an optimizer itself, or has a loss_scale_factor.
  LAMINA_COLD Optimizer(const char* class_name, std::shared_ptr<Optimizer> inner, std::string name, UpdateAll apply)
      : learning_rate_(0.0), update_prepared_(apply), inner_(std::move(inner)) {
    common_.name = std::move(name);
    if (inner_ == nullptr) raise<ValueError>(class_name, ": expected an inner optimizer, got a null pointer");
    if (inner_->inner_ != nullptr)
      raise<ValueError>(class_name, ": expected an inner optimizer that wraps no other, got ", inner_->class_name());
    if (inner_->common_.loss_scale_factor)
      raise<ValueError>(class_name, ": expected an inner optimizer without loss_scale_factor, got ",
                        *inner_->common_.loss_scale_factor, " of ", inner_->class_name(),
                        ": gradients would be divided twice. Remove loss_scale_factor.");
  }

  /// Returns the scaled loss; called if a common option or a wrapping optimizer changes gradients before an update.
  virtual Tensor<Scalar> scaled_loss(const Tensor<Scalar>& loss) const {
    return common_.loss_scale_factor ? loss * static_cast<Scalar>(*common_.loss_scale_factor) : loss;
  }
  /// Creates the state; called once, before the first update.
  LAMINA_COLD virtual void build(const Variables& /*variables*/) {}
  /// Computes values common to all variables; called once per update, before `update`.
  virtual void begin_update(Scalar /*rate*/) {}
  /// Updates variable number `i` by its gradient with the given learning rate.
  virtual void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient, Scalar rate) = 0;
  /// Updates only the listed rows, for the sparse gradient of an embedding without weight decay. Returns false, and
  /// does nothing, if an update changes other rows as well, such as by a decaying moving average: then `update` is
  /// called.
  virtual bool update_rows(std::size_t /*i*/, const Variable<Scalar>& /*variable*/, const Tensor<Scalar>& /*gradient*/,
                           const detail::TouchedRows& /*rows*/, Scalar /*rate*/) {
    return false;
  }
  /// Returns the weight decay of a variable; std::nullopt for none.
  virtual std::optional<double> weight_decay_of(const Variable<Scalar>& /*variable*/) const {
    return common_.weight_decay;
  }
  /// Returns whether `update` multiplies weights by `decay_factor`, which saves a pass over memory.
  virtual bool decays_in_update() const { return false; }
  /// Returns the factor of weight decay for variable number `i`: 1 - learning_rate weight_decay.
  Scalar decay_factor(std::size_t i) const { return static_cast<Scalar>(1.0 - rate_ * decays_[i]); }

  /// Creates a state variable with the shape of `variable` and a name made of its path and `state_name`. Keras's
  /// `add_variable_from_reference`.
  LAMINA_COLD Variable<Scalar> add_variable_from_reference(const Variable<Scalar>& variable,
                                                           const std::string& state_name, double initial = 0) {
    std::string full = variable.path();
    for (char& c : full)
      if (c == '/') c = '_';
    full.append("_").append(state_name);
    return add_variable(variable.shape(), std::move(full), initial);
  }
  /// Creates a state variable for each variable. Keras's `add_optimizer_variables`.
  LAMINA_COLD Variables add_optimizer_variables(const Variables& variables, const std::string& state_name,
                                                double initial = 0) {
    Variables added;
    for (const auto& v : variables) added.push_back(add_variable_from_reference(v, state_name, initial));
    return added;
  }
  /// Creates two state variables for each variable; those of one variable are adjacent in `variables()`, as in Keras.
  LAMINA_COLD void add_optimizer_variables(const Variables& variables, const char* first_name, Variables& first,
                                           const char* second_name, Variables& second, double first_initial = 0) {
    for (const auto& v : variables) {
      first.push_back(add_variable_from_reference(v, first_name, first_initial));
      second.push_back(add_variable_from_reference(v, second_name));
    }
  }
  /// Creates a state variable of any shape. Keras's `add_variable`.
  LAMINA_COLD Variable<Scalar> add_variable(const Shape& shape, std::string state_name, double initial = 0) {
    Variable<Scalar> v(Tensor<Scalar>::full(shape, static_cast<Scalar>(initial)), std::move(state_name), false);
    v.set_path(name().append("/").append(v.name()));
    state_.push_back(v);
    return v;
  }
  /// Creates a state variable without axes that is an integer in Keras; see `is_integer`.
  LAMINA_COLD Variable<Scalar> add_integer_variable(std::string state_name) {
    integers_.push_back(add_variable({}, std::move(state_name)));
    return integers_.back();
  }

  /// Returns the configuration of an optimizer's options, with the current learning rate and name.
  template <class Options>
  LAMINA_COLD Config describe(Options options) const {
    options.learning_rate = learning_rate_;
    options.name = name();
    return config_of(options);
  }
  /// Returns the learning rate, a number or a schedule.
  const LearningRate& rate_or_schedule() const noexcept { return learning_rate_; }

 private:
  struct Described : CommonOptimizerOptions {
    Described(const LearningRate& rate, const CommonOptimizerOptions& common)
        : CommonOptimizerOptions(common), learning_rate(rate) {}
    LearningRate learning_rate;  ///< Learning rate, a number or a schedule.
    template <class Self, class Field>
    static void fields(Self& self, Field&& field) {
      field("learning_rate", self.learning_rate);
      optimizer_fields(self, field);
    }
  };

  LAMINA_COLD void build_for(const Variables& variables) {
    if (inner_ != nullptr) inner_->build_once(variables);  // may throw: before anything changes
    for (const auto& v : variables) built_for_.push_back(v.number());
    if (common_.use_ema) averages_ = add_optimizer_variables(variables, "average");
    if (common_.gradient_accumulation_steps) accumulators_ = add_optimizer_variables(variables, "gradient_accumulator");
    for (const auto& v : variables) decays_.push_back(is_excluded(v) ? 0.0 : weight_decay_of(v).value_or(0.0));
    build(variables);
    if (inner_ != nullptr) state_.insert(state_.end(), inner_->state_.begin(), inner_->state_.end());
    built_ = true;
  }
  /// The optimizer whose learning rate and steps count.
  const Optimizer& innermost() const noexcept { return inner_ == nullptr ? *this : *inner_; }
  Optimizer& innermost() noexcept { return inner_ == nullptr ? *this : *inner_; }
  [[noreturn]] LAMINA_COLD void raise_count(const std::vector<Tensor<Scalar>>& gradients,
                                            const Variables& variables) const {
    raise<ValueError>(class_name(), ", apply_gradients: expected one gradient per variable, got ", gradients.size(),
                      " gradients for ", variables.size(), " variables");
  }
  [[noreturn]] LAMINA_NOINLINE void raise_schedule(const char* who) const {
    raise<StateError>(who, ": the learning rate of the optimizer ", class_name(), " is the schedule ",
                      learning_rate_.schedule()->class_name(), ", which ", who, " would replace by a number. ",
                      "Construct the optimizer with a number as learning rate, or change the schedule.");
  }
  [[noreturn]] LAMINA_COLD void raise_unfit(const Tensor<Scalar>& gradient, const Variable<Scalar>& variable) const {
    raise<ShapeError>(class_name(), ", apply_gradients: expected a gradient of shape ", variable.shape(),
                      " for variable \"", variable.path(), "\", got shape ", gradient.shape());
  }
  static void apply_constraints(const std::vector<Tensor<Scalar>>& gradients, const Variables& variables) {
    for (std::size_t i = 0, count = variables.size(); i < count; ++i)
      if (gradients[i].defined() && variables[i].constraint())
        variables[i].assign(variables[i].constraint()(variables[i].value().detached()));
  }
  void require_same(const Variables& variables, const char* action) const {
    const std::size_t count = variables.size();
    bool same = built_for_.size() == count;
    for (std::size_t i = 0; same && i < count; ++i) same = built_for_[i] == variables[i].number();
    if (!same) [[unlikely]]
      raise<StateError>(class_name(), ", ", action, ": expected the variables of the first call (", built_for_.size(),
                        "), got other variables (", variables.size(), "). Use a new optimizer, or compile again.");
  }
  bool is_excluded(const Variable<Scalar>& variable) const {
    for (const auto& v : excluded_)
      if (v == variable) return true;
    for (const auto& pattern : excluded_patterns_)
      if (pattern.matches(variable.name())) return true;
    return false;
  }
  Index accumulation_steps() const noexcept { return common_.gradient_accumulation_steps.value_or(1); }

  /// Updates all variables by `prepare(gradient)`.
  template <class Prepare>
  void update_all(const std::vector<Tensor<Scalar>>& gradients, const Variables& variables, const Prepare& prepare) {
    rate_ = learning_rate_(steps_);
    const auto rate = static_cast<Scalar>(rate_);
    begin_update(rate);
    for (std::size_t i = 0, count = variables.size(); i < count; ++i)
      if (gradients[i].defined()) update_and_constrain(i, variables[i], prepare(gradients[i]), rate);
  }
  void update_and_constrain(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient,
                            Scalar rate) {
    if (decays_[i] != 0) {
      if (!decays_in_update()) scale(variable, decay_factor(i));
    } else if (const detail::TouchedRows* rows = detail::TensorAccess::rows(gradient)) [[unlikely]] {
      if (update_rows(i, variable, gradient, *rows, rate)) return;
    }
    update(i, variable, gradient, rate);
  }
  /// Scales, accumulates and clips gradients, updates all variables, and updates their moving averages. Returns whether
  /// the variables were updated: with gradient_accumulation_steps most steps only accumulate, without constraints and
  /// moving averages.
  bool update_prepared(const std::vector<Tensor<Scalar>>& gradients, const Variables& variables) {
    if (common_.gradient_accumulation_steps || common_.loss_scale_factor) {
      std::vector<Tensor<Scalar>> accumulated = gradients;
      if (!accumulate(accumulated)) return false;
      update_clipped(accumulated, variables);
    } else {
      update_clipped(gradients, variables);
    }
    if (common_.use_ema) update_averages(variables);
    return true;
  }
  void update_clipped(const std::vector<Tensor<Scalar>>& gradients, const Variables& variables) {
    detail::ClippingScale<Scalar> global_scale;
    if (common_.global_clipnorm)
      global_scale = detail::clipping_scale<Scalar>(detail::squares_of(gradients.data(), gradients.size()),
                                                    *common_.global_clipnorm, std::numeric_limits<double>::quiet_NaN());
    const bool clips = this->clips();
    update_all(gradients, variables,
               [&](const Tensor<Scalar>& gradient) { return clips ? clipped(gradient, global_scale) : gradient; });
  }
  bool clips() const noexcept { return common_.clipnorm || common_.clipvalue || common_.global_clipnorm; }

  /// Divides gradients by loss_scale_factor and, with gradient_accumulation_steps, accumulates them. Returns whether
  /// this step updates the variables; then `gradients` are the mean gradients.
  bool accumulate(std::vector<Tensor<Scalar>>& gradients) {
    const auto scale = static_cast<Scalar>(common_.loss_scale_factor.value_or(1.0));
    const auto count = static_cast<Scalar>(accumulation_steps());
    const bool due = (steps_ + 1) % accumulation_steps() == 0;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      Tensor<Scalar>& gradient = gradients[i];
      if (!gradient.defined()) continue;
      if (!common_.gradient_accumulation_steps) {
        gradient = detail::mapped_gradient(gradient, [=](const auto& g) LAMINA_INLINE_LAMBDA { return g / scale; });
        continue;
      }
      const Index n = gradient.size();
      Tensor<Scalar> result = Tensor<Scalar>::empty(gradient.shape());
      Scalar* out = result.mutable_data();
      if (!due) {
        Scalar* total = accumulators_[i].mutable_data();
        kernels::map(
            n, total, [=](const auto& g, const auto& t) LAMINA_INLINE_LAMBDA { return g / scale + t; }, gradient.data(),
            accumulators_[i].data());
      } else {
        kernels::map(
            n, out, [=](const auto& g, const auto& t) LAMINA_INLINE_LAMBDA { return (g / scale + t) / count; },
            gradient.data(), accumulators_[i].data());
      }
      gradient = std::move(result);
    }
    if (due)
      for (const auto& v : accumulators_) v.assign(Tensor<Scalar>::zeros(v.shape()));
    return due;
  }

  /// Updates the moving averages; every ema_overwrite_frequency updates assigns them to the variables.
  void update_averages(const Variables& variables) {
    // The first update initializes the averages with the variables.
    const Scalar momentum = iterations() == 0 ? Scalar(0) : static_cast<Scalar>(common_.ema_momentum);
    const bool overwrites =
        common_.ema_overwrite_frequency && (iterations() + 1) % *common_.ema_overwrite_frequency == 0;
    for (std::size_t i = 0; i < variables.size(); ++i) {
      kernels::moving_average(variables[i].size(), averages_[i].mutable_data(), variables[i].data(), momentum,
                              Scalar(1) - momentum);
      if (overwrites) variables[i].assign(averages_[i].value());
    }
  }

  static void scale(const Variable<Scalar>& variable, Scalar factor) {
    Scalar* w = variable.mutable_data();
    kernels::map(
        variable.size(), w, [factor](const auto& v) LAMINA_INLINE_LAMBDA { return v * factor; }, w);
  }
  Tensor<Scalar> clipped(const Tensor<Scalar>& gradient, const detail::ClippingScale<Scalar>& global_scale) const {
    if (common_.clipvalue) {
      const auto bound = static_cast<Scalar>(*common_.clipvalue);
      return detail::mapped_gradient(gradient, [bound](const auto& g) LAMINA_INLINE_LAMBDA {
        return select(g > bound, bound, select(g < -bound, -bound, g));
      });
    }
    if (!common_.clipnorm) return detail::scaled_gradient(gradient, global_scale);
    return detail::scaled_gradient(
        gradient, detail::clipping_scale<Scalar>(detail::squares_of(&gradient, 1), *common_.clipnorm, 0.0));
  }

  LearningRate learning_rate_;
  CommonOptimizerOptions common_;
  // Null if no common option changes gradients before an update or variables after it, and no optimizer is wrapped.
  UpdateAll update_prepared_ = nullptr;
  Variables excluded_;
  List<NamePattern> excluded_patterns_;
  Index steps_ = 0;
  double rate_ = 0;  // the learning rate of the current update
  bool built_ = false;
  List<std::uint32_t> built_for_;
  std::vector<double> decays_;
  Variables state_, averages_, accumulators_, integers_;
  std::shared_ptr<Optimizer> inner_;
};

template <class Scalar>
Optimizer<Scalar>::~Optimizer() = default;

LAMINA_COMPILED_CLASS(Optimizer);

}  // namespace lamina
