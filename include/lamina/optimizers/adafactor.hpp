#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/kernels/layerwise_updates.hpp"
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

struct AdafactorOptions {
  LearningRate learning_rate = 0.001;  ///< A number, a schedule or a function of the step. Default: 0.001.
  double beta_2_decay = -0.8;          ///< the running means' rate is 1 - t^beta_2_decay
  double epsilon_1 = 1e-30;            ///< is added to g²
  double epsilon_2 = 1e-3;             ///< the rate is that of weights of at least this size
  double clip_threshold = 1.0;         ///< the mean size of a step, before the rate, is at most this
  bool relative_step = true;           ///< Keras's argument; it changes nothing, as the rate is at most 1 / √t anyway
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

/// Adam's v from the means of rows and columns, and no m (Shazeer and Stern, 2018): of a matrix r and c are running
/// means of g² + epsilon_1 over columns and rows, v = (r / mean r) cᵀ (of a vector v is a running mean itself), and
/// with u = g / √v, rms the root of the mean square, w -= max(epsilon_2, rms(w)) min(rate, 1 / √t) u / max(1, rms(u) /
/// clip_threshold). Axes before the last two are matrices one beside the other. Keras's Adafactor.
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
  explicit Adafactor(double learning_rate) : Optimizer<Scalar>(learning_rate) {}

  std::string class_name() const override { return "Adafactor"; }
  LAMINA_COLD Config get_config() const override { return this->describe(options_); }

 protected:
  LAMINA_COLD void build(const std::vector<Variable<Scalar>>& variables) override {
    for (const auto& v : variables) {
      // Vectors have no rows and columns: theirs hold a place, as in Keras.
      const Shape& shape = v.shape();
      const bool factored = shape.rank() >= 2;
      Shape columns = factored ? shape.slice(0, shape.rank() - 2) : Shape();
      if (factored) columns.push_back(shape.back());
      rows_.push_back(this->add_variable(factored ? shape.slice(0, shape.rank() - 1) : Shape(), v.name()));
      columns_.push_back(this->add_variable(columns, v.name()));
      variances_.push_back(this->add_variable_from_reference(v, "velocity"));
    }
  }
  bool decays_in_update() const override { return true; }
  void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient, Scalar rate) override {
    const Index n = variable.size();
    if (n == 0) return;
    const auto step = static_cast<Scalar>(this->iterations() + 1), keep = this->kept(i);
    const Scalar gain = std::pow(step, static_cast<Scalar>(options_.beta_2_decay)), beta = 1 - gain;
    const auto epsilon = static_cast<Scalar>(options_.epsilon_1);
    const Scalar* g = gradient.data();
    Scalar* v = variances_[i].mutable_data();
    double squares = 0;  // of u
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
