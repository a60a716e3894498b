#pragma once
#include <cmath>
#include <optional>
#include <vector>

#include "lamina/core/check_options.hpp"
#include "lamina/optimizers/learning_rate_schedule.hpp"

namespace lamina {

namespace detail {
inline constexpr double pi = 3.14159265358979323846;
/// Throws ValueError unless steps > 0.
inline void check_decay_steps(Index steps, const char* argument, const char* who) {
  if (steps <= 0) raise<ValueError>(who, ": expected ", argument, " > 0, got ", steps);
}
}  // namespace detail

/// The options of ExponentialDecay.
struct ExponentialDecayOptions {
  double initial_learning_rate = 0;       ///< Learning rate at step 0; finite. Required.
  Index decay_steps = 0;                  ///< Number of steps per factor of decay_rate; > 0. Required.
  double decay_rate = 0;                  ///< Factor of the learning rate per decay_steps; finite. Required.
  bool staircase = false;                 ///< If true, rounds step / decay_steps down. Default: false.
  std::string name = "ExponentialDecay";  ///< Name in configurations. Default: "ExponentialDecay".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("initial_learning_rate", self.initial_learning_rate);
    field.required("decay_steps", self.decay_steps);
    field.required("decay_rate", self.decay_rate);
    field("staircase", self.staircase);
    field("name", self.name);
  }
};

/// Exponential decay: initial_learning_rate decay_rate^(step / decay_steps). Throws ValueError for an option out of
/// range. `keras.optimizers.schedules.ExponentialDecay`.
class ExponentialDecay : public LearningRateSchedule {
 public:
  using Arguments = ExponentialDecayOptions;
  explicit ExponentialDecay(ExponentialDecayOptions options) : options_(std::move(options)) {
    detail::check_finite(options_.initial_learning_rate, "initial_learning_rate", "ExponentialDecay");
    detail::check_finite(options_.decay_rate, "decay_rate", "ExponentialDecay");
    detail::check_decay_steps(options_.decay_steps, "decay_steps", "ExponentialDecay");
  }
  std::string class_name() const override { return "ExponentialDecay"; }
  LAMINA_COLD Config get_config() const override { return config_of(options_); }
  double operator()(Index step) const override {
    double periods = static_cast<double>(step) / static_cast<double>(options_.decay_steps);
    if (options_.staircase) periods = std::floor(periods);
    return options_.initial_learning_rate * std::pow(options_.decay_rate, periods);
  }

 private:
  ExponentialDecayOptions options_;
};

/// The options of InverseTimeDecay.
struct InverseTimeDecayOptions {
  double initial_learning_rate = 0;       ///< Learning rate at step 0; finite. Required.
  Index decay_steps = 0;                  ///< Number of steps per decay_rate; > 0. Required.
  double decay_rate = 0;                  ///< Increase of the divisor per decay_steps; finite. Required.
  bool staircase = false;                 ///< If true, rounds step / decay_steps down. Default: false.
  std::string name = "InverseTimeDecay";  ///< Name in configurations. Default: "InverseTimeDecay".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("initial_learning_rate", self.initial_learning_rate);
    field.required("decay_steps", self.decay_steps);
    field.required("decay_rate", self.decay_rate);
    field("staircase", self.staircase);
    field("name", self.name);
  }
};

/// Inverse time decay: initial_learning_rate / (1 + decay_rate step / decay_steps). Throws ValueError for an option out
/// of range. `keras.optimizers.schedules.InverseTimeDecay`.
class InverseTimeDecay : public LearningRateSchedule {
 public:
  using Arguments = InverseTimeDecayOptions;
  explicit InverseTimeDecay(InverseTimeDecayOptions options) : options_(std::move(options)) {
    detail::check_finite(options_.initial_learning_rate, "initial_learning_rate", "InverseTimeDecay");
    detail::check_finite(options_.decay_rate, "decay_rate", "InverseTimeDecay");
    detail::check_decay_steps(options_.decay_steps, "decay_steps", "InverseTimeDecay");
  }
  std::string class_name() const override { return "InverseTimeDecay"; }
  LAMINA_COLD Config get_config() const override { return config_of(options_); }
  double operator()(Index step) const override {
    double periods = static_cast<double>(step) / static_cast<double>(options_.decay_steps);
    if (options_.staircase) periods = std::floor(periods);
    return options_.initial_learning_rate / (1 + options_.decay_rate * periods);
  }

