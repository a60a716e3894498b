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

/// The base of all optimizers: changes variables along their gradients. Keras's Optimizer.
///
/// To write one, derive and give `update`, and `build` where it keeps state (`add_optimizer_variables`). What all of
/// them can do (clipping, weight decay, running means of the weights, accumulation; see LAMINA_OPTIMIZER_OPTIONS) comes
/// from here.
template <class Scalar = float>
class Optimizer {
 public:
  using scalar_type = Scalar;
  using StrategyBase = Optimizer;
  using Variables = std::vector<Variable<Scalar>>;

  virtual ~Optimizer();
  virtual std::string class_name() const = 0;
  /// The name in the paths of the optimizer's variables.
  std::string name() const { return common_.name.empty() ? to_snake_case(class_name()) : common_.name; }
  /// The arguments under Keras's names; a learning rate set later is the one told.
  LAMINA_COLD virtual Config get_config() const { return describe(Described{learning_rate_, common_}); }

  /// Updates each variable with its gradient; an undefined gradient leaves its variable as it is. The variables are the
  /// same ones in every call.
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

  /// The rate of the next step.
  double learning_rate() const { return learning_rate_(steps_); }
  /// Whether the rate is a number, rather than a function of the step.
  bool has_constant_learning_rate() const noexcept { return learning_rate_.is_constant(); }
  /// Sets the rate: a number, or a schedule, which replaces whatever was there. A number does not replace a schedule:
  /// that is a StateError, as in Keras.
  void set_learning_rate(LearningRate rate) {
    if (rate.is_constant()) require_settable_learning_rate("set_learning_rate");
    learning_rate_ = std::move(rate);
  }
  /// Raises a StateError, which names both, if `who` would replace a schedule with a number.
  void require_settable_learning_rate(const char* who) const {
    if (!has_constant_learning_rate()) [[unlikely]]
      raise_schedule(who);
  }
  /// Number of updates of the variables so far: with gradient_accumulation_steps one in so many calls of
  /// `apply_gradients`.
  Index iterations() const noexcept { return steps_ / accumulated(); }
  void set_iterations(Index iterations) noexcept { steps_ = iterations * accumulated(); }
  /// Number of calls of `apply_gradients` so far, those that only accumulate gradients included: the step that learning
  /// rate schedules are functions of, as in Keras, whose files hold it as `iteration`.
  Index steps() const noexcept { return steps_; }
  void set_steps(Index steps) noexcept { steps_ = steps; }

  /// The state that the optimizer keeps for the variables, in Keras's order and by its names (`dense_kernel_momentum`),
  /// once it is built. To restore an optimizer build it, assign to these and set the steps: training goes on with the
  /// same bits. (Keras lists the steps, and the learning rate where it is a number, before these.)
  const Variables& variables() const noexcept { return state_; }

  /// Variables that weight decay leaves alone: these ones, and those whose name holds one of these words (see
  /// NamePattern): `adam.exclude_from_weight_decay({.var_names = {"bias", "gamma"}})`. Before the first update.
  struct Exclusions {
    Variables var_list = {};
    std::vector<std::string> var_names = {};
  };
  void exclude_from_weight_decay(Exclusions exclusions) {
    if (built_)
      raise<StateError>(class_name(), ", exclude_from_weight_decay: it must be called before the first update");
    excluded_patterns_.clear();
    for (std::string& text : exclusions.var_names) excluded_patterns_.emplace_back(std::move(text));
    excluded_ = std::move(exclusions.var_list);
  }

  /// The loss whose gradients `apply_gradients` expects: times loss_scale_factor, where there is one.
  Tensor<Scalar> scale_loss(const Tensor<Scalar>& loss) const {
    return common_.loss_scale_factor ? loss * static_cast<Scalar>(*common_.loss_scale_factor) : loss;
  }
  /// At the end of training: with use_ema the variables take their running means. Before the first update there are
  /// none, and nothing changes.
  LAMINA_COLD void finalize_variable_values(const Variables& variables) const {
    if (!common_.use_ema || !built_ || iterations() == 0) return;
    require_same(variables, "finalize_variable_values");
    for (std::size_t i = 0; i < variables.size(); ++i) variables[i].assign(averages_[i].value());
  }

  /// Makes the state for these variables; done by the first update otherwise.
  LAMINA_ALWAYS_INLINE void build_once(const Variables& variables) {
    if (!built_) [[unlikely]]
      return build_for(variables);
    require_same(variables, "apply_gradients");
  }

