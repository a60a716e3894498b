#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/kernels/layerwise_updates.hpp"
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

/// The options of Adafactor.
struct AdafactorOptions {
  LearningRate learning_rate = 0.001;  ///< Number >= 0, schedule or function of the step. Default: 0.001.
  double beta_2_decay = -0.8;          ///< Exponent of the decay rate 1 - t^beta_2_decay; finite. Default: -0.8.
  double epsilon_1 = 1e-30;            ///< Added to g² for numerical stability; >= 0. Default: 1e-30.
  double epsilon_2 = 1e-3;             ///< Lower bound of rms(w) in the learning rate; >= 0. Default: 1e-3.
  double clip_threshold = 1.0;         ///< Upper bound of rms(u), the update before scaling; > 0. Default: 1.
  bool relative_step = true;  ///< Keras's argument, without effect: the rate is always at most 1 / √t. Default: true.
  LAMINA_OPTIMIZER_OPTIONS
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("learning_rate", self.learning_rate);
    field("beta_2_decay", self.beta_2_decay);
    field("epsilon_1", self.epsilon_1);
    field("epsilon_2", self.epsilon_2);
    field("clip_threshold", self.clip_threshold);
    field("relative_step", self.relative_step);
    optimizer_fields(self, field);
  }
};

/// Adafactor (Shazeer and Stern, 2018, arXiv:1804.04235): Adam with a factored second moment and no first moment.
/// `keras.optimizers.Adafactor`. For a matrix w with gradient g in step t, counted from 1:
///
///     beta = 1 - t^beta_2_decay
///     r = beta r + (1 - beta) mean(g² + epsilon_1, over columns)
///     c = beta c + (1 - beta) mean(g² + epsilon_1, over rows)
///     v = (r / mean(r)) cᵀ
///     u = g / √v
///     w = w - max(epsilon_2, rms(w)) min(learning_rate, 1 / √t) u / max(1, rms(u) / clip_threshold)
///
/// rms is the root mean square. The state is r (rows,), c (columns,) and v, with the shape of the variable. A variable
/// of rank 0 or 1 has no factors: v = beta v + (1 - beta) (g² + epsilon_1). Axes before the last two are batch axes.
/// Throws ValueError for an option out of range.
template <class Scalar = float>
class Adafactor : public Optimizer<Scalar> {
 public:
  using Arguments = AdafactorOptions;
  Adafactor() : Optimizer<Scalar>(AdafactorOptions().learning_rate) {}
  explicit Adafactor(AdafactorOptions options)
      : Optimizer<Scalar>(options.learning_rate, common_optimizer_options(options)), options_(std::move(options)) {
    detail::check_not_negative(options_.epsilon_1, "epsilon_1", "Adafactor");
    detail::check_not_negative(options_.epsilon_2, "epsilon_2", "Adafactor");
    detail::check_finite(options_.beta_2_decay, "beta_2_decay", "Adafactor");
    if (!detail::above(options_.clip_threshold, 0))
      raise<ValueError>("Adafactor: expected clip_threshold > 0, got ", options_.clip_threshold);
  }
  /// Constructs the optimizer with a learning rate and the defaults of all other options.
  explicit Adafactor(double learning_rate) : Optimizer<Scalar>(learning_rate) {}

  std::string class_name() const override { return "Adafactor"; }
  LAMINA_COLD Config get_config() const override { return this->describe(options_); }

 protected:
  LAMINA_COLD void build(const std::vector<Variable<Scalar>>& variables) override {
    for (const auto& v : variables) {
      const Shape& shape = v.shape();
      if (shape.rank() >= 2) {
        Shape columns = shape.slice(0, shape.rank() - 2);
        columns.push_back(shape.back());
        rows_.push_back(this->add_variable(shape.slice(0, shape.rank() - 1), v.name()));
        columns_.push_back(this->add_variable(columns, v.name()));
      } else {
        // Variables of rank < 2 have no factors: scalars keep Keras's order of the state.
        rows_.push_back(this->add_integer_variable(v.name()));
        columns_.push_back(this->add_integer_variable(v.name()));
      }
      variances_.push_back(this->add_variable_from_reference(v, "velocity"));
    }
  }
  bool decays_in_update() const override { return true; }
  void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient, Scalar rate) override {
    const Index n = variable.size();
    if (n == 0) return;
    const auto step = static_cast<Scalar>(this->iterations() + 1), keep = this->decay_factor(i);
    const Scalar gain = std::pow(step, static_cast<Scalar>(options_.beta_2_decay)), beta = 1 - gain;
    const auto epsilon = static_cast<Scalar>(options_.epsilon_1);
    const Scalar* g = gradient.data();
    Scalar* v = variances_[i].mutable_data();
    double squares = 0;  // sum of u²
    if (variable.shape().rank() >= 2) {
      const Index columns = variable.shape()[-1], rows = variable.shape()[-2], each = rows * columns;
      Scalar* r = rows_[i].mutable_data();
      Scalar* c = columns_[i].mutable_data();
      for (Index m = 0; m < n / each; ++m) {
        kernels::adafactor_means(rows, columns, r + m * rows, c + m * columns, g + m * each, beta, 1 - beta, epsilon);
        squares +=
            kernels::adafactor_factored(rows, columns, v + m * each, r + m * rows, c + m * columns, g + m * each);
      }
    } else {
      squares = kernels::adafactor_unfactored(n, v, g, beta, 1 - beta, epsilon);
    }
    const auto count = static_cast<double>(n), kept = static_cast<double>(keep);
    const kernels::Squares weights = kernels::squared_length(n, variable.data());
    const double weight_size = std::abs(kept) * std::ldexp(std::sqrt(weights.sum / count), weights.exponent);
    const double step_size = std::sqrt(squares / count) / options_.clip_threshold;
    const double relative = (std::min)(static_cast<double>(rate), 1 / std::sqrt(static_cast<double>(step)));
    const double alpha = (std::max)(options_.epsilon_2, weight_size) * relative / (step_size > 1 ? step_size : 1.0);
    kernels::adafactor_step(n, variable.mutable_data(), v, g, keep, static_cast<Scalar>(alpha));
  }

 private:
  AdafactorOptions options_;
  std::vector<Variable<Scalar>> rows_, columns_, variances_;
};

}  // namespace lamina
