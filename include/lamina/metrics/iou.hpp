#pragma once
#include <optional>

#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/metrics/metric.hpp"
#include "lamina/metrics/row_values.hpp"
#include "lamina/metrics/sample_weights.hpp"

// Intersection over union of classes.

namespace lamina::metrics {

/// The base of what is made of a confusion matrix of classes. Samples with a class outside [0, classes), or with the
/// target `ignore_class`, do not count. Each sample counts by its weight. (Keras truncates weights to integers.)
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
      const double both = m[c * n + c], either = row + column - both;
      if (!detail::above(either, 0)) continue;
      total += both / either;
      valid += 1;
    }
    return detail::divide_or_zero(total, valid);
  }

 protected:
  TargetRule target_rule() const override { return {.matched = false, .target = 0}; }
  ConfusionMatrix(Options options, Index classes, std::vector<Index> targets, const char* who, const char* name)
      : MetricWith<Metric<Scalar>, Options>(std::move(options), name), classes_(classes), targets_(std::move(targets)) {
    if (classes < 1) raise<ValueError>(who, ": expected num_classes >= 1, got ", classes);
    for (const Index target : targets_)
      if (target < 0 || target >= classes)
        raise<ValueError>(who, ": target class ", target, " is not among ", classes, " classes");
    this->add_variable("total_confusion_matrix", {classes, classes});
  }
  static std::vector<Index> every(Index classes) {
    std::vector<Index> all;
    for (Index i = 0; i < classes; ++i) all.push_back(i);
    return all;
  }

  /// Adds classes to the matrix: whole numbers, or, where not sparse, the largest along an axis.
  void add(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred, const Tensor<Scalar>& sample_weight,
           std::optional<Index> ignore_class, bool sparse_true, bool sparse_pred, Index axis) {
    const Tensor<Scalar> t = sparse_true ? y_true : classes_of(y_true, axis);
    const Tensor<Scalar> p = sparse_pred ? y_pred : classes_of(y_pred, axis);
    if (t.size() != p.size())
      raise<ShapeError>(this->class_name(), ": targets of shape ", y_true.shape(),
                        " do not match predictions of shape ", y_pred.shape());
    std::vector<double> weights;
    if (sample_weight.defined())
      weights = detail::stretched_weights(
          sample_weight,
          sample_weight.size() == t.size() ? t.shape() : detail::weight_shape(sample_weight.shape(), t.shape()),
          t.shape(), this->class_name());
    const auto classes = static_cast<double>(classes_);
    for (Index i = 0; i < t.size(); ++i) {
      const double truth = std::trunc(static_cast<double>(t[i])), guess = std::trunc(static_cast<double>(p[i]));
      if (!is_index(truth, classes_) || !is_index(guess, classes_)) continue;
      if (ignore_class && truth == static_cast<double>(*ignore_class)) continue;
      const double weight = weights.empty() ? 1.0 : weights[static_cast<std::size_t>(i)];
      this->variable(0)[static_cast<std::size_t>(truth * classes + guess)] += weight;
    }
  }

 private:
  static Tensor<Scalar> classes_of(const Tensor<Scalar>& x, Index axis) {
    const Tensor<Scalar> rows = detail::moved_last(x.detached(), axis);
    Tensor<Scalar> result = Tensor<Scalar>::empty(detail::without_last(rows.shape()));
    Scalar* out = detail::TensorAccess::data(result);
    const Index n = rows.columns();
    for (Index i = 0; i < result.size(); ++i)
      out[i] = static_cast<Scalar>(detail::largest_position(rows.data() + i * n, n));
    return result;
  }
  Index classes_;
  std::vector<Index> targets_;
};

struct IoUOptions {
  Index num_classes = 0;                     ///< must be given
  std::vector<Index> target_class_ids = {};  ///< whose mean is taken; must be given
  std::optional<Index> ignore_class = {};    ///< targets of this class do not count
  bool sparse_y_true = true;                 ///< targets are classes, not one number for each
  bool sparse_y_pred = true;                 ///< predictions are classes, not one number for each
  Index axis = -1;                           ///< of the classes, where not sparse
  std::string name = {};
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

/// The mean, over some classes, of intersection / union = true positives / (true and false positives + false
/// negatives). Keras's IoU.
template <class Scalar = float>
class IoU : public ConfusionMatrix<Scalar, IoUOptions> {
 public:
  explicit IoU(IoUOptions options = {})
      : ConfusionMatrix<Scalar, IoUOptions>(options, options.num_classes, options.target_class_ids, "IoU", "io_u") {}
  std::string class_name() const override { return "IoU"; }
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    const IoUOptions& o = this->options_;
    this->add(y_true, y_pred, sample_weight, o.ignore_class, o.sparse_y_true, o.sparse_y_pred, o.axis);
  }
};

