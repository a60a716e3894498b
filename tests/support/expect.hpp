#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string>
#include <vector>

#include "lamina/lamina.hpp"

namespace lamina::expect {

/// Tolerance of a comparison: |a - b| <= absolute, or <= relative * the larger magnitude.
struct Within {
  double relative = 1e-12;
  double absolute = 1e-14;
};

inline bool close(double a, double b, Within within) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (std::isinf(a) || std::isinf(b)) return a == b;
  const double difference = std::abs(a - b);
  return difference <= within.absolute || difference <= within.relative * std::max(std::abs(a), std::abs(b));
}

/// Checks that the shapes are equal and all elements are close; the message contains the first that is not.
template <class A, class B>
::testing::AssertionResult near(const Tensor<A>& actual, const Tensor<B>& expected, Within within = {}) {
  if (!actual.defined() || !expected.defined())
    return ::testing::AssertionFailure() << (actual.defined() ? "expected" : "actual") << " tensor is undefined";
  if (actual.shape() != expected.shape())
    return ::testing::AssertionFailure() << "shape " << actual.shape() << ", expected " << expected.shape();
  for (Index i = 0; i < actual.size(); ++i) {
    const auto a = static_cast<double>(actual[i]), e = static_cast<double>(expected[i]);
    if (!close(a, e, within))
      return ::testing::AssertionFailure() << "element " << i << " of shape " << actual.shape() << " is " << text(a)
                                           << ", expected " << text(e) << " (" << std::abs(a - e) << " apart)";
  }
  return ::testing::AssertionSuccess();
}

/// Checks that the shapes and the elements are equal (-0 equals 0).
template <class S>
::testing::AssertionResult same(const Tensor<S>& actual, const Tensor<S>& expected) {
  return near(actual, expected, {0, 0});
}

template <class S>
::testing::AssertionResult same(const std::vector<Tensor<S>>& actual, const std::vector<Tensor<S>>& expected) {
  if (actual.size() != expected.size())
    return ::testing::AssertionFailure() << actual.size() << " tensors, expected " << expected.size();
  for (std::size_t i = 0; i < actual.size(); ++i)
    if (auto result = same(actual[i], expected[i]); !result) return result << " in tensor " << i;
  return ::testing::AssertionSuccess();
}

/// Checks that `action` throws exactly a `Kind` whose text contains all of these words.
template <class Kind, class Action>
::testing::AssertionResult error(const Action& action, std::initializer_list<const char*> words = {}) {
  try {
    action();
  } catch (const Kind& e) {
    const std::string message = e.what();
    for (const char* word : words)
      if (message.find(word) == std::string::npos)
        return ::testing::AssertionFailure() << "no \"" << word << "\" in the error: " << message;
    return ::testing::AssertionSuccess();
  } catch (const std::exception& e) {
    return ::testing::AssertionFailure() << "an error of another kind: " << e.what();
  }
  return ::testing::AssertionFailure() << "no error";
}

/// Returns pseudo-random numbers in (-1, 1), the same in every run.
template <class S = double>
Tensor<S> scattered(const Shape& shape, std::uint64_t seed = 1) {
  Tensor<S> result = Tensor<S>::zeros(shape);
  const RandomStream random(seed, 77);
  S* out = result.mutable_data();
  // Rounded to float, so that the float and the double tensor have the same elements.
  for (Index i = 0; i < result.size(); ++i)
    out[i] = static_cast<S>(static_cast<float>(2 * random.uniform(static_cast<std::uint64_t>(i)) - 1));
  return result;
}

}  // namespace lamina::expect
