#pragma once
#include "lamina/metrics/metric.hpp"

namespace lamina {

namespace detail {

template <class S>
Index largest_position(const S* row, Index n) noexcept {
  Index best = 0;
  for (Index j = 1; j < n; ++j)
    if (row[j] > row[best]) best = j;
  return best;
}

inline Shape without_last(const Shape& shape) { return shape.rank() == 0 ? shape : shape.slice(0, shape.rank() - 1); }

}  // namespace detail

/// How often the largest prediction is the label's: labels (batch, ...) or (batch, ..., 1), predictions (batch, ...,
/// classes).
template <class Scalar = float>
class SparseCategoricalAccuracy : public MeanOfSamples<Scalar> {
 public:
  explicit SparseCategoricalAccuracy(std::string name = "sparse_categorical_accuracy")
      : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "SparseCategoricalAccuracy"; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    Tensor<Scalar> hits = Tensor<Scalar>::empty(detail::without_last(y_pred.shape()));
    const Index n = y_pred.columns();
    if (y_true.size() != hits.size())
      raise<ShapeError>(class_name(), ": expected one label for every row of predictions ", y_pred.shape(),
                        ", got labels of shape ", y_true.shape());
    Scalar* out = hits.mutable_data();
    for (Index i = 0; i < hits.size(); ++i)
      out[i] =
          static_cast<Scalar>(detail::largest_position(y_pred.data() + i * n, n)) == y_true[i] ? Scalar(1) : Scalar(0);
    return hits;
  }
};

/// How often the largest prediction stands where the largest target does: both (batch, ..., classes).
template <class Scalar = float>
class CategoricalAccuracy : public MeanOfSamples<Scalar> {
 public:
  explicit CategoricalAccuracy(std::string name = "categorical_accuracy") : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "CategoricalAccuracy"; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    if (y_true.shape() != y_pred.shape())
      raise<ShapeError>(class_name(), ": targets of shape ", y_true.shape(), " do not match predictions of shape ",
                        y_pred.shape());
    Tensor<Scalar> hits = Tensor<Scalar>::empty(detail::without_last(y_pred.shape()));
    const Index n = y_pred.columns();
    Scalar* out = hits.mutable_data();
    for (Index i = 0; i < hits.size(); ++i)
      out[i] = detail::largest_position(y_pred.data() + i * n, n) == detail::largest_position(y_true.data() + i * n, n)
                   ? Scalar(1)
                   : Scalar(0);
    return hits;
  }
};

/// How often predictions fall on the target's side of a threshold: the mean over every number.
template <class Scalar = float>
class BinaryAccuracy : public MeanOfSamples<Scalar> {
 public:
  explicit BinaryAccuracy(std::string name = "binary_accuracy", double threshold = 0.5)
      : MeanOfSamples<Scalar>(std::move(name)), threshold_(static_cast<Scalar>(threshold)) {
    if (!(threshold > 0 && threshold < 1))
      raise<ValueError>("BinaryAccuracy: expected a threshold inside (0, 1), got ", threshold);
  }
  std::string class_name() const override { return "BinaryAccuracy"; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    if (y_true.size() != y_pred.size())
      raise<ShapeError>(class_name(), ": targets of shape ", y_true.shape(), " do not match predictions of shape ",
                        y_pred.shape());
    // One value a sample, as sample weights want it: the mean over the last axis.
    Tensor<Scalar> shares = Tensor<Scalar>::empty(detail::without_last(y_pred.shape()));
    const Index n = y_pred.columns();
    Scalar* out = shares.mutable_data();
    for (Index i = 0; i < shares.size(); ++i) {
      Index hits = 0;
      for (Index j = i * n; j < (i + 1) * n; ++j)
        hits += (y_pred[j] > threshold_ ? Scalar(1) : Scalar(0)) == y_true[j] ? 1 : 0;
      out[i] = static_cast<Scalar>(hits) / static_cast<Scalar>(n);
    }
    return shares;
  }

 private:
  Scalar threshold_;
};

/// Accuracy of the kind that fits: chosen from the shapes of the first batch, as Keras does for the name "accuracy".
/// One column of predictions is binary, one label a row of several is sparse categorical, otherwise categorical.
template <class Scalar = float>
class Accuracy : public Metric<Scalar> {
 public:
  explicit Accuracy(std::string name = "accuracy") : Metric<Scalar>(std::move(name)) {}
  std::string class_name() const override { return chosen_ == nullptr ? "Accuracy" : chosen_->class_name(); }
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    if (chosen_ == nullptr) {
      if (y_pred.columns() == 1)
        chosen_ = std::make_unique<BinaryAccuracy<Scalar>>();
      else if (y_true.rank() < y_pred.rank() || y_true.columns() == 1)
        chosen_ = std::make_unique<SparseCategoricalAccuracy<Scalar>>();
      else
        chosen_ = std::make_unique<CategoricalAccuracy<Scalar>>();
    }
    chosen_->update_state(y_true, y_pred, sample_weight);
  }
  double result() const override { return chosen_ == nullptr ? 0.0 : chosen_->result(); }
  void reset_state() override {
    if (chosen_ != nullptr) chosen_->reset_state();
  }

 private:
  std::unique_ptr<Metric<Scalar>> chosen_;
};

LAMINA_COMPILED_CLASS(SparseCategoricalAccuracy);
LAMINA_COMPILED_CLASS(CategoricalAccuracy);
LAMINA_COMPILED_CLASS(BinaryAccuracy);
LAMINA_COMPILED_CLASS(Accuracy);

}  // namespace lamina
