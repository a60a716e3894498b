#pragma once
#include "lamina/metrics/accuracy.hpp"
#include "lamina/metrics/probabilistic.hpp"

namespace lamina::metrics {

/// A metric that selects one of three metrics by the shapes of the first batch, as Keras does for the names "accuracy"
/// and "crossentropy": binary if the predictions have one column, sparse categorical if the targets have one label per
/// row, else categorical.
template <class Scalar, template <class> class Binary, template <class> class Sparse,
          template <class> class Categorical>
class MetricByShape : public Metric<Scalar> {
 public:
  /// Constructs the metric with a name.
  using Metric<Scalar>::Metric;
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    select(y_true, y_pred).update_state(y_true, y_pred, sample_weight);
  }
  void update_masked_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                           const Tensor<Scalar>& sample_weight, const Tensor<Scalar>& mask) override {
    select(y_true, y_pred).update_masked_state(y_true, y_pred, sample_weight, mask);
  }
  double result() const override { return selected_ == nullptr ? 0.0 : selected_->result(); }
  void reset_state() override {
    if (selected_ != nullptr) selected_->reset_state();
  }
  std::vector<Tensor<double>> variables() const override {
    return selected_ == nullptr ? std::vector<Tensor<double>>() : selected_->variables();
  }
  std::vector<std::string> variable_names() const override {
    return selected_ == nullptr ? std::vector<std::string>() : selected_->variable_names();
  }

 protected:
  TargetRule target_rule() const override { return {.matched = false, .target = 0}; }
  /// Returns the class name of the selected metric; `otherwise` before the first batch.
  std::string selected_class_name(const char* otherwise) const {
    return selected_ == nullptr ? otherwise : selected_->class_name();
  }

 private:
  Metric<Scalar>& select(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) {
    if (selected_ == nullptr) {
      if (y_pred.columns() == 1)
        selected_ = std::make_unique<Binary<Scalar>>();
      else if (y_true.rank() < y_pred.rank() || y_true.columns() == 1)
        selected_ = std::make_unique<Sparse<Scalar>>();
      else
        selected_ = std::make_unique<Categorical<Scalar>>();
    }
    return *selected_;
  }
  std::unique_ptr<Metric<Scalar>> selected_;
};

/// The accuracy that Keras selects for the name "accuracy": BinaryAccuracy, SparseCategoricalAccuracy or
/// CategoricalAccuracy, by the shapes of the first batch.
template <class Scalar = float>
class AccuracyByShape : public MetricByShape<Scalar, BinaryAccuracy, SparseCategoricalAccuracy, CategoricalAccuracy> {
 public:
  /// Constructs the metric with a name.
  explicit AccuracyByShape(std::string name = "accuracy")
      : MetricByShape<Scalar, BinaryAccuracy, SparseCategoricalAccuracy, CategoricalAccuracy>(std::move(name)) {}
  std::string class_name() const override { return this->selected_class_name("Accuracy"); }
  MetricDirection direction() const override { return MetricDirection::up; }
};

/// The cross-entropy that Keras selects for the name "crossentropy": BinaryCrossentropy, SparseCategoricalCrossentropy
/// or CategoricalCrossentropy, by the shapes of the first batch.
template <class Scalar = float>
class CrossentropyByShape
    : public MetricByShape<Scalar, BinaryCrossentropy, SparseCategoricalCrossentropy, CategoricalCrossentropy> {
 public:
  /// Constructs the metric with a name.
  explicit CrossentropyByShape(std::string name = "crossentropy")
      : MetricByShape<Scalar, BinaryCrossentropy, SparseCategoricalCrossentropy, CategoricalCrossentropy>(
            std::move(name)) {}
  std::string class_name() const override { return this->selected_class_name("CategoricalCrossentropy"); }
  MetricDirection direction() const override { return MetricDirection::down; }
};

LAMINA_COMPILED_CLASS(AccuracyByShape);

}  // namespace lamina::metrics
