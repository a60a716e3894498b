#pragma once
#include <optional>

#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/metrics/metric.hpp"
#include "lamina/metrics/row_values.hpp"
#include "lamina/metrics/sample_weights.hpp"

// Intersection over union, computed from a confusion matrix of class numbers.

namespace lamina::metrics {

/// Base class of the metrics that are computed from a confusion matrix of classes, (classes, classes).
///
/// Samples whose target or prediction is outside [0, classes), or whose target is `ignore_class`, are ignored. Every
/// sample is counted with its sample weight; Keras truncates the weights to integers.
template <class Scalar, class Options>
class ConfusionMatrix : public MetricWith<Metric<Scalar>, Options> {
 public:
  MetricDirection direction() const override { return MetricDirection::up; }
  double result() const override {
    const std::vector<double>& m = this->variable(0);
    const auto n = static_cast<std::size_t>(classes_);
    double total = 0, valid = 0;
    for (const Index target : targets_) {
      const auto c = static_cast<std::size_t>(target);
      double row = 0, column = 0;
      for (std::size_t j = 0; j < n; ++j) {
        row += m[c * n + j];
        column += m[j * n + c];
      }
      const double intersection = m[c * n + c], area = row + column - intersection;
      if (!detail::above(area, 0)) continue;
      total += intersection / area;
      valid += 1;
    }
    return detail::divide_or_zero(total, valid);
  }

 protected:
  TargetRule target_rule() const override { return {.matched = false, .target = 0}; }
  /// Constructs the metric of some target classes. Throws ValueError for a class outside [0, classes).
  ConfusionMatrix(Options options, Index classes, std::vector<Index> targets, const char* who, const char* name)
      : MetricWith<Metric<Scalar>, Options>(std::move(options), name), classes_(classes), targets_(std::move(targets)) {
    if (classes < 1) raise<ValueError>(who, ": expected num_classes >= 1, got ", classes);
    for (const Index target : targets_)
      if (target < 0 || target >= classes)
        raise<ValueError>(who, ": target class ", target, " is out of range: expected an integer from 0 to ",
                          classes - 1, ".");
    this->add_variable("total_confusion_matrix", {classes, classes});
  }
  /// Returns all class numbers: 0, ..., classes - 1.
  static std::vector<Index> all_classes(Index classes) {
    std::vector<Index> all;
    for (Index i = 0; i < classes; ++i) all.push_back(i);
    return all;
  }

  /// Adds a batch to the confusion matrix. Sparse tensors hold class numbers; the others hold one score per class along
  /// `axis`, of which the largest gives the class.
  void update(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred, const Tensor<Scalar>& sample_weight,
              std::optional<Index> ignore_class, bool sparse_true, bool sparse_pred, Index axis) {
    const Tensor<Scalar> t = sparse_true ? y_true : classes_of(y_true, axis);
    const Tensor<Scalar> p = sparse_pred ? y_pred : classes_of(y_pred, axis);
    if (t.size() != p.size())
      raise<ShapeError>(this->class_name(), ": targets of shape ", y_true.shape(),
                        " do not match predictions of shape ", y_pred.shape(),
                        ". Check the options for sparse targets and predictions.");
    std::vector<double> weights;
    if (sample_weight.defined())
      weights = detail::broadcast_weights(
          sample_weight,
          sample_weight.size() == t.size() ? t.shape() : detail::weight_shape(sample_weight.shape(), t.shape()),
          t.shape(), this->class_name());
    const auto classes = static_cast<double>(classes_);
    for (Index i = 0; i < t.size(); ++i) {
      const double target = std::trunc(static_cast<double>(t[i])), prediction = std::trunc(static_cast<double>(p[i]));
      if (!is_index(target, classes_) || !is_index(prediction, classes_)) continue;
      if (ignore_class && target == static_cast<double>(*ignore_class)) continue;
      const double weight = weights.empty() ? 1.0 : weights[static_cast<std::size_t>(i)];
      this->variable(0)[static_cast<std::size_t>(target * classes + prediction)] += weight;
    }
  }