 private:
  InverseTimeDecayOptions options_;
};

/// The options of PiecewiseConstantDecay.
struct PiecewiseConstantDecayOptions {
  std::vector<Index> boundaries = {};      ///< Last step of each value except the last; increasing. Required.
  std::vector<double> values = {};         ///< Learning rates, one more than boundaries; finite. Required.
  std::string name = "PiecewiseConstant";  ///< Name in configurations. Default: "PiecewiseConstant".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("boundaries", self.boundaries);
    field.required("values", self.values);
    field("name", self.name);
  }
};

/// Piecewise constant learning rate: values[i] for the smallest i with step <= boundaries[i], else the last value.
/// Throws ValueError for an option out of range. `keras.optimizers.schedules.PiecewiseConstantDecay`.
class PiecewiseConstantDecay : public LearningRateSchedule {
 public:
  using Arguments = PiecewiseConstantDecayOptions;
  explicit PiecewiseConstantDecay(PiecewiseConstantDecayOptions options) : options_(std::move(options)) {
    if (options_.values.size() != options_.boundaries.size() + 1)
      raise<ValueError>("PiecewiseConstantDecay: expected one more value than boundaries, got ", options_.values.size(),
                        " values and ", options_.boundaries.size(), " boundaries");
    for (const double& value : options_.values) detail::check_finite(value, "values", "PiecewiseConstantDecay");
    for (std::size_t i = 1; i < options_.boundaries.size(); ++i)
      if (options_.boundaries[i] <= options_.boundaries[i - 1])
        raise<ValueError>("PiecewiseConstantDecay: expected increasing boundaries, got ", options_.boundaries[i],
                          " after ", options_.boundaries[i - 1]);
  }
  std::string class_name() const override { return "PiecewiseConstantDecay"; }
  LAMINA_COLD Config get_config() const override { return config_of(options_); }
  double operator()(Index step) const override {
    std::size_t i = 0;
    while (i < options_.boundaries.size() && step > options_.boundaries[i]) ++i;
    return options_.values[i];
  }

 private:
  PiecewiseConstantDecayOptions options_;
};

/// The options of PolynomialDecay.
struct PolynomialDecayOptions {
  double initial_learning_rate = 0;   ///< Learning rate at step 0; finite. Required.
  Index decay_steps = 0;              ///< Number of steps of the decay; > 0. Required.
  double end_learning_rate = 0.0001;  ///< Learning rate after decay_steps; finite. Default: 0.0001.
  double power = 1.0;                 ///< Exponent of the polynomial, 1 for linear; finite. Default: 1.
  /// If true, restarts the decay: decay_steps is replaced by its smallest multiple >= step. Default: false.
  bool cycle = false;
  std::string name = "PolynomialDecay";  ///< Name in configurations. Default: "PolynomialDecay".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("initial_learning_rate", self.initial_learning_rate);
    field.required("decay_steps", self.decay_steps);
    field("end_learning_rate", self.end_learning_rate);
    field("power", self.power);
    field("cycle", self.cycle);
    field("name", self.name);
  }
};

