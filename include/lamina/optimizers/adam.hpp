#pragma once
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

struct AdamOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> weight_decay = std::nullopt;
  std::optional<double> clipnorm = std::nullopt;
  std::optional<double> clipvalue = std::nullopt;
  std::optional<double> global_clipnorm = std::nullopt;
};

/// Adam (Kingma and Ba, 2014), in Keras's form: m and v are running means of g and g², and
/// w -= rate √(1 - beta_2^t) / (1 - beta_1^t) · m / (√v + epsilon). Keras's Adam.
template <class Scalar = float>
class Adam : public Optimizer<Scalar> {
 public:
  explicit Adam(AdamOptions options = {})
      : Optimizer<Scalar>(options.learning_rate,
                          {options.weight_decay, options.clipnorm, options.clipvalue, options.global_clipnorm}),
        options_(std::move(options)) {
    if (!(options_.beta_1 >= 0 && options_.beta_1 < 1) || !(options_.beta_2 >= 0 && options_.beta_2 < 1))
      raise<ValueError>("Adam: expected beta_1 and beta_2 in [0, 1), got ", options_.beta_1, " and ", options_.beta_2);
    if (!(options_.epsilon >= 0)) raise<ValueError>("Adam: expected epsilon >= 0, got ", options_.epsilon);
  }
  explicit Adam(double learning_rate) : Adam(AdamOptions{.learning_rate = learning_rate}) {}

  std::string class_name() const override { return "Adam"; }

 protected:
  void build(const std::vector<Variable<Scalar>>& variables) override {
    means_ = this->add_slots(variables, "momentum");
    variances_ = this->add_slots(variables, "velocity");
    if (options_.amsgrad) highest_ = this->add_slots(variables, "velocity_hat");
  }
  void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient, Scalar rate) override {
    const double step = static_cast<double>(this->iterations() + 1);
    const auto corrected =
        static_cast<Scalar>(static_cast<double>(rate) * std::sqrt(1 - std::pow(options_.beta_2, step)) /
                            (1 - std::pow(options_.beta_1, step)));
    const auto gain1 = static_cast<Scalar>(1 - options_.beta_1), gain2 = static_cast<Scalar>(1 - options_.beta_2);
    const auto epsilon = static_cast<Scalar>(options_.epsilon);
    if (options_.amsgrad)
      kernels::adam_amsgrad(variable.size(), variable.mutable_data(), means_[i].mutable_data(),
                            variances_[i].mutable_data(), highest_[i].mutable_data(), gradient.data(), corrected, gain1,
                            gain2, epsilon);
    else
      kernels::adam(variable.size(), variable.mutable_data(), means_[i].mutable_data(), variances_[i].mutable_data(),
                    gradient.data(), corrected, gain1, gain2, epsilon);
  }

 private:
  AdamOptions options_;
  std::vector<Variable<Scalar>> means_, variances_, highest_;
};

LAMINA_COMPILED_CLASS(Adam);

}  // namespace lamina