 private:
  static Tensor<Scalar> classes_of(const Tensor<Scalar>& x, Index axis) {
    const Tensor<Scalar> rows = detail::moved_last(x.detached(), axis);
    Tensor<Scalar> result = Tensor<Scalar>::empty(detail::without_last(rows.shape()));
    Scalar* out = detail::TensorAccess::data(result);
    const Index n = rows.columns();
    for (Index i = 0; i < result.size(); ++i)
      out[i] = static_cast<Scalar>(detail::argmax_of_row(rows.data() + i * n, n));
    return result;
  }
  Index classes_;
  std::vector<Index> targets_;
};

/// Options of IoU.
struct IoUOptions {
  Index num_classes = 0;                     ///< Number of classes; >= 1; required.
  std::vector<Index> target_class_ids = {};  ///< Classes whose IoUs are averaged; in [0, num_classes); required.
  std::optional<Index> ignore_class = {};    ///< Class of targets to ignore. Default: none.
  bool sparse_y_true = true;  ///< If true, targets are class numbers; if false, one score per class. Default: true.
  bool sparse_y_pred = true;  ///< If true, predictions are class numbers; if false, one score per class. Default: true.
  Index axis = -1;            ///< Class axis of tensors that are not sparse. Default: -1.
  std::string name = {};      ///< Name of the metric in logs. Empty: "io_u".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("num_classes", self.num_classes);
    field.required("target_class_ids", self.target_class_ids);
    field("ignore_class", self.ignore_class);
    field("sparse_y_true", self.sparse_y_true);
    field("sparse_y_pred", self.sparse_y_pred);
    field("axis", self.axis);
    field("name", self.name);
  }
};

/// Mean intersection over union of some classes. Keras: `keras.metrics.IoU`.
///
///     IoU(class) = tp / (tp + fp + fn)
///     result = mean(IoU(class) for class in target_class_ids), without classes that do not occur
///
/// Shapes: class numbers (batch, ...), or scores with the class axis at `axis`. Throws ValueError if `num_classes` < 1
/// or a target class is out of range, and ShapeError if targets and predictions have different numbers of samples.
template <class Scalar = float>
class IoU : public ConfusionMatrix<Scalar, IoUOptions> {
 public:
  explicit IoU(IoUOptions options = {})
      : ConfusionMatrix<Scalar, IoUOptions>(options, options.num_classes, options.target_class_ids, "IoU", "io_u") {}
  std::string class_name() const override { return "IoU"; }
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    const IoUOptions& o = this->options_;
    this->update(y_true, y_pred, sample_weight, o.ignore_class, o.sparse_y_true, o.sparse_y_pred, o.axis);
  }
};

/// Options of MeanIoU.
struct MeanIoUOptions {
  Index num_classes = 0;                   ///< Number of classes; >= 1; required.
  std::optional<Index> ignore_class = {};  ///< Class of targets to ignore. Default: none.
  bool sparse_y_true = true;  ///< If true, targets are class numbers; if false, one score per class. Default: true.
  bool sparse_y_pred = true;  ///< If true, predictions are class numbers; if false, one score per class. Default: true.
  Index axis = -1;            ///< Class axis of tensors that are not sparse. Default: -1.
  std::string name = {};      ///< Name of the metric in logs. Empty: "mean_io_u".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("num_classes", self.num_classes);
    field("ignore_class", self.ignore_class);
    field("sparse_y_true", self.sparse_y_true);
    field("sparse_y_pred", self.sparse_y_pred);
    field("axis", self.axis);
    field("name", self.name);
  }
};

/// Mean intersection over union of all classes. Keras: `keras.metrics.MeanIoU`.
///
///     result = mean(tp / (tp + fp + fn)) over the classes that occur
///
/// Shapes and errors are those of IoU.
template <class Scalar = float>
class MeanIoU : public ConfusionMatrix<Scalar, MeanIoUOptions> {
 public:
  explicit MeanIoU(MeanIoUOptions options = {})
      : ConfusionMatrix<Scalar, MeanIoUOptions>(
            options, options.num_classes, ConfusionMatrix<Scalar, MeanIoUOptions>::all_classes(options.num_classes),
            "MeanIoU", "mean_io_u") {}
  std::string class_name() const override { return "MeanIoU"; }
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    const MeanIoUOptions& o = this->options_;
    this->update(y_true, y_pred, sample_weight, o.ignore_class, o.sparse_y_true, o.sparse_y_pred, o.axis);
  }
};

/// Options of OneHotIoU.
struct OneHotIoUOptions {
  Index num_classes = 0;                     ///< Number of classes; >= 1; required.
  std::vector<Index> target_class_ids = {};  ///< Classes whose IoUs are averaged; in [0, num_classes); required.
  std::optional<Index> ignore_class = {};    ///< Class of targets to ignore. Default: none.
  /// If true, predictions are class numbers; if false, one score per class. Default: false.
  bool sparse_y_pred = false;
  Index axis = -1;        ///< Class axis of tensors that are not sparse. Default: -1.
  std::string name = {};  ///< Name of the metric in logs. Empty: "one_hot_io_u".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("num_classes", self.num_classes);
    field.required("target_class_ids", self.target_class_ids);
    field("ignore_class", self.ignore_class);
    field("sparse_y_pred", self.sparse_y_pred);
    field("axis", self.axis);
    field("name", self.name);
  }
};

