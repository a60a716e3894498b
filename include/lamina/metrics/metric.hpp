#pragma once
#include <array>
#include <memory>
#include <string>

#include "lamina/core/arguments.hpp"
#include "lamina/core/names.hpp"
#include "lamina/core/tensor.hpp"

namespace lamina {

/// The base of all metrics: a number about targets and predictions that is gathered batch by batch. Keras's Metric.
///
///     metric.update_state(y_true, y_pred);   // as often as there are batches
///     metric.result();                       // over all of them so far
///     metric.reset_state();
template <class Scalar = float>
class Metric {
 public:
  using scalar_type = Scalar;
  using StrategyBase = Metric;
  explicit Metric(std::string name) : name_(std::move(name)) {}
  virtual ~Metric() = default;

  const std::string& name() const noexcept { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }

  virtual std::string class_name() const = 0;
  /// The arguments under Keras's names.
  virtual Config get_config() const { return Config::map(); }
  /// Takes a batch in; sample weights, one a sample, multiply what each adds.
  virtual void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                            const Tensor<Scalar>& sample_weight = {}) = 0;
  virtual double result() const = 0;
  virtual void reset_state() = 0;

 private:
  std::string name_;
};

/// A metric that is the (weighted) mean of one value a sample: most of them.
template <class Scalar = float>
class MeanOfSamples : public Metric<Scalar> {
 public:
  using Metric<Scalar>::Metric;

  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    const Tensor<Scalar> values = this->values(y_true, y_pred);
    if (!sample_weight.defined()) {
      double sum = 0;
      for (Index i = 0; i < values.size(); ++i) sum += static_cast<double>(values[i]);
      total_ += sum;
      count_ += static_cast<double>(values.size());
      return;
    }
    if (sample_weight.size() == 0 || values.size() % sample_weight.size() != 0)
      raise<ShapeError>(this->class_name(), ": sample weights of shape ", sample_weight.shape(),
                        " do not fit values of shape ", values.shape());
    const Index each = values.size() / sample_weight.size();
    for (Index i = 0; i < values.size(); ++i) {
      const double weight = static_cast<double>(sample_weight[i / each]);
      total_ += weight * static_cast<double>(values[i]);
      count_ += weight;
    }
  }
  double result() const override { return count_ == 0 ? 0.0 : total_ / count_; }
  void reset_state() override { total_ = count_ = 0; }

 protected:
  /// The value of every sample.
  virtual Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const = 0;

 private:
  double total_ = 0, count_ = 0;
};

}  // namespace lamina