 protected:
  /// Without options a program that is compiled has nothing of what they do: clipping, accumulation, running means.
  LAMINA_COLD explicit Optimizer(LearningRate learning_rate) : learning_rate_(std::move(learning_rate)) {}
  LAMINA_COLD Optimizer(LearningRate learning_rate, CommonOptimizerOptions common)
      : learning_rate_(std::move(learning_rate)), common_(std::move(common)) {
    detail::check_optimizer_options(common_);
    if (common_.gradient_accumulation_steps || common_.loss_scale_factor || common_.use_ema || clips())
      update_prepared_ = &Optimizer::update_prepared;
  }

  /// Makes the state, once.
  LAMINA_COLD virtual void build(const Variables& /*variables*/) {}
  /// Computes what all variables share in an update, before the first of them.
  virtual void begin_update(Scalar /*rate*/) {}
  /// Changes variable number `i`, in one pass.
  virtual void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient, Scalar rate) = 0;
  /// The same where the gradient is that of an embedding, and no weight decays: changes the rows alone that are not
  /// zero in it. False where an update changes others, too, as running means do that decay: then `update` follows.
  virtual bool update_rows(std::size_t /*i*/, const Variable<Scalar>& /*variable*/, const Tensor<Scalar>& /*gradient*/,
                           const detail::TouchedRows& /*rows*/, Scalar /*rate*/) {
    return false;
  }
  /// The decay of one variable's weights.
  virtual std::optional<double> weight_decay_of(const Variable<Scalar>& /*variable*/) const {
    return common_.weight_decay;
  }
  /// Whether `update` shrinks weights itself, by `kept`, and so saves a pass.
  virtual bool decays_in_update() const { return false; }
  /// What weight decay leaves of variable number `i`: 1 - rate weight_decay.
  Scalar kept(std::size_t i) const { return static_cast<Scalar>(1.0 - rate_ * decays_[i]); }

  /// State of a variable's shape, named after it; Keras's add_variable_from_reference.
  LAMINA_COLD Variable<Scalar> add_variable_from_reference(const Variable<Scalar>& variable,
                                                           const std::string& state_name, double initial = 0) {
    std::string full = variable.path();
    for (char& c : full)
      if (c == '/') c = '_';
    full.append("_").append(state_name);
    return add_variable(variable.shape(), std::move(full), initial);
  }
  /// One for each variable.
  LAMINA_COLD Variables add_optimizer_variables(const Variables& variables, const std::string& state_name,
                                                double initial = 0) {
    Variables added;
    for (const auto& v : variables) added.push_back(add_variable_from_reference(v, state_name, initial));
    return added;
  }
  /// Several for each variable, all of a variable's one after the other, as Keras orders them.
  LAMINA_COLD void add_optimizer_variables(const Variables& variables, const char* first_name, Variables& first,
                                           const char* second_name, Variables& second, double first_initial = 0) {
    for (const auto& v : variables) {
      first.push_back(add_variable_from_reference(v, first_name, first_initial));
      second.push_back(add_variable_from_reference(v, second_name));
    }
  }
  /// State of any shape.
  LAMINA_COLD Variable<Scalar> add_variable(const Shape& shape, std::string state_name, double initial = 0) {
    Variable<Scalar> v(Tensor<Scalar>::full(shape, static_cast<Scalar>(initial)), std::move(state_name), false);
    v.set_path(name().append("/").append(v.name()));
    state_.push_back(v);
    return v;
  }

  /// The configuration of an optimizer's options, with the learning rate and the name of now.
  template <class Options>
  LAMINA_COLD Config describe(Options options) const {
    options.learning_rate = learning_rate_;
    options.name = name();
    return config_of(options);
  }
  const LearningRate& rate_or_schedule() const noexcept { return learning_rate_; }

 private:
  struct Described : CommonOptimizerOptions {
    Described(const LearningRate& rate, const CommonOptimizerOptions& common)
        : CommonOptimizerOptions(common), learning_rate(rate) {}
    LearningRate learning_rate;
    template <class Self, class Field>
    static void fields(Self& self, Field&& field) {
      field("learning_rate", self.learning_rate);
      optimizer_fields(self, field);
    }
  };

  LAMINA_COLD void build_for(const Variables& variables) {
    for (const auto& v : variables) built_for_.push_back(v.number());
    if (common_.use_ema) averages_ = add_optimizer_variables(variables, "average");
    if (common_.gradient_accumulation_steps) accumulators_ = add_optimizer_variables(variables, "gradient_accumulator");
    for (const auto& v : variables) decays_.push_back(is_excluded(v) ? 0.0 : weight_decay_of(v).value_or(0.0));
    build(variables);
    built_ = true;
  }
  [[noreturn]] LAMINA_COLD void raise_count(const std::vector<Tensor<Scalar>>& gradients,
                                            const Variables& variables) const {
    raise<ValueError>(class_name(), ", apply_gradients: got ", gradients.size(), " gradients for ", variables.size(),
                      " variables");
  }
  [[noreturn]] LAMINA_NOINLINE void raise_schedule(const char* who) const {
    raise<StateError>(who, ": the learning rate of the optimizer ", class_name(), " is the schedule ",
                      learning_rate_.schedule()->class_name(), ", which ", who, " would replace with a number. ",
                      "Give the optimizer a number as its learning rate, or leave the rate to the schedule.");
  }
  [[noreturn]] LAMINA_COLD void raise_unfit(const Tensor<Scalar>& gradient, const Variable<Scalar>& variable) const {
    raise<ShapeError>(class_name(), ", apply_gradients: variable \"", variable.path(), "\" of shape ", variable.shape(),
                      " got a gradient of shape ", gradient.shape());
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
      raise<StateError>(class_name(), ", ", action, ": the variables are not those of the first call (",
                        built_for_.size(), " then, ", variables.size(),
                        " now). Use a new optimizer, or compile again.");
  }
  bool is_excluded(const Variable<Scalar>& variable) const {
    for (const auto& v : excluded_)
      if (v == variable) return true;
    for (const auto& pattern : excluded_patterns_)
      if (pattern.matches(variable.name())) return true;
    return false;
  }
  Index accumulated() const noexcept { return common_.gradient_accumulation_steps.value_or(1); }

  /// `prepare(gradient)` gives what a variable is updated with.
  template <class Prepare>
  void update_all(const std::vector<Tensor<Scalar>>& gradients, const Variables& variables, const Prepare& prepare) {
    rate_ = learning_rate();
    const auto rate = static_cast<Scalar>(rate_);
    begin_update(rate);
    for (std::size_t i = 0, count = variables.size(); i < count; ++i)
      if (gradients[i].defined()) update_and_constrain(i, variables[i], prepare(gradients[i]), rate);
  }
  void update_and_constrain(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient,
                            Scalar rate) {
    if (decays_[i] != 0) {
      if (!decays_in_update()) scale(variable, kept(i));
    } else if (const detail::TouchedRows* rows = detail::TensorAccess::rows(gradient)) [[unlikely]] {
      if (update_rows(i, variable, gradient, *rows, rate)) return;
    }
    update(i, variable, gradient, rate);
  }
  /// With gradients that are scaled, accumulated or clipped first, and running means of the variables. Returns whether
  /// the variables were updated: with gradient_accumulation_steps most steps only accumulate, and what follows an
  /// update (running means, constraints) waits for it.
  bool update_prepared(const std::vector<Tensor<Scalar>>& gradients, const Variables& variables) {
    if (common_.gradient_accumulation_steps || common_.loss_scale_factor) {
      std::vector<Tensor<Scalar>> gathered = gradients;
      if (!accumulate(gathered)) return false;
      update_clipped(gathered, variables);
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

  /// Gradients of the loss as it is, and their mean where they are gathered over several steps; whether it is time for
  /// an update.
  bool accumulate(std::vector<Tensor<Scalar>>& gradients) {
    const auto scale = static_cast<Scalar>(common_.loss_scale_factor.value_or(1.0));
    const auto count = static_cast<Scalar>(accumulated());
    const bool due = (steps_ + 1) % accumulated() == 0;
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

  /// The running means follow the variables, and replace them where it is time.
  void update_averages(const Variables& variables) {
    // The first variables are the mean to begin with.
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
  // Null if gradients are not changed before an update, nor anything after it.
  bool (Optimizer::*update_prepared_)(const std::vector<Tensor<Scalar>>&, const Variables&) = nullptr;
  Variables excluded_;
  List<NamePattern> excluded_patterns_;
  Index steps_ = 0;
  double rate_ = 0;  // of the update at hand
  bool built_ = false;
  List<std::uint32_t> built_for_;
  std::vector<double> decays_;
  Variables state_, averages_, accumulators_;
};

template <class Scalar>
Optimizer<Scalar>::~Optimizer() = default;

LAMINA_COMPILED_CLASS(Optimizer);

}  // namespace lamina