/// Polynomial decay: (initial_learning_rate - end_learning_rate) (1 - step / decay_steps)^power + end_learning_rate,
/// then constant after decay_steps. Throws ValueError for an option out of range.
/// `keras.optimizers.schedules.PolynomialDecay`.
class PolynomialDecay : public LearningRateSchedule {
 public:
  using Arguments = PolynomialDecayOptions;
  explicit PolynomialDecay(PolynomialDecayOptions options) : options_(std::move(options)) {
    detail::check_finite(options_.initial_learning_rate, "initial_learning_rate", "PolynomialDecay");
    detail::check_finite(options_.end_learning_rate, "end_learning_rate", "PolynomialDecay");
    detail::check_finite(options_.power, "power", "PolynomialDecay");
    detail::check_decay_steps(options_.decay_steps, "decay_steps", "PolynomialDecay");
  }
  std::string class_name() const override { return "PolynomialDecay"; }
  LAMINA_COLD Config get_config() const override { return config_of(options_); }
  double operator()(Index step) const override {
    auto at = static_cast<double>(step), period = static_cast<double>(options_.decay_steps);
    if (!options_.cycle)
      at = (std::min)(at, period);
    else if (step != 0)
      period *= std::ceil(at / period);
    return (options_.initial_learning_rate - options_.end_learning_rate) * std::pow(1 - at / period, options_.power) +
           options_.end_learning_rate;
  }

 private:
  PolynomialDecayOptions options_;
};

/// The options of CosineDecay.
struct CosineDecayOptions {
  double initial_learning_rate = 0;  ///< Learning rate at step 0; finite. Required.
  Index decay_steps = 0;             ///< Number of steps of the decay, after the warm-up; > 0. Required.
  double alpha = 0.0;                ///< Final rate as a fraction of the highest; finite. Default: 0.
  std::string name = "CosineDecay";  ///< Name in configurations. Default: "CosineDecay".
  std::optional<double> warmup_target = std::nullopt;  ///< Learning rate after the warm-up. Default: no warm-up.
  Index warmup_steps = 0;                              ///< Number of steps of the warm-up; >= 0. Default: 0.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("initial_learning_rate", self.initial_learning_rate);
    field.required("decay_steps", self.decay_steps);
    field("alpha", self.alpha);
    field("name", self.name);
    field("warmup_target", self.warmup_target);
    field("warmup_steps", self.warmup_steps);
  }
};

/// Cosine decay with optional linear warm-up (Loshchilov and Hutter, 2016, arXiv:1608.03983).
/// `keras.optimizers.schedules.CosineDecay`.
///
///     highest ((1 - alpha) (1 + cos(pi min(step, decay_steps) / decay_steps)) / 2 + alpha)
///
/// `highest` is initial_learning_rate. With warmup_target, the rate first increases linearly from initial_learning_rate
/// to warmup_target in warmup_steps; then `highest` is warmup_target, and step counts from the end of the warm-up.
/// Throws ValueError for an option out of range.
class CosineDecay : public LearningRateSchedule {
 public:
  using Arguments = CosineDecayOptions;
  explicit CosineDecay(CosineDecayOptions options) : options_(std::move(options)) {
    detail::check_finite(options_.initial_learning_rate, "initial_learning_rate", "CosineDecay");
    detail::check_finite(options_.alpha, "alpha", "CosineDecay");
    detail::check_decay_steps(options_.decay_steps, "decay_steps", "CosineDecay");
    if (options_.warmup_target) detail::check_finite(*options_.warmup_target, "warmup_target", "CosineDecay");
    if (options_.warmup_steps < 0)
      raise<ValueError>("CosineDecay: expected warmup_steps >= 0, got ", options_.warmup_steps);
  }
  std::string class_name() const override { return "CosineDecay"; }
  LAMINA_COLD Config get_config() const override { return config_of(options_); }
  double operator()(Index step) const override {
    double highest = options_.initial_learning_rate;
    if (options_.warmup_target) {
      if (step < options_.warmup_steps)
        return (*options_.warmup_target - highest) *
                   (static_cast<double>(step) / static_cast<double>(options_.warmup_steps)) +
               highest;
      highest = *options_.warmup_target;
      step -= options_.warmup_steps;
    }
    const double done =
        static_cast<double>((std::min)(step, options_.decay_steps)) / static_cast<double>(options_.decay_steps);
    return highest * ((1 - options_.alpha) * (0.5 * (1 + std::cos(detail::pi * done))) + options_.alpha);
  }

