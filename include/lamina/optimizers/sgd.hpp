#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

/// The options of SGD.
struct SGDOptions {
  LearningRate learning_rate = 0.01;  ///< Number >= 0, schedule or function of the step. Default: 0.01.
  double momentum = 0.0;  ///< Fraction of the previous step that is added to the current one; in [0, 1]. Default: 0.
  bool nesterov = false;  ///< If true, uses Nesterov momentum. Default: false.
  LAMINA_OPTIMIZER_OPTIONS
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("learning_rate", self.learning_rate);
    field("momentum", self.momentum);
    field("nesterov", self.nesterov);
    optimizer_fields(self, field);
  }
};

/// Stochastic gradient descent, optionally with (Nesterov) momentum. `keras.optimizers.SGD`. For a weight w with
/// gradient g:
///
///     w = w - learning_rate g                                        (momentum 0)
///
///     velocity = momentum velocity - learning_rate g                 (otherwise)
///     w = w + velocity
///     w = w + momentum velocity - learning_rate g                    (if nesterov, instead)
///
/// With momentum, the state is the velocity, with the shape of the variable. Throws ValueError for an option out of
/// range.
template <class Scalar = float>
class SGD : public Optimizer<Scalar> {
 public:
  using Arguments = SGDOptions;
  SGD() : Optimizer<Scalar>(SGDOptions().learning_rate) {}
  LAMINA_COLD explicit SGD(SGDOptions options)
      : Optimizer<Scalar>(options.learning_rate, common_optimizer_options(options)), options_(std::move(options)) {
    detail::check_fraction(options_.momentum, "momentum", "SGD");
  }
  /// Constructs the optimizer with a learning rate and the defaults of all other options.
  explicit SGD(double learning_rate) : Optimizer<Scalar>(learning_rate) {}

  std::string class_name() const override { return "SGD"; }
  LAMINA_COLD Config get_config() const override { return this->describe(options_); }

 protected:
  LAMINA_COLD void build(const std::vector<Variable<Scalar>>& variables) override {
    if (options_.momentum != 0) velocities_ = this->add_optimizer_variables(variables, "momentum");
  }

  bool decays_in_update() const override { return true; }
  void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient, Scalar rate) override {
    Scalar* w = options_.momentum == 0 ? variable.data_in_place() : nullptr;
    if (w == nullptr) [[unlikely]]
      return update_otherwise(i, variable, gradient, rate);
    kernels::sgd(variable.size(), w, gradient.data(), this->decay_factor(i), rate);
  }
  bool update_rows(std::size_t /*i*/, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient,
                   const detail::TouchedRows& rows, Scalar rate) override {
    if (options_.momentum != 0) return false;
    kernels::sgd_rows(rows, variable.mutable_data(), gradient.data(), rate);
    return true;
  }

 private:
  /// The update with momentum, or of a variable whose value is shared with another tensor.
  LAMINA_NOINLINE void update_otherwise(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient,
                                        Scalar rate) {
    if (options_.momentum == 0)
      kernels::sgd(variable.size(), variable.mutable_data(), gradient.data(), this->decay_factor(i), rate);
    else
      kernels::sgd_momentum(variable.size(), variable.mutable_data(), velocities_[i].mutable_data(), gradient.data(),
                            this->decay_factor(i), rate, static_cast<Scalar>(options_.momentum), options_.nesterov);
  }

  SGDOptions options_;
  std::vector<Variable<Scalar>> velocities_;
};

LAMINA_COMPILED_CLASS(SGD);

}  // namespace lamina
