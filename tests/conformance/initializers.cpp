// Initializers: exact values, orthogonal matrices, and samples of distributions. The statistics of a sample of n
// numbers have standard errors; `deviations` standard errors are allowed, which a correct distribution exceeds once in
// ten million comparisons.
#include <algorithm>
#include <cmath>

#include "case.hpp"

namespace lamina::conformance {

namespace {

constexpr double deviations = 5.5;

Shape shape_of(const Config& sizes) {
  Shape shape;
  for (const Config& size : sizes.elements()) shape.push_back(size.as_integer<Index>());
  return shape;
}

struct Moments {
  double mean = 0, deviation = 0, kurtosis = 0;
  explicit Moments(const Tensor<double>& x) {
    const auto n = static_cast<double>(x.size());
    double second = 0, fourth = 0;
    for (Index i = 0; i < x.size(); ++i) mean += x[i] / n;
    for (Index i = 0; i < x.size(); ++i) {
      const double square = (x[i] - mean) * (x[i] - mean);
      second += square / n;
      fourth += square * square / n;
    }
    deviation = std::sqrt(second);
    kurtosis = fourth / (second * second);
  }
};

void moments(const Config& expected, const Config& keras, Check& check, const Tensor<double>& sample) {
  const auto n = static_cast<double>(sample.size());
  const Moments found(sample);
  const double deviation = expected.at("std").as_real();
  check.within("mean", found.mean, expected.at("mean").as_real(), deviations * deviation / std::sqrt(n));
  const Config* recorded = keras.find("kurtosis");
  const double kurtosis = recorded == nullptr ? 3 : recorded->as_real();
  check.within("standard deviation", found.deviation, deviation,
               deviations * deviation * std::sqrt((kurtosis - 1) / (4 * n)));
  // Both Keras's sample and lamina's have an error; the standard error is that of a normal distribution, whose tails
  // are the longest.
  if (recorded != nullptr) check.within("kurtosis", found.kurtosis, kurtosis, deviations * std::sqrt(2 * 24 / n));
}

void bounds(const Config& expected, Check& check, const Tensor<double>& sample) {
  const double least = sample.array().minCoeff(), most = sample.array().maxCoeff();
  const double slack = 1e-6 * expected.at("std").as_real();  // rounding to float
  const Config &low = expected.at("lo"), &high = expected.at("hi");
  if (!low.is_null())
    check.that("lower bound", least >= low.as_real() - slack,
               text("got ", least, ", expected at least ", low.as_real()));
  if (!high.is_null())
    check.that("upper bound", most <= high.as_real() + slack,
               text("got ", most, ", expected at most ", high.as_real()));
}

/// A fraction p of lamina's sample is below Keras's p-quantile; the variance of each of the two is p (1 - p) / n.
void quantiles(const Case& c, Check& check, const Tensor<double>& sample) {
  const Tensor<double> q = c.array<double>("q");
  std::vector<double> sorted(sample.data(), sample.data() + sample.size());
  std::sort(sorted.begin(), sorted.end());
  const auto n = static_cast<double>(sample.size());
  const Config* recorded = c.description().find("n");
  const double keras_n = recorded == nullptr ? n : recorded->as_real();
  for (Index i = 1; i + 1 < q.size(); ++i) {
    const double p = static_cast<double>(i) / static_cast<double>(q.size() - 1);
    const auto under = static_cast<double>(std::upper_bound(sorted.begin(), sorted.end(), q[i]) - sorted.begin());
    check.within(text("share under quantile ", p), under / n, p,
                 deviations * std::sqrt(p * (1 - p) * (1 / n + 1 / keras_n)));
  }
}

/// Checks that the sample, reshaped to a matrix with all axes but the last as rows, has orthogonal columns (or rows, if
/// there are fewer) of norm `gain`.
void orthogonal(double gain, Check& check, const Tensor<double>& sample) {
  const Eigen::MatrixXd m = sample.matrix();
  const Eigen::MatrixXd product = m.rows() >= m.cols() ? Eigen::MatrixXd(m.transpose() * m) : m * m.transpose();
  const Eigen::MatrixXd expected = gain * gain * Eigen::MatrixXd::Identity(product.rows(), product.cols());
  check.near("products of its vectors", Tensor<double>(product), Tensor<double>(expected), {1e-5, 1e-5});
}

template <class S>
Tensor<double> drawn(const std::shared_ptr<const InitializerFunction>& f, const Shape& shape) {
  return initial_value<S>(Initializer(f), shape).template cast<double>();
}

template <class S>
void compare(const Case& c, Check& check, const std::shared_ptr<const InitializerFunction>& f) {
  set_random_seed(20240229);
  const Config& description = c.description();
  const Shape shape = shape_of(description.at("shape"));
  const Tensor<double> sample = drawn<S>(f, shape);
  check.that("shape", sample.shape() == shape, text("got ", sample.shape(), ", expected ", shape));
  if (c.contains("value")) return check.near("value", sample, c.array<double>("value"), single_precision);
  check.that("finiteness", sample.array().isFinite().all(), "got numbers that are not finite");
  const bool other = (drawn<S>(f, shape).array() != sample.array()).any();
  check.that("a second sample", other || f->seed().has_value(), "it is the first one again");
  if (description.find("contract") != nullptr) {
    const Config arguments = c.constructor();
    const Config* gain = arguments.find("gain");
    return orthogonal(gain == nullptr ? 1.0 : gain->as_real(), check, sample);
  }
  const Config* keras = description.find("keras_sample");
  moments(description.at("expected"), keras == nullptr ? Config::map() : *keras, check, sample);
  bounds(description.at("expected"), check, sample);
  if (c.contains("q")) quantiles(c, check, sample);
}

}  // namespace

void run_initializer(const Case& c, Check& check) {
  by_constructor_and_config(c, check, [&](const Config& object) {
    const auto f = make<InitializerFamily>(object);
    compare<float>(c, check, f);
    compare<double>(c, check, f);
  });
}

}  // namespace lamina::conformance