/// Mean intersection over union of some classes, for one-hot targets. Keras: `keras.metrics.OneHotIoU`.
///
///     result = mean(tp / (tp + fp + fn)) over the classes in target_class_ids that occur
///
/// Shapes: `y_true` and `y_pred` (batch, ..., classes). Errors are those of IoU.
template <class Scalar = float>
class OneHotIoU : public ConfusionMatrix<Scalar, OneHotIoUOptions> {
 public:
  explicit OneHotIoU(OneHotIoUOptions options = {})
      : ConfusionMatrix<Scalar, OneHotIoUOptions>(options, options.num_classes, options.target_class_ids, "OneHotIoU",
                                                  "one_hot_io_u") {}
  std::string class_name() const override { return "OneHotIoU"; }
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    const OneHotIoUOptions& o = this->options_;
    this->update(y_true, y_pred, sample_weight, o.ignore_class, false, o.sparse_y_pred, o.axis);
  }
};

/// Options of OneHotMeanIoU.
struct OneHotMeanIoUOptions {
  Index num_classes = 0;                   ///< Number of classes; >= 1; required.
  std::optional<Index> ignore_class = {};  ///< Class of targets to ignore. Default: none.
  /// If true, predictions are class numbers; if false, one score per class. Default: false.
  bool sparse_y_pred = false;
  Index axis = -1;        ///< Class axis of tensors that are not sparse. Default: -1.
  std::string name = {};  ///< Name of the metric in logs. Empty: "one_hot_mean_io_u".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("num_classes", self.num_classes);
    field("ignore_class", self.ignore_class);
    field("sparse_y_pred", self.sparse_y_pred);
    field("axis", self.axis);
    field("name", self.name);
  }
};

/// Mean intersection over union of all classes, for one-hot targets. Keras: `keras.metrics.OneHotMeanIoU`.
///
///     result = mean(tp / (tp + fp + fn)) over the classes that occur
///
/// Shapes: `y_true` and `y_pred` (batch, ..., classes). Errors are those of IoU.
template <class Scalar = float>
class OneHotMeanIoU : public ConfusionMatrix<Scalar, OneHotMeanIoUOptions> {
 public:
  explicit OneHotMeanIoU(OneHotMeanIoUOptions options = {})
      : ConfusionMatrix<Scalar, OneHotMeanIoUOptions>(
            options, options.num_classes,
            ConfusionMatrix<Scalar, OneHotMeanIoUOptions>::all_classes(options.num_classes), "OneHotMeanIoU",
            "one_hot_mean_io_u") {}
  std::string class_name() const override { return "OneHotMeanIoU"; }
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    const OneHotMeanIoUOptions& o = this->options_;
    this->update(y_true, y_pred, sample_weight, o.ignore_class, false, o.sparse_y_pred, o.axis);
  }
};

/// Options of BinaryIoU.
struct BinaryIoUOptions {
  std::vector<Index> target_class_ids = {0, 1};  ///< Classes whose IoUs are averaged; 0 or 1. Default: {0, 1}.
  double threshold = 0.5;                        ///< Predictions >= threshold are class 1; finite. Default: 0.5.
  std::string name = {};                         ///< Name of the metric in logs. Empty: "binary_io_u".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("target_class_ids", self.target_class_ids);
    field("threshold", self.threshold);
    field("name", self.name);
  }
};

/// Mean intersection over union of classes 0 and 1, for thresholded predictions. Keras: `keras.metrics.BinaryIoU`.
///
///     result = mean(tp / (tp + fp + fn)) over the classes in target_class_ids that occur
///
/// Shapes: `y_true` and `y_pred` (batch, ...), targets 0 or 1. Throws ValueError if a target class is not 0 or 1 or
/// `threshold` is not finite, and ShapeError if the sizes differ.
template <class Scalar = float>
class BinaryIoU : public ConfusionMatrix<Scalar, BinaryIoUOptions> {
 public:
  explicit BinaryIoU(BinaryIoUOptions options = {})
      : ConfusionMatrix<Scalar, BinaryIoUOptions>(options, 2, options.target_class_ids, "BinaryIoU", "binary_io_u") {
    detail::check_finite(options.threshold, "threshold", "BinaryIoU");
  }
  std::string class_name() const override { return "BinaryIoU"; }
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    Tensor<Scalar> p = Tensor<Scalar>::empty(y_pred.shape());
    Scalar* out = detail::TensorAccess::data(p);
    for (Index i = 0; i < p.size(); ++i)
      out[i] = y_pred[i] >= static_cast<Scalar>(this->options_.threshold) ? Scalar(1) : Scalar(0);
    this->update(y_true, p, sample_weight, {}, true, true, -1);
  }
};

}  // namespace lamina::metrics

namespace lamina {
using metrics::BinaryIoU;
using metrics::BinaryIoUOptions;
using metrics::IoU;
using metrics::IoUOptions;
using metrics::MeanIoU;
using metrics::MeanIoUOptions;
using metrics::OneHotIoU;
using metrics::OneHotIoUOptions;
using metrics::OneHotMeanIoU;
using metrics::OneHotMeanIoUOptions;
}  // namespace lamina