 private:
  CosineDecayOptions options_;
};

/// The options of CosineDecayRestarts.
struct CosineDecayRestartsOptions {
  double initial_learning_rate = 0;  ///< Learning rate at step 0; finite. Required.
  Index first_decay_steps = 0;       ///< Number of steps of the first period; > 0. Required.
  double t_mul = 2.0;                ///< Factor of the length of each period to the one before; finite. Default: 2.
  double m_mul = 1.0;                ///< Factor of the initial rate of each period; finite. Default: 1.
  double alpha = 0.0;                ///< Final rate as a fraction of initial_learning_rate; finite. Default: 0.
  std::string name = "SGDRDecay";    ///< Name in configurations. Default: "SGDRDecay".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("initial_learning_rate", self.initial_learning_rate);
    field.required("first_decay_steps", self.first_decay_steps);
    field("t_mul", self.t_mul);
    field("m_mul", self.m_mul);
    field("alpha", self.alpha);
    field("name", self.name);
  }
};

/// Cosine decay with warm restarts (Loshchilov and Hutter, 2016, arXiv:1608.03983).
/// `keras.optimizers.schedules.CosineDecayRestarts`.
///
///     initial_learning_rate ((1 - alpha) m_mul^i (1 + cos(pi p)) / 2 + alpha)
///
/// i is the number of the period, from 0, and p the completed fraction of it. Period i has first_decay_steps t_mul^i
/// steps. Throws ValueError for an option out of range.
class CosineDecayRestarts : public LearningRateSchedule {
 public:
  using Arguments = CosineDecayRestartsOptions;
  explicit CosineDecayRestarts(CosineDecayRestartsOptions options) : options_(std::move(options)) {
    detail::check_finite(options_.initial_learning_rate, "initial_learning_rate", "CosineDecayRestarts");
    detail::check_finite(options_.t_mul, "t_mul", "CosineDecayRestarts");
    detail::check_finite(options_.m_mul, "m_mul", "CosineDecayRestarts");
    detail::check_finite(options_.alpha, "alpha", "CosineDecayRestarts");
    detail::check_decay_steps(options_.first_decay_steps, "first_decay_steps", "CosineDecayRestarts");
  }
  std::string class_name() const override { return "CosineDecayRestarts"; }
  LAMINA_COLD Config get_config() const override { return config_of(options_); }
  double operator()(Index step) const override {
    const double t = options_.t_mul;
    double done = static_cast<double>(step) / static_cast<double>(options_.first_decay_steps), period;
    if (t == 1) {
      period = std::floor(done);
      done -= period;
    } else {
      period = std::floor(std::log(1 - done * (1 - t)) / std::log(t));
      const double length = std::pow(t, period);  // the periods before have (1 - length) / (1 - t) in total
      done = (done - (1 - length) / (1 - t)) / length;
    }
    const double wave = 0.5 * std::pow(options_.m_mul, period) * (1 + std::cos(detail::pi * done));
    return options_.initial_learning_rate * ((1 - options_.alpha) * wave + options_.alpha);
  }

 private:
  CosineDecayRestartsOptions options_;
};

/// The table of schedule names.
struct ScheduleFamily {
  /// The kind of object, for error texts.
  static constexpr const char* kind = "learning rate schedule";
  /// The classes by Keras's names.
  using Table = StrategyTable<
      LearningRateSchedule, Named<"exponential_decay", ExponentialDecay>, Named<"inverse_time_decay", InverseTimeDecay>,
      Named<"piecewise_constant_decay", PiecewiseConstantDecay>, Named<"polynomial_decay", PolynomialDecay>,
      Named<"cosine_decay", CosineDecay>, Named<"cosine_decay_restarts", CosineDecayRestarts>>;
};

}  // namespace lamina