struct MeanIoUOptions {
  Index num_classes = 0;                   ///< must be given
  std::optional<Index> ignore_class = {};  ///< targets of this class do not count
  bool sparse_y_true = true;               ///< targets are classes, not one number for each
  bool sparse_y_pred = true;               ///< predictions are classes, not one number for each
  Index axis = -1;                         ///< of the classes, where not sparse
  std::string name = {};
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

/// IoU over all classes. Keras's MeanIoU.
template <class Scalar = float>
class MeanIoU : public ConfusionMatrix<Scalar, MeanIoUOptions> {
 public:
  explicit MeanIoU(MeanIoUOptions options = {})
      : ConfusionMatrix<Scalar, MeanIoUOptions>(options, options.num_classes,
                                                ConfusionMatrix<Scalar, MeanIoUOptions>::every(options.num_classes),
                                                "MeanIoU", "mean_io_u") {}
  std::string class_name() const override { return "MeanIoU"; }
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    const MeanIoUOptions& o = this->options_;
    this->add(y_true, y_pred, sample_weight, o.ignore_class, o.sparse_y_true, o.sparse_y_pred, o.axis);
  }
};

struct OneHotIoUOptions {
  Index num_classes = 0;                     ///< must be given
  std::vector<Index> target_class_ids = {};  ///< whose mean is taken; must be given
  std::optional<Index> ignore_class = {};    ///< targets of this class do not count
  bool sparse_y_pred = false;                ///< predictions are classes, not one number for each
  Index axis = -1;                           ///< of the classes, where not sparse
  std::string name = {};
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

/// IoU of one-hot targets and predictions (batch, ..., classes). Keras's OneHotIoU.
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
    this->add(y_true, y_pred, sample_weight, o.ignore_class, false, o.sparse_y_pred, o.axis);
  }
};

struct OneHotMeanIoUOptions {
  Index num_classes = 0;                   ///< must be given
  std::optional<Index> ignore_class = {};  ///< targets of this class do not count
  bool sparse_y_pred = false;              ///< predictions are classes, not one number for each
  Index axis = -1;                         ///< of the classes, where not sparse
  std::string name = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("num_classes", self.num_classes);
    field("ignore_class", self.ignore_class);
    field("sparse_y_pred", self.sparse_y_pred);
    field("axis", self.axis);
    field("name", self.name);
  }
};

/// IoU of one-hot targets and predictions (batch, ..., classes), over all classes. Keras's OneHotMeanIoU.
template <class Scalar = float>
class OneHotMeanIoU : public ConfusionMatrix<Scalar, OneHotMeanIoUOptions> {
 public:
  explicit OneHotMeanIoU(OneHotMeanIoUOptions options = {})
      : ConfusionMatrix<Scalar, OneHotMeanIoUOptions>(
            options, options.num_classes, ConfusionMatrix<Scalar, OneHotMeanIoUOptions>::every(options.num_classes),
            "OneHotMeanIoU", "one_hot_mean_io_u") {}
  std::string class_name() const override { return "OneHotMeanIoU"; }
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    const OneHotMeanIoUOptions& o = this->options_;
    this->add(y_true, y_pred, sample_weight, o.ignore_class, false, o.sparse_y_pred, o.axis);
  }
};

struct BinaryIoUOptions {
  std::vector<Index> target_class_ids = {0, 1};  ///< whose mean is taken
  double threshold = 0.5;                        ///< predictions from it on are class 1
  std::string name = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("target_class_ids", self.target_class_ids);
    field("threshold", self.threshold);
    field("name", self.name);
  }
};

/// IoU of targets 0 and 1 and predictions on either side of a threshold. Keras's BinaryIoU.
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
    this->add(y_true, p, sample_weight, {}, true, true, -1);
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
