#pragma once
#include "lamina/metrics/accuracy.hpp"
#include "lamina/metrics/probabilistic.hpp"

namespace lamina::metrics {

/// One of three metrics, chosen from the shapes of the first batch, as Keras does for the names "accuracy" and
/// "crossentropy": one column of predictions is binary, one label a row of several is sparse categorical, otherwise
/// categorical.
template <class Scalar, template <class> class Binary, template <class> class Sparse,
          template <class> class Categorical>
class MetricByShape : public Metric<Scalar> {
 public:
  using Metric<Scalar>::Metric;
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    choose(y_true, y_pred).update_state(y_true, y_pred, sample_weight);
  }
  void update_masked_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                           const Tensor<Scalar>& sample_weight, const Tensor<Scalar>& mask) override {
    choose(y_true, y_pred).update_masked_state(y_true, y_pred, sample_weight, mask);
  }
  double result() const override { return chosen_ == nullptr ? 0.0 : chosen_->result(); }
  void reset_state() override {
    if (chosen_ != nullptr) chosen_->reset_state();
  }
  std::vector<Tensor<double>> variables() const override {
    return chosen_ == nullptr ? std::vector<Tensor<double>>() : chosen_->variables();
  }
  std::vector<std::string> variable_names() const override {
    return chosen_ == nullptr ? std::vector<std::string>() : chosen_->variable_names();
  }

 protected:
  TargetRule target_rule() const override { return {.matched = false, .target = 0}; }
  std::string chosen_class(const char* otherwise) const {
    return chosen_ == nullptr ? otherwise : chosen_->class_name();
  }

 private:
  Metric<Scalar>& choose(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) {
    if (chosen_ == nullptr) {
      if (y_pred.columns() == 1)
        chosen_ = std::make_unique<Binary<Scalar>>();
      else if (y_true.rank() < y_pred.rank() || y_true.columns() == 1)
        chosen_ = std::make_unique<Sparse<Scalar>>();
      else
        chosen_ = std::make_unique<Categorical<Scalar>>();
    }
    return *chosen_;
  }
  std::unique_ptr<Metric<Scalar>> chosen_;
};

/// Accuracy of the kind that fits: what the name "accuracy" stands for.
template <class Scalar = float>
class AccuracyByShape : public MetricByShape<Scalar, BinaryAccuracy, SparseCategoricalAccuracy, CategoricalAccuracy> {
 public:
  explicit AccuracyByShape(std::string name = "accuracy")
      : MetricByShape<Scalar, BinaryAccuracy, SparseCategoricalAccuracy, CategoricalAccuracy>(std::move(name)) {}
  std::string class_name() const override { return this->chosen_class("Accuracy"); }
  MetricDirection direction() const override { return MetricDirection::up; }
};

/// The cross-entropy of the kind that fits: what the name "crossentropy" stands for.
template <class Scalar = float>
class CrossentropyByShape
    : public MetricByShape<Scalar, BinaryCrossentropy, SparseCategoricalCrossentropy, CategoricalCrossentropy> {
 public:
  explicit CrossentropyByShape(std::string name = "crossentropy")
      : MetricByShape<Scalar, BinaryCrossentropy, SparseCategoricalCrossentropy, CategoricalCrossentropy>(
            std::move(name)) {}
  std::string class_name() const override { return this->chosen_class("CategoricalCrossentropy"); }
  MetricDirection direction() const override { return MetricDirection::down; }
};

LAMINA_COMPILED_CLASS(AccuracyByShape);

}  // namespace lamina::metrics
